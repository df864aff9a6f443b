"""Loads from rack to utility in one state of the chain: live feeds, load flow, losses, headroom.

A UPS cuts the network in two: what it feeds is solved first, then its input is drawn from what
feeds it. No batteries are run down here: a UPS without a live feed is dead.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
from jaxtyping import Bool, Complex, Float, Int

from geometry.errors import Finding, InputError
from power.components import ups_input
from power.headroom import headroom, unknown_headroom
from power.loadflow import Flows, solve_load_flow
from power.network import NONE, PowerModel
from power.nodes import Transformer, Ups


@dataclass(frozen=True)
class PowerState:
    """One state of the chain, in the order of the model's nodes and loads.

    `load` is sqrt(3) V I at the output with the nominal V: the current is what heats a device,
    and a sagging voltage must not hide it. It compares directly with the rating. Everything at a
    dead node is 0. Where `converged` is False the loads exceed what the network can carry at any
    voltage, and all flows are NaN.
    """

    converged: bool
    live: Bool[np.ndarray, " node"]
    fed_from: Int[np.ndarray, " node"]  # node that feeds it now, -1 for none
    power: Float[np.ndarray, " node"]  # real, at the output [W]
    reactive: Float[np.ndarray, " node"]  # at the output [var]
    load: Float[np.ndarray, " node"]  # [VA]
    loading: Float[np.ndarray, " node"]  # load over rating; 0 where unrated
    own_headroom: Float[np.ndarray, " node"]  # before its own continuous rating [W]
    headroom: Float[np.ndarray, " node"]  # before any up to the utility [W]
    binding: Int[np.ndarray, " node"]  # node that ends `headroom`, -1 for none
    voltage: Float[np.ndarray, " node"]  # line-to-line, at the output [V]
    voltage_drop: Float[np.ndarray, " node"]  # below nominal, per nominal
    own_drop: Float[np.ndarray, " node"]  # from its feed to its output, per nominal
    feeder_drop: Float[np.ndarray, " node"]  # since the last transformer, UPS or utility
    losses: Float[np.ndarray, " node"]  # [W]
    served: Float[np.ndarray, " load"]  # [W]
    unserved: Float[np.ndarray, " load"]  # no live feed [W]
    feed_power: Float[np.ndarray, "load feeds"]  # over each feed of a load [W]
    utility_power: float  # drawn from all utilities [W]
    balance_error: float  # |utilities - loads - losses| / utilities


def solve(
    model: PowerModel,
    power: Sequence[float] | Float[np.ndarray, " load"],
    dead: frozenset[str] = frozenset(),
) -> PowerState:
    """Solve the state in which loads want `power` [W] and the nodes named in `dead` are out."""
    wanted = np.asarray(power, dtype=float)
    _refuse_wrong_input(model, wanted, dead)
    live, fed_from = energise(model, dead)
    feed_power = _split(model, wanted, live)
    drawn = np.zeros(len(model.nodes), dtype=complex)
    with_tangent = feed_power * (1 + 1j * model.load_tangent[:, None])
    for feed, column in zip(model.feeds.T, with_tangent.T, strict=True):
        np.add.at(drawn, feed[feed != NONE], column[feed != NONE])
    flows, output, losses = _flow(model, live, fed_from, drawn)
    return _state(model, live, fed_from, wanted, feed_power, flows, output, losses)


def energise(
    model: PowerModel, dead: frozenset[str]
) -> tuple[Bool[np.ndarray, " node"], Int[np.ndarray, " node"]]:
    """Which nodes are live, and which feed each one uses: the first live one of `fed_by`."""
    live = np.zeros(len(model.nodes), dtype=bool)
    fed_from = np.full(len(model.nodes), NONE)
    for place in model.order:
        node = model.nodes[place]
        if node.name in dead:
            continue
        feeds = [model.index[name] for name in node.fed_by if live[model.index[name]]]
        live[place] = bool(feeds) or not node.fed_by
        fed_from[place] = feeds[0] if feeds else NONE
    return live, fed_from


def _refuse_wrong_input(
    model: PowerModel, wanted: Float[np.ndarray, "..."], dead: frozenset[str]
) -> None:
    found = []
    if wanted.shape != (len(model.loads),):
        message = f"got {wanted.shape} for {len(model.loads)} loads; give one power for each"
        raise InputError([Finding("power", message)])
    for load, value in zip(model.loads, wanted, strict=True):
        if not 0 <= value < np.inf:
            found.append(Finding(load.name, f"power must be 0 W or more, got {value:g}"))
    for name in sorted(dead - set(model.index)):
        near = get_close_matches(name, model.index, n=1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        found.append(Finding(name, f"no such node to take out of service{hint}"))
    if found:
        raise InputError(found)


def _split(
    model: PowerModel, wanted: Float[np.ndarray, " load"], live: Bool[np.ndarray, " node"]
) -> Float[np.ndarray, "load feeds"]:
    """Power over each feed of each load [W]; zero where all its feeds are dead."""
    usable = (model.feeds != NONE) & live[model.feeds]
    share = np.where(usable, model.shares, 0.0)
    # Where only waiting feeds (share 0) are left, they take over equally.
    share = np.where(share.sum(axis=1, keepdims=True) > 0, share, usable)
    total = share.sum(axis=1, keepdims=True)
    return wanted[:, None] * share / np.where(total > 0, total, 1.0)


def _flow(
    model: PowerModel,
    live: Bool[np.ndarray, " node"],
    fed_from: Int[np.ndarray, " node"],
    drawn: Complex[np.ndarray, " node"],
) -> tuple[Flows | None, Complex[np.ndarray, " node"], Float[np.ndarray, " node"]]:
    """Flows, output [VA] and losses [W] of every node: one load flow for each UPS in series."""
    output = np.zeros_like(drawn)
    losses = np.zeros(len(drawn))
    units = [int(place) for place in np.flatnonzero(model.is_ups & live)]
    flows: Flows | None = None
    for _ in range(_ups_in_series(model, fed_from) + 1):
        inputs = np.zeros_like(drawn)
        for place in units:
            inputs[fed_from[place]] += _input(model, place, output[place])
        flows = solve_load_flow(model.flow, live, fed_from, drawn + inputs)
        if flows is None:
            return None, output, losses
        output = np.where(live, drawn + inputs, 0)
        np.add.at(output, model.flow.parent, flows.entering)
    assert flows is not None
    np.add.at(losses, model.flow.child, (flows.entering - flows.leaving).real)
    for place in units:
        losses[place] = _input(model, place, output[place]).real - output[place].real
    return flows, output, losses


def _input(model: PowerModel, place: int, output: complex) -> complex:
    ups = model.nodes[place]
    assert isinstance(ups, Ups)
    return ups_input(ups, output.real)


def _ups_in_series(model: PowerModel, fed_from: Int[np.ndarray, " node"]) -> int:
    """Return the largest number of UPS between a utility and a load."""
    count = np.zeros(len(fed_from) + 1, dtype=int)  # the last stands for "no feed"
    for place in model.order:
        count[place] = count[fed_from[place]] + model.is_ups[place]
    return int(count.max())


def _state(
    model: PowerModel,
    live: Bool[np.ndarray, " node"],
    fed_from: Int[np.ndarray, " node"],
    wanted: Float[np.ndarray, " load"],
    feed_power: Float[np.ndarray, "load feeds"],
    flows: Flows | None,
    output: Complex[np.ndarray, " node"],
    losses: Float[np.ndarray, " node"],
) -> PowerState:
    if flows is None:
        output, losses = np.full_like(output, np.nan), np.full_like(losses, np.nan)
    voltage = np.full_like(losses, np.nan) if flows is None else flows.voltage
    load = np.abs(output) * model.voltage / np.where(live, voltage, model.voltage)
    rating = np.array([node.rating for node in model.nodes])
    own_drop, feeder_drop = _drops(model, live, fed_from, voltage / model.voltage)
    if flows is None:
        room = unknown_headroom(len(live))
    else:
        room = headroom(model, live, fed_from, output, voltage)
    served = feed_power.sum(axis=1)
    supplied = float(output[[not node.fed_by for node in model.nodes]].real.sum())
    missing = abs(supplied - float(served.sum()) - float(losses.sum()))
    return PowerState(
        converged=flows is not None,
        live=live,
        fed_from=fed_from,
        power=output.real,
        reactive=output.imag,
        load=load,
        loading=np.where(rating > 0, load / np.where(rating > 0, rating, 1.0), 0.0),
        own_headroom=room.own,
        headroom=room.path,
        binding=room.binding,
        voltage=voltage,
        voltage_drop=np.where(live, 1 - voltage / model.voltage, 0.0),
        own_drop=own_drop,
        feeder_drop=feeder_drop,
        losses=losses,
        served=served,
        unserved=wanted - served,
        feed_power=feed_power,
        utility_power=supplied,
        balance_error=missing / supplied if supplied > 0 else missing,
    )


def _drops(
    model: PowerModel,
    live: Bool[np.ndarray, " node"],
    fed_from: Int[np.ndarray, " node"],
    voltage: Float[np.ndarray, " node"],
) -> tuple[Float[np.ndarray, " node"], Float[np.ndarray, " node"]]:
    """Drop of each node, and since the last transformer, UPS or utility [pu of nominal]."""
    own, since = np.zeros_like(voltage), np.zeros_like(voltage)
    for place in np.array(model.order)[live[list(model.order)]]:
        above = fed_from[place]
        starts_anew = above == NONE or isinstance(model.nodes[place], Transformer | Ups)
        before = 1.0 if above == NONE or model.is_ups[place] else voltage[above]
        own[place] = before - voltage[place]
        since[place] = 0.0 if starts_anew else since[above] + own[place]
    return own, since
