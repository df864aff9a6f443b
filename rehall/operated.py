"""How everything of a case is operated: equipment, openings, facility loops, valves of loops."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rehall.layout import Item
from rehall.schema.base import nearest
from rehall.schema.entries import Cdu
from rehall.schema.liquid import LoopSpec, PumpSet
from rehall.shell import OpeningItem

if TYPE_CHECKING:
    from rehall.config import Case


@dataclass(frozen=True)
class FacilityItem:
    """A facility loop as it is operated: how many pumps run, how many machines reject its heat.

    Those that stand by count among the `machines`, and among the `coolers` of its outdoor loop, 0
    without one; `duty` pumps run once it is on. Pumps that an event has stopped are `tripped`.
    """

    name: str
    count: int
    pumps: int
    machines: int
    duty: int = 1
    tripped: tuple[int, ...] = ()
    coolers: int = 0
    kind: str = "facility loop"
    group: str = ""


@dataclass(frozen=True)
class LoopItem:
    """A rack loop as it is operated: the positions of its valves, by rack or pipe [-]."""

    name: str
    valves: dict[str, float]
    kind: str = "rack loop"
    group: str = ""


Thing = Item | OpeningItem | FacilityItem | LoopItem


@dataclass(frozen=True)
class Operated:
    """How everything is operated after some events."""

    items: tuple[Item, ...]
    openings: tuple[OpeningItem, ...]
    facilities: tuple[FacilityItem, ...] = ()
    loops: tuple[LoopItem, ...] = ()

    @property
    def things(self) -> list[Thing]:
        """Everything that an event may be about."""
        return [*self.items, *self.openings, *self.facilities, *self.loops]


def pump_count(thing: Thing) -> int | None:
    """How many pumps a CDU or a facility loop has; None of everything else."""
    if isinstance(thing, FacilityItem):
        return thing.count
    entry = getattr(thing, "entry", None)
    return entry.pump.count if isinstance(entry, Cdu) else None


def pumps_asked(thing: Item | FacilityItem) -> int:
    """How many pumps of a CDU or a facility loop are asked to run."""
    if isinstance(thing, FacilityItem):
        return thing.pumps
    if not thing.on:
        return 0
    entry = thing.entry
    assert isinstance(entry, Cdu), f"{thing.name} has no pumps"
    return entry.pump.duty if thing.pumps is None else thing.pumps


def turning(thing: Item | FacilityItem, asked: int | None = None) -> list[int]:
    """Numbers of the pumps that run, from 0; those that an event has stopped come last."""
    count, tripped = pump_count(thing), set(thing.tripped)
    assert count is not None, f"{thing.name} has no pumps"
    order = sorted(range(count), key=lambda k: (k in tripped, k))
    return order[: pumps_asked(thing) if asked is None else asked]


def tripped_by(thing: Item | FacilityItem, asked: int) -> tuple[int, ...]:
    """The tripped pumps once so many are asked to run: with those that stop, without restarted."""
    return tuple(sorted({*thing.tripped, *turning(thing)} - {*turning(thing, asked)}))


def pumps_after(thing: Item | FacilityItem, trip: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
    """How many pumps are asked to run once those of these numbers, from 1, stop; all tripped."""
    stopped = {number - 1 for number in trip}
    asked = pumps_asked(thing) - len(stopped & {*turning(thing)})
    return asked, tuple(sorted({*thing.tripped, *stopped}))


def facility_items(case: "Case") -> tuple[FacilityItem, ...]:
    """The facility loops of a case with the pumps on duty that it gives them; none where off."""
    specs = case.liquid.facility if case.liquid else ()
    sets = [(spec, spec.pumps or PumpSet(count=1, duty=1)) for spec in specs]
    return tuple(
        FacilityItem(
            spec.name,
            pumps.count,
            0 if spec.name in case.off else pumps.duty,
            spec.rejection.count,
            pumps.duty,
            coolers=spec.rejection.outdoor_loop.count if spec.rejection.outdoor_loop else 0,
        )
        for spec, pumps in sets
    )


def loop_items(case: "Case") -> tuple[LoopItem, ...]:
    """The rack loops of a case with their valves as it gives them."""
    loops = case.liquid.loops if case.liquid else ()
    return tuple(
        LoopItem(spec.name, dict.fromkeys(valves_of(spec, case.items), 1.0) | spec.valves)
        for spec in loops
    )


def valves_of(spec: LoopSpec, items: Sequence[Item]) -> list[str]:
    """Racks and pipes of a loop that have a valve."""
    pipes = spec.manifold.pipes if spec.manifold else ()
    racks = [i.name for i in items if i.loop == spec.name and not isinstance(i.entry, Cdu)]
    valved = [pipe.name for pipe in pipes if pipe.valve is not None]
    return valved + (racks if spec.branch.valve is not None else [])


def operated(case: "Case") -> Operated:
    """How a case operates everything before its events."""
    if case.operation is not None:
        return case.operation
    facilities = facility_items(case)
    return Operated(case.items, case.openings, facilities, loop_items(case))


def no_valve(name: str, known: Sequence[str]) -> str:
    """That a rack or pipe of a loop has no valve."""
    wanted = nearest(name, sorted(known)) if known else "the loop gives none a valve"
    return f"no valve at {name!r}; {wanted}"
