"""A failure as a way to operate the case: what its circuits, its air and its chain are given."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from geometry.hall import Baffle
from rehall.config import Case
from rehall.events import after, in_order
from rehall.layout import has_rear_door
from rehall.liquid import LiquidSide
from rehall.models import AirLevel, air_level
from rehall.operated import Operated, operated
from rehall.operation import Exchange
from rehall.redundancy.course import Course
from rehall.redundancy.ground import Ground, replace_exchange
from rehall.redundancy.shell import on_grid
from rehall.schema.entries import SERVERS, CoolingUnit
from rehall.schema.transient import EventSpec
from rehall.switching import as_switched
from rehall.timeline import case_with
from rehall.utilities import Plant

LESS_HEAT = 0.01
"""Share of the heat to the air by which servers may draw less without a solution of their own: the
air is then taken to be as warm as before [-]."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """A state to be solved: its case, its plant, and what is exchanged as a first guess."""

    case: Case
    plant: Plant
    x: Exchange
    baffles: tuple[Baffle, ...]


def prepared(ground: Ground, course: Course, x: Exchange, for_air: bool = False) -> Prepared:
    """What a course ends in.

    `for_air` leaves servers as they were where these draw so little less that the air need not be
    solved for it.
    """
    end = air_view(ground.case, course)[1] if for_air else course.end
    case = case_with(ground.case, end)
    liquid = ground.plant.liquid
    side = None if liquid is None else side_with(liquid, case, end)
    plant = Plant(side, ground.plant.side, course.chain)
    return Prepared(case, plant, _shifted(case, x), course.baffles)


def side_with(side: LiquidSide, case: Case, end: Operated) -> LiquidSide:
    """The circuits of a case as they are operated in the end."""
    items = {item.name: item for item in end.items}
    models = {
        name: replace(
            m,
            cdus=tuple(items[item.name] for item in m.cdus),
            racks=tuple(items[item.name] for item in m.racks),
        )
        for name, m in side.loops.items()
    }
    scenario = as_switched(end, case, side.scenario, side.places, models)
    return replace(side, loops=models, scenario=scenario)


def level_with(case: Case, level: AirLevel, baffles: Sequence[Baffle]) -> AirLevel:
    """The air of the hall with rectangles replaced, on the same grid."""
    if not baffles:
        return level
    placed = tuple(on_grid(b, level.grid) if b.loss_coefficient == 0.0 else b for b in baffles)
    hall = replace(level.hall, baffles=(*level.hall.baffles, *placed))
    return air_level(case, hall, level.grid, level.cell)


def air_view(case: Case, course: Course) -> tuple[tuple[EventSpec, ...], Operated]:
    """The events that the air has to be solved for, and how everything is operated after them.

    Without those of servers that draw less, where these are too few to matter.
    """
    servers = {i.name: i for i in case.items if isinstance(i.entry, SERVERS)}
    heat = sum(item.heat_to_air for item in case.items)
    ends = {item.name: item for item in course.end.items}
    less = sum(item.heat_to_air - ends[name].heat_to_air for name, item in servers.items())
    lower = all(ends[name].power <= item.power for name, item in servers.items())
    if not (lower and less <= LESS_HEAT * heat):
        return course.spec.events, course.end
    kept = tuple(e for e in course.spec.events if e.item not in servers)
    normal = now = operated(case)
    for one in in_order(course.spec.model_copy(update={"events": kept})):
        now = after(one, now, normal)
    by_name = {item.name: item for item in now.items}
    items = tuple(by_name[item.name] if item.name in servers else item for item in course.end.items)
    return kept, replace(course.end, items=items)


def _shifted(case: Case, x: Exchange) -> Exchange:
    """The exchange with the heat of units that take none left to the others on their water."""
    x = replace_exchange(x)
    units = [i for i in case.items if isinstance(i.entry, CoolingUnit) or has_rear_door(i)]
    for water in {unit.facility for unit in units}:
        here = [unit for unit in units if unit.facility == water]
        lost = [u for u in here if not (u.on and u.water)]
        left = [u for u in here if u.on and u.water and not has_rear_door(u)]
        heat = sum(x.coil_heat.get(u.name, 0.0) for u in lost if not has_rear_door(u))
        for unit in lost:
            x.coil_heat[unit.name] = 0.0
        for unit in left:
            x.coil_heat[unit.name] = x.coil_heat.get(unit.name, 0.0) + heat / len(left)
    return x
