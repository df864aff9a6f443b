"""Loads from rack to utility in many states of the chain: live feeds, load flow, losses.

A converter (UPS, rectifier) cuts the network in two: what it feeds is solved first, then its input
is drawn from what feeds it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from jaxtyping import Bool, Complex, Float, Int

from geometry.errors import Finding, InputError
from power.components import converter_loss, tangent
from power.loadflow import Flows, solve_load_flow
from power.network import NONE, PowerModel
from power.nodes import Generator, Node, Rectifier, Ups, Utility
from power.split import drawn, split
from power.states import Energised, Failure, Moment, States, energise, states_of

OPEN, ROUNDING = 1e-6, 2.0
"""Balance within which a state is solved: share of what is supplied, and what links round [W]."""


@dataclass(frozen=True)
class PowerState:
    """States of the chain, in the order of nodes and loads; one state alone has no first axis.

    `load` is sqrt(3) V I at the output with the nominal V and the largest current of the phases:
    the current is what heats a device, and a sagging voltage must not hide it. It compares directly
    with the rating. Everything at a dead node is 0. Where `converged` is False the loads exceed
    what the network can carry at any voltage (all flows are NaN), or the balance does not close.
    """

    converged: Bool[np.ndarray, "*state"]
    moment: Int[np.ndarray, "*state"]  # of power.states.Moment
    live: Bool[np.ndarray, "*state node"]
    fed_from: Int[np.ndarray, "*state node"]  # node that feeds it now, -1 for none
    on_battery: Bool[np.ndarray, "*state node"]
    through: Bool[np.ndarray, "*state node"]  # UPS whose load hangs on its input
    units: Float[np.ndarray, "*state node"]  # share of a device's units in service [-]
    output: Complex[np.ndarray, "*state node"]  # what leaves it, heaviest phase for all [VA]
    power: Float[np.ndarray, "*state node"]  # real, at the output [W]
    reactive: Float[np.ndarray, "*state node"]  # at the output [var]
    load: Float[np.ndarray, "*state node"]  # [VA]
    loading: Float[np.ndarray, "*state node"]  # load over rating of what runs; 0 where unrated
    current: Complex[np.ndarray, "*state node phase"]  # at the output, of each phase or pole [A]
    voltage: Float[np.ndarray, "*state node"]  # line-to-line, lowest phase, at the output [V]
    voltage_drop: Float[np.ndarray, "*state node"]  # below nominal, per nominal
    own_drop: Float[np.ndarray, "*state node"]  # from its feed to its output, per nominal
    feeder_drop: Float[np.ndarray, "*state node"]  # since the last transformer, UPS or utility
    losses: Float[np.ndarray, "*state node"]  # [W]
    charging: Float[np.ndarray, "*state node"]  # into the batteries of a UPS [W]
    served: Float[np.ndarray, "*state load"]  # [W]
    unserved: Float[np.ndarray, "*state load"]  # no live feed, or beyond its supplies [W]
    feed_power: Float[np.ndarray, "*state load feeds"]  # over each feed of a load [W]
    utility_power: Float[np.ndarray, "*state"]  # drawn from all utilities [W]
    balance_error: Float[np.ndarray, "*state"]  # |sources - loads - losses| / sources

    def at(self, state: int) -> "PowerState":
        """One of several states."""
        return PowerState(*(np.asarray(getattr(self, f.name)[state]) for f in fields(self)))


def solve(
    model: PowerModel,
    power: Sequence[float] | Float[np.ndarray, " load"],
    dead: frozenset[str] = frozenset(),
) -> PowerState:
    """Solve the settled state in which loads want `power` [W] and the nodes in `dead` are out."""
    return solve_states(model, power, states_of(model, [Failure(dead)])).at(0)


def solve_states(
    model: PowerModel,
    power: Sequence[float] | Float[np.ndarray, "..."],
    states: States,
) -> PowerState:
    """Solve many states; `power` [W] is wanted by every load, alike or by state."""
    wanted = np.asarray(power, dtype=float)
    _refuse_wrong_power(model, wanted, len(states))
    wanted = np.broadcast_to(wanted, (len(states), len(model.loads)))
    found = energise(model, states)
    feed_power = split(model, wanted, found.live, states.supplies)
    flows = _flow(model, states, found, drawn(model, feed_power))
    return _results(model, states, found, wanted, feed_power, flows)


def _refuse_wrong_power(model: PowerModel, wanted: Float[np.ndarray, "..."], states: int) -> None:
    if wanted.shape not in ((len(model.loads),), (states, len(model.loads))):
        message = f"got {wanted.shape} for {len(model.loads)} loads; give one power for each"
        raise InputError([Finding("power", message)])
    least = np.atleast_2d(wanted).min(axis=0)
    finite = np.isfinite(np.atleast_2d(wanted)).all(axis=0)
    found = [
        Finding(load.name, f"power must be 0 W or more, got {value:g}")
        for load, value, fine in zip(model.loads, least, finite, strict=True)
        if not (value >= 0 and fine)
    ]
    if found:
        raise InputError(found)


@dataclass(frozen=True)
class _Flow:
    """Load flow of the whole chain, converters included."""

    flows: Flows
    output: Complex[np.ndarray, "state node phase"]  # [VA]
    losses: Float[np.ndarray, "state node"]  # [W]
    charging: Float[np.ndarray, "state node"]  # [W]


def _flow(
    model: PowerModel,
    states: States,
    found: Energised,
    drawn: Complex[np.ndarray, "state node phase"],
) -> _Flow:
    """One load flow for each converter in series, and one more."""
    flow, branch = model.flow, np.arange(len(model.flow.parent))
    into, out_of = (np.zeros((len(branch), len(model.nodes))) for _ in range(2))
    into[branch, flow.child] = out_of[branch, flow.parent] = 1.0
    charging = _charging(model, states, found)
    output, lost = np.zeros_like(drawn), np.zeros(found.live.shape)
    for _ in range(model.in_series + 1):
        inputs = np.zeros_like(drawn)
        for place in map(int, np.flatnonzero(model.is_converter)):
            power = output[:, place].sum(axis=-1).real
            taken, lost[:, place] = _taken(model, states, found, place, power)
            feed = found.fed_from[:, place]
            rows = np.flatnonzero(feed != NONE)
            more = (taken + charging[:, place])[rows, None] / drawn.shape[-1]
            inputs[rows, feed[rows]] += more
        at_nodes = np.where(found.live[..., None], drawn + inputs, 0)
        flows = solve_load_flow(flow, found.live, found.fed_from, found.through, at_nodes)
        output = at_nodes + np.einsum("sbp,bn->snp", flows.entering, out_of, optimize=True)
    passed = (flows.entering - flows.leaving).real.sum(axis=-1)
    return _Flow(flows, output, lost + passed @ into, charging)


def _taken(
    model: PowerModel,
    states: States,
    found: Energised,
    place: int,
    power: Float[np.ndarray, " state"],
) -> tuple[Complex[np.ndarray, " state"], Float[np.ndarray, " state"]]:
    """What a converter that gives `power` [W] draws from its feed [VA], and what it loses [W].

    What goes through a UPS is not drawn: the load flow has it.
    """
    node = model.nodes[place]
    assert isinstance(node, Ups | Rectifier), f"{node.name} converts nothing"
    loss = converter_loss(node, power, states.units[:, place])
    loss = np.where(found.live[:, place], loss, 0.0)
    double = (power + loss) * (1 + 1j * tangent(node.input_power_factor))
    if isinstance(node, Ups):
        eco = np.where(states.bypassed[:, place], 0.0, node.eco_loss * power)
        loss = np.where(found.through[:, place], eco, loss)
        double = np.where(found.through[:, place], loss, double)
    return np.where(found.fed_from[:, place] != NONE, double, 0.0), loss


def _charging(
    model: PowerModel, states: States, found: Energised
) -> Float[np.ndarray, "state node"]:
    """Power that refills batteries at the moment of generators [W].

    Of every UPS that was on its battery before; in the state in which nothing is lost of all, as
    when the utility has just returned.
    """
    power = np.zeros(found.live.shape)
    rated = {p: _recharge(node) for p, node in enumerate(model.nodes) if _recharge(node) > 0}
    if not rated or not (states.moment == Moment.GENERATOR).any():
        return power
    before = replace(states, moment=np.full(len(states), int(Moment.BATTERY)))
    emptied = energise(model, before).on_battery
    emptied |= ((states.units == 1).all(axis=1) & ~states.bypassed.any(axis=1))[:, None]
    now = (states.moment == Moment.GENERATOR)[:, None] & found.live & ~found.on_battery
    for place, recharge in rated.items():
        power[:, place] = np.where(now[:, place] & emptied[:, place], recharge, 0.0)
    return power


def _recharge(node: Node) -> float:
    """Power that refills the battery of a node [W]; 0 without one."""
    return node.battery.recharge if isinstance(node, Ups) and node.battery is not None else 0.0


def _results(
    model: PowerModel,
    states: States,
    found: Energised,
    wanted: Float[np.ndarray, "state load"],
    feed_power: Float[np.ndarray, "state load feeds"],
    solved: _Flow,
) -> PowerState:
    live, flows, output, losses = found.live, solved.flows, solved.output, solved.losses
    known = flows.converged[:, None, None]
    there = live[..., None] & known
    per_phase = np.where(there, output if model.three else output / 3.0, 0.0)
    current = np.where(known, np.conj(per_phase / np.where(there, flows.voltage, 1.0)), np.nan)
    size = np.abs(current)
    load = np.sqrt(3.0) * model.voltage * size.max(axis=-1)
    total = output.sum(axis=-1)
    voltage = np.where(live, np.sqrt(3.0) * np.abs(flows.voltage).min(axis=-1), 0.0)
    voltage = np.where(flows.converged[:, None], voltage, np.nan)
    own_drop, feeder_drop = _drops(model, found, voltage / model.voltage)
    rating = model.rating * states.units
    served = feed_power.sum(axis=-1)
    is_source = np.array([isinstance(node, Utility | Generator) for node in model.nodes])
    is_utility = np.array([isinstance(node, Utility) for node in model.nodes])
    batteries = np.where(found.on_battery, total.real + losses, 0.0).sum(axis=-1)
    supplied = total.real[:, is_source].sum(axis=-1) + batteries
    used = served.sum(axis=-1) + losses.sum(axis=-1) + solved.charging.sum(axis=-1)
    heaviest = np.take_along_axis(output, size.argmax(axis=-1)[..., None], axis=-1)[..., 0]
    missing = np.abs(supplied - used)
    closed = flows.converged & (missing <= np.maximum(OPEN * supplied, ROUNDING))
    return PowerState(
        converged=closed,
        moment=states.moment,
        live=live,
        fed_from=found.fed_from,
        on_battery=found.on_battery,
        through=found.through,
        units=states.units,
        output=3.0 * heaviest if model.three else heaviest,
        power=total.real,
        reactive=total.imag,
        load=load,
        loading=np.where(rating > 0, load / np.where(rating > 0, rating, 1.0), 0.0),
        current=current * np.where(model.is_direct, np.sqrt(3.0), 1.0)[:, None],
        voltage=voltage,
        voltage_drop=np.where(live, 1 - voltage / model.voltage, 0.0),
        own_drop=own_drop,
        feeder_drop=feeder_drop,
        losses=losses,
        charging=solved.charging,
        served=served,
        unserved=_unserved(wanted, served),
        feed_power=feed_power,
        utility_power=total.real[:, is_utility].sum(axis=-1),
        balance_error=missing / np.where(supplied > 0, supplied, 1.0),
    )


def _unserved(
    wanted: Float[np.ndarray, "state load"], served: Float[np.ndarray, "state load"]
) -> Float[np.ndarray, "state load"]:
    left = wanted - served
    return np.where(left > 1e-9 * wanted, left, 0.0)  # sums of shares round


def _drops(
    model: PowerModel, found: Energised, voltage: Float[np.ndarray, "state node"]
) -> tuple[Float[np.ndarray, "state node"], Float[np.ndarray, "state node"]]:
    """Drop of each node, and since the last transformer, UPS or utility [pu of nominal]."""
    fed = found.fed_from != NONE
    above = np.where(fed, found.fed_from, 0)
    before = np.where(fed, np.take_along_axis(voltage, above, axis=-1), 1.0)
    before = np.where(model.is_converter & ~found.through, 1.0, before)
    own = np.where(found.live, before - voltage, 0.0)
    anew = (model.starts_anew & ~found.through) | ~fed
    since, last = np.zeros_like(own), None
    while last is None or not np.array_equal(since, last, equal_nan=True):
        last = since
        since = np.where(anew | ~found.live, 0.0, np.take_along_axis(since, above, axis=-1) + own)
    return own, since
