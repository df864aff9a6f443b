"""What loads ask for beyond their steady power, summed from the racks up to the sources."""

import numpy as np
from jaxtyping import Float, Int

from power.network import NONE, PowerModel
from power.solve import PowerState
from power.split import at_feeds


def up_to_sources(
    fed_from: Int[np.ndarray, "*state node"], at_nodes: Float[np.ndarray, "*state node"]
) -> Float[np.ndarray, "*state node"]:
    """Sum at each node of its own and of all that it feeds, through converters too."""
    moving = np.atleast_2d(at_nodes).astype(float)
    above = np.where(fed_from == NONE, moving.shape[1], fed_from).reshape(moving.shape)
    rows, total = np.arange(len(moving))[:, None], moving.copy()
    while moving.any():
        up = np.zeros((len(moving), moving.shape[1] + 1))
        np.add.at(up, (rows, above), moving)
        moving = up[:, :-1]
        total += moving
    return total.reshape(at_nodes.shape)


def peaks(model: PowerModel, state: PowerState) -> Float[np.ndarray, "*state node"]:
    """Power of every node when all loads are at their peak together [W]; losses as at the mean."""
    more = np.array([load.peak - 1.0 for load in model.loads])
    return state.power + _above(model, state, more)


def swings(model: PowerModel, state: PowerState) -> Float[np.ndarray, "*state node"]:
    """Amplitude of the power of every node when all loads swing together [W]."""
    return _above(model, state, np.array([load.swing for load in model.loads]))


def _above(
    model: PowerModel, state: PowerState, share: Float[np.ndarray, " load"]
) -> Float[np.ndarray, "*state node"]:
    if not share.any():
        return np.zeros_like(state.power)
    at_nodes = at_feeds(model, state.feed_power * share[:, None])
    return up_to_sources(state.fed_from, at_nodes)
