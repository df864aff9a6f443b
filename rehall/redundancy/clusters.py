"""Which failures ask the air for something new, and which of them for the same."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from rehall.config import Case
from rehall.layout import has_rear_door
from rehall.operation import Exchange, air_inputs
from rehall.redundancy.course import Course
from rehall.redundancy.ground import Ground, OnGrid
from rehall.redundancy.prepared import air_view, prepared
from rehall.schema.entries import Cdu, CoolingUnit
from rehall.schema.transient import EventSpec
from rehall.simulate import AGREEMENT, change
from thermal.air.inputs import AirInputs

SAME_HEAT = 0.02
"""Heat to the air, over all of it, that may be elsewhere in air that is taken as known [-]."""
REUSED, SOLVED, ENDLESS = "reused", "solved", "endless"


@dataclass(frozen=True, eq=False)
class AirOf:
    """How a state comes by its air in the end: `kind` REUSED, SOLVED or ENDLESS.

    ENDLESS where nothing takes the heat out of the air, so that it has no steady state. `leader`
    is the place of the state whose air it is, its own where it is solved for it; `moved` the heat
    that is elsewhere than in that air, over all of it [-].
    """

    kind: str
    leader: int
    moved: float


def airs_of(ground: Ground, courses: Sequence[Course], xs: Sequence[Exchange]) -> list[AirOf]:
    """Where each state has its air from; `xs` are the exchanges in the normal air."""
    on = ground.fine
    normal = air_inputs(ground.case, on.level, on.x)
    leaders: list[tuple[int, tuple[str, ...], AirInputs]] = [(-1, (), normal)]
    found = []
    for n, (course, x) in enumerate(zip(courses, xs, strict=True)):
        state = prepared(ground, course, x, for_air=True)
        holes = tuple(sorted(repr(b) for b in course.baffles))
        if not cooled(state.case):
            found.append(AirOf(ENDLESS, n, 0.0))
            continue
        inputs = air_inputs(state.case, on.level, state.x)
        for leader, there, given in leaders:
            moved = difference(given, inputs, on) if there == holes else np.inf
            if moved <= SAME_HEAT:
                kind = REUSED if leader < 0 else SOLVED
                found.append(AirOf(kind, leader, float(moved)))
                break
        else:
            leaders.append((n, holes, inputs))
            found.append(AirOf(SOLVED, n, 0.0))
    return found


def difference(before: AirInputs, after: AirInputs, on: OnGrid) -> float:
    """Heat that is given elsewhere, over all heat; infinite where flows or coils differ [-]."""
    alike = replace(after, heat=before.heat, block_heat=before.block_heat)
    if change(before, alike, on.air, on.level.model) >= AGREEMENT:
        return float(np.inf)
    pairs = ((before.heat, after.heat), (before.block_heat, after.block_heat))
    moved = sum(float(np.abs(np.asarray(b) - np.asarray(a)).sum()) for a, b in pairs)
    whole = sum(float(np.abs(np.asarray(a)).sum()) for a, _ in pairs)
    return moved / max(whole, 1.0)


def cooled(case: Case) -> bool:
    """Whether anything can take heat out of the air for ever: a coil with water, an opening."""
    coils = any(
        item.facility is not None
        and item.water
        and (has_rear_door(item) or (isinstance(item.entry, CoolingUnit) and item.on))
        for item in case.items
    )
    return coils or any(o.kind == "outdoor" or (o.flow or 0.0) > 0.0 for o in case.openings)


def key_of(course: Course, case: Case) -> str:
    """What sets the air of a course apart from that of others: its events and its holes."""
    events, end = air_view(case, course)
    coils = [(i.name, i.on, i.water, i.power) for i in end.items]
    holes = sorted(repr(b) for b in course.baffles)
    told = [_told(events), course.span, holes, coils]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]


def coolant_key(course: Course) -> str:
    """What sets the coolant of a course apart in time: all of its events."""
    told = [_told(course.spec.events), course.span]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]


def _told(events: Sequence[EventSpec]) -> list[list[object]]:
    """Events by time and thing, so that the order in which they were found does not matter."""
    placed = sorted(enumerate(events), key=lambda e: (e[1].at, e[1].item, e[0]))
    return [_plain(event) for _, event in placed]


def _plain(event: EventSpec) -> list[object]:
    return [event.at, event.item, event.ramp, sorted(event.changes.items(), key=str)]


def in_air(course: Course, case: Case) -> bool:
    """Whether something happens in time that the air feels: fans, coils, their water, holes."""
    if course.baffles:
        return True
    units = [i for i in case.items if isinstance(i.entry, CoolingUnit) or has_rear_door(i)]
    felt = {i.name for i in units} | {i.facility for i in units} | {o.name for o in case.openings}
    events = air_view(case, course)[0]
    felt |= {i.name for i in case.items if not isinstance(i.entry, Cdu)}
    return any(e.item in felt for e in events)


def at_once(course: Course, case: Case) -> bool:
    """Whether all that the air feels happens at one time."""
    return len({e.at for e in air_view(case, course)[0]}) <= 1


def in_coolant(course: Course, case: Case) -> bool:
    """Whether something happens in time that the coolant feels, other than less heat."""
    if case.liquid is None:
        return False
    names = {spec.name for spec in case.liquid.facility}
    names |= {spec.name for spec in case.liquid.loops}
    names |= {item.name for item in case.items if isinstance(item.entry, Cdu)}
    return any(e.item in names for e in course.spec.events)
