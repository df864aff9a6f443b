"""How loads share their power over live feeds, and what of it no supply can carry."""

import numpy as np
from jaxtyping import Bool, Complex, Float, Int

from power.network import NONE, PowerModel
from power.nodes import PHASES

_TURN = np.exp(-2j * np.pi / 3)


def split(
    model: PowerModel,
    wanted: Float[np.ndarray, "state load"],
    live: Bool[np.ndarray, "state node"],
    supplies: Float[np.ndarray, "state load feeds"],
) -> Float[np.ndarray, "state load feeds"]:
    """Power over each feed of each load [W]: by shares, as far as the supplies on a feed go.

    `supplies` is the share of those that is in service [-].

    What one feed cannot carry goes to the others in proportion to their shares, until none is left
    that can; waiting feeds (share 0) take over, equally, only where no other feed is live.
    """
    usable = (model.feeds != NONE) & live[:, model.feeds] & (supplies > 0)
    share = np.where(usable, model.shares * supplies, 0.0)
    most = np.where(usable, model.supplies * np.where(usable, supplies, 1.0), 0.0)
    share = np.where(share.sum(axis=-1, keepdims=True) > 0, share, usable)
    given = np.zeros(share.shape)
    for _ in range(share.shape[-1]):
        left = wanted - given.sum(axis=-1)
        total = share.sum(axis=-1, keepdims=True)
        more = left[..., None] * share / np.where(total > 0, total, 1.0)
        given = np.minimum(given + more, most)
        share = np.where(given < most, share, 0.0)
    return given


def at_feeds(
    model: PowerModel, by_feed: Float[np.ndarray, "*state load feeds"]
) -> Float[np.ndarray, "*state node"]:
    """Sum at each node of what its loads have over their feeds."""
    found = np.zeros((*by_feed.shape[:-2], len(model.nodes)))
    for k, feed in enumerate(model.feeds.T):
        found = found + by_feed[..., k] @ _joined(model, feed)
    return found


def drawn(
    model: PowerModel, feed_power: Float[np.ndarray, "state load feeds"]
) -> Complex[np.ndarray, "state node phase"]:
    """What loads draw from each node [VA]; of balanced loads one phase stands for all three."""
    if model.three:
        on_phases = np.stack([phase_shares(load.phases) for load in model.loads])
    else:
        on_phases = np.ones((len(model.loads), 1))
    found = np.zeros((len(feed_power), len(model.nodes), on_phases.shape[-1]), dtype=complex)
    for k, feed in enumerate(model.feeds.T):
        at = _joined(model, feed)
        with_reactive = (1 + 1j * model.load_tangent[:, k])[:, None] * on_phases
        for phase, share in enumerate(with_reactive.T):
            found[:, :, phase] += (feed_power[..., k] * share) @ at
    return found


def _joined(model: PowerModel, feed: Int[np.ndarray, " load"]) -> Float[np.ndarray, "load node"]:
    """1 where a load has its feed."""
    return np.equal(feed[:, None], np.arange(len(model.nodes))).astype(float)


def phase_shares(phases: str) -> Complex[np.ndarray, " phase"]:
    """What each phase gives of a load of 1 VA: a third, all, or of a load between two phases

        S_a = V_a conj(I) = V_a / (V_a - V_b),    S_b = -V_b / (V_a - V_b)

    at the nominal angles: 0.5 - 0.29j and 0.5 + 0.29j.
    """
    if phases == PHASES[0]:
        return np.full(3, 1 / 3, dtype=complex)
    volts = _TURN ** np.arange(3)
    at = [PHASES[0].index(letter) for letter in phases]
    share = np.zeros(3, dtype=complex)
    if len(at) == 1:
        share[at] = 1.0
        return share
    one, other = at
    share[one] = volts[one] / (volts[one] - volts[other])
    share[other] = -volts[other] / (volts[one] - volts[other])
    return share
