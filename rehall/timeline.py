"""The inputs of the air over time: straight lines between the moments at which something happens.

Each event adds the difference that it makes to the steady inputs, at once or over its ramp; so
changes that overlap in time add up.
"""

from dataclasses import dataclass, replace
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np

from rehall.config import Case
from rehall.events import after, in_order
from rehall.models import AirLevel, refuse_unbalanced
from rehall.operated import Operated, operated
from rehall.operation import Exchange, air_flow, air_flows, air_inputs
from rehall.schema.entries import CoolingUnit
from rehall.schema.transient import EventSpec, TransientSpec
from thermal.air.inputs import AirInputs

LONGEST = 30.0
"""Longest stretch of time with a clock of its own [s]: its times are exact in float32."""


@dataclass(frozen=True, eq=False)
class Change:
    """What one event adds to the inputs, from `begin` to `end` [s] in a straight line.

    `water` is added to the share that each stream's coil has of its water [-].
    """

    begin: float
    end: float
    difference: AirInputs
    water: np.ndarray | float = 0.0

    def part(self, t: float, before: bool) -> float:
        """Share of the change that has happened at a time, or right `before` it [-]."""
        if t > self.end or (t == self.end and not (before and self.end == self.begin)):
            return 1.0
        if t <= self.begin:
            return 0.0
        return (t - self.begin) / (self.end - self.begin)


@dataclass(frozen=True, eq=False)
class Stretch:
    """A stretch of time [s] in which the inputs go straight from `first` to `last`.

    `jump` marks that something changed at once when it begins, `output` that fields are wanted at
    its end.
    """

    begin: float
    end: float
    first: AirInputs
    last: AirInputs
    jump: bool
    output: bool


def case_with(case: Case, state: Operated) -> Case:
    """The case with everything operated as given."""
    return replace(case, items=state.items, openings=state.openings, operation=state)


def changes_of(case: Case, level: AirLevel, x: Exchange, spec: TransientSpec) -> list[Change]:
    """What each event adds to the steady inputs, in the order of time.

    The coolant keeps the temperature that it has in the exchange (coolant_to_air adds what becomes
    of it). Refuses events that leave a closed body of air unbalanced.
    """
    normal = now = operated(case)
    inputs = plain(operated_inputs(case, level, x, case))
    found = []
    for event in in_order(spec):
        last, now = now, after(event, now, normal)
        changed = case_with(case, now)
        refuse_unbalanced(changed, level, air_flows(changed, x))
        for begin, end, state in _steps(event, last, now):
            new = plain(operated_inputs(case_with(case, state), level, x, case))
            # A coil that carries nothing keeps the coolant that it had: no coolant is at 0 K.
            kept = jnp.where(new.conductance > 0, new.T_coolant, inputs.T_coolant)
            kept_set = jnp.where(new.controlled > 0, new.T_set, inputs.T_set)
            new = replace(new, T_coolant=kept, T_set=kept_set)
            difference = jax.tree.map(lambda a, b: a - b, new, inputs)
            found.append(Change(begin, end, difference))
            inputs = new
    return found


def _steps(event: EventSpec, last: Operated, now: Operated) -> list[tuple[float, float, Operated]]:
    """Stretches of an event [s] and the state at the end of each.

    Over a ramp fans change their speed, so that flow and pressure follow the affinity laws. Their
    curves stay: a damper opens before its fan starts, and closes when it has stopped.
    """
    begin, end = event.at, event.end
    switched = {a.name for a, b in zip(last.items, now.items, strict=True) if a.on != b.on}
    before, behind = _undamped(last, switched), _undamped(now, switched)
    if not event.ramp:
        return [(begin, end, now)]
    opened = [] if before == last else [(begin, begin, before)]
    closed = [] if behind == now else [(end, end, now)]
    return [*opened, (begin, end, behind), *closed]


def _undamped(state: Operated, names: set[str]) -> Operated:
    """The same with the dampers of some pieces of equipment open."""
    items = tuple(
        replace(item, entry=item.entry.model_copy(update={"damper": False}))
        if item.name in names and not item.on and getattr(item.entry, "damper", False)
        else item
        for item in state.items
    )
    return replace(state, items=items)


def operated_inputs(case: Case, level: AirLevel, x: Exchange, normal: Case) -> AirInputs:
    """The air's inputs for a way of operating the case; `normal` is what the exchange belongs to.

    A coil without air carries nothing.
    """
    m_air = dict(x.m_air)
    for item, was in zip(case.items, normal.items, strict=True):
        if isinstance(item.entry, CoolingUnit):
            V, V_normal = air_flow(item, 0.0), air_flow(was, 0.0)
            if V_normal != V and V_normal > 0 and item.name in m_air:
                m_air[item.name] *= V / V_normal
    inputs = air_inputs(case, level, replace(x, m_air=m_air))
    still = 0 * inputs.conductance
    carried = jnp.where(inputs.V_flow > 0, inputs.conductance, still)
    return replace(inputs, conductance=carried)


def stretches(base: AirInputs, changes: list[Change], spec: TransientSpec) -> list[Stretch]:
    """The transient as stretches of straight lines, none longer than LONGEST."""
    outputs = set(spec.output_times)
    moments = sorted(outputs | {t for change in changes for t in (change.begin, change.end)})
    found = []
    dtype = base.V_flow.dtype
    start = plain(replace(base, bodies=None, layers=None))

    def at(t: float, before: bool) -> AirInputs:
        total = start
        water: np.ndarray | float = 1.0
        for change in changes:
            part = change.part(t, before)
            if part:
                water = water + part * change.water
                total = jax.tree.map(lambda a, b, p=part: a + p * b, total, change.difference)
        carried = jnp.maximum(total.conductance, 0.0) * np.clip(water, 0.0, 1.0)
        total = replace(total, conductance=carried)
        given = jax.tree.map(lambda a: jnp.asarray(a, dtype), total)
        return replace(given, bodies=base.bodies, layers=base.layers)

    jumps = {change.begin for change in changes if change.end == change.begin}
    for begin, end in pairwise(moments):
        count = int(np.ceil((end - begin) / LONGEST - 1e-9))
        cuts = np.linspace(begin, end, count + 1)
        first, last = at(begin, False), at(end, True)
        for n, (a, b) in enumerate(pairwise(cuts)):
            mixed = [_mix(first, last, (n + m) / count) if count > 1 else None for m in (0, 1)]
            found.append(
                Stretch(
                    float(a),
                    float(b),
                    mixed[0] or first,
                    mixed[1] or last,
                    jump=n == 0 and begin in jumps,
                    output=n == count - 1 and end in outputs,
                )
            )
    return found


def plain(inputs: AirInputs) -> AirInputs:
    """Inputs in double precision, in which differences are taken."""
    return jax.tree.map(lambda a: jnp.asarray(a, jnp.float64), inputs)


def _mix(first: AirInputs, last: AirInputs, part: float) -> AirInputs:
    return jax.tree.map(lambda a, b: a + (b - a) * part, first, last)
