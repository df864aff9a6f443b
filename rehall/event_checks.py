"""Events of a transient: that their names, keys and times make sense."""

from collections.abc import Iterator, Sequence
from typing import Any

from rehall.entry_uses import items_of
from rehall.layout import Item, has_rear_door, moves_air
from rehall.operated import FacilityItem, LoopItem, Operated, Thing, no_valve, pump_count
from rehall.schema.base import Complaint, nearest
from rehall.schema.entries import SERVERS, Cdu, CoolingUnit, MinerShelf
from rehall.schema.transient import EventSpec, TransientSpec
from rehall.shell import OVERSPEED, NodeItem, OpeningItem, curved

EQUIPMENT = ("state", "power", "air_flow", "supply", "water")
UNIT = ("state", "pumps", "trip", "water", "filters")
OPENING = ("state", "flow", "temperature")
FACILITY = ("state", "pumps", "rejection", "coolers", "trip")
LOOP = ("valves",)


def check(
    spec: TransientSpec | None,
    normal: Operated,
    nodes: Sequence[NodeItem],
    data: dict[str, Any],
) -> list[Complaint]:
    """Return everything that is wrong with the events of a case.

    `data` is the case as written: a name given in an item that was itself mistaken is known.
    """
    complaints: list[Complaint] = []
    for n, event in enumerate(spec.events if spec else ()):
        where = ("transient", "events", n)
        complaints += [((*where, *inside), text) for inside, text in _wrong(event, normal)]
        if not _hit(event, normal) and not _written(event.item, normal, data):
            known = sorted({thing.name for thing in normal.things})
            text = f"no equipment, opening or liquid loop {event.item!r}; "
            text += nearest(event.item, known)
            if event.item in {node.name for node in nodes}:
                text = f"{event.item!r} is a power node; wanted the equipment that it feeds"
            complaints.append(((*where, "item"), text))
        assert spec is not None
        if event.at >= spec.duration:
            text = f"at {event.at:g} s nothing follows: the duration is {spec.duration:g} s"
            complaints.append(((*where, "at"), text))
        elif event.end > spec.duration:
            text = f"ends at {event.end:g} s, after the duration of {spec.duration:g} s"
            complaints.append(((*where, "at"), text))
        complaints += [(where, text) for text in _still_changing(n, spec, normal)]
    return complaints


def _hit(event: EventSpec, normal: Operated) -> list[Thing]:
    """What an event is about."""
    return [thing for thing in normal.things if event.item in (thing.name, thing.group)]


def _keys(thing: Thing) -> tuple[str, ...]:
    """Keys that something has a use for."""
    if isinstance(thing, FacilityItem):
        return FACILITY
    if isinstance(thing, LoopItem):
        return LOOP
    if isinstance(thing, OpeningItem):
        return OPENING
    return UNIT if isinstance(thing.entry, Cdu) else EQUIPMENT


def _wrong(event: EventSpec, normal: Operated) -> Iterator[Complaint]:
    """Keys that the thing of an event has no use for."""
    hit = _hit(event, normal)
    if not hit:
        return
    thing, keys = hit[0], _keys(hit[0])
    for key in event.changes:
        if key not in keys:
            yield (key,), f"{event.item} ({thing.kind}) has none; known are {', '.join(keys)}"
    count = pump_count(thing)
    if count is not None:
        if event.pumps is not None and event.pumps > count:
            yield ("pumps",), f"{event.item} has {count} pumps; wanted 0 to {count}"
        if event.ramp:
            text = f"{event.item}: its pumps take the time of their coast_down and start_up"
            yield ("ramp",), text
        if event.state == "off" and event.pumps:
            yield ("state",), "off goes with no pumps"
        yield from _wrong_trip(event, count)
    if isinstance(thing, FacilityItem):
        yield from _wrong_machines(event, thing)
    if isinstance(thing, LoopItem):
        if event.ramp:
            yield ("ramp",), f"{event.item}: its valves take the time of their valve_stroke"
        for name in event.valves or {}:
            if name not in thing.valves:
                yield ("valves", name), no_valve(name, list(thing.valves))
        return
    if count is not None or isinstance(thing, FacilityItem):
        return
    if isinstance(thing, OpeningItem):
        if thing.kind == "outdoor":
            yield ("item",), f"{event.item}: the flow of an outdoor opening follows the pressure"
        elif event.temperature is not None and thing.kind != "supply":
            yield ("temperature",), f"{event.item}: only a supply opening has one"
        fan = curved(thing)
        if fan is not None and (event.flow or 0.0) > OVERSPEED * fan.flow:
            text = f"{event.item}: {event.flow:g} m3/s; its full speed is {fan.flow:g} m3/s"
            yield ("flow",), text
        return
    if event.supply is not None and not isinstance(thing.entry, CoolingUnit):
        yield ("supply",), f"{event.item}: only cooling units hold a supply temperature"
    if event.air_flow is not None and not moves_air(thing):
        yield ("air_flow",), f"{event.item} moves no air"
    if event.air_flow == 0.0 and isinstance(thing.entry, SERVERS) and not _stores(thing.entry):
        text = (
            f"{event.item}: heat without air has nowhere to go; wanted more than 0, state: off, or "
            "a thermal_mass that takes it up"
        )
        yield ("air_flow",), text
    if event.water is not None and not (thing.facility and _has_coil(thing)):
        yield ("water",), f"{event.item} has no coil on facility water"
    if event.power is not None and not isinstance(thing.entry, SERVERS):
        yield ("power",), f"{event.item}: the power of its fans follows from its air flow"
    if event.state == "off" and len(event.changes) > 1:
        yield ("state",), "off goes with no other change"


def _wrong_trip(event: EventSpec, count: int) -> Iterator[Complaint]:
    """Pumps to stop that are not there, or of which something else is asked too."""
    if event.trip is None:
        return
    if max(event.trip) > count:
        yield ("trip",), f"{event.item} has {count} pumps; wanted numbers from 1 to {count}"
    if event.pumps is not None or event.state is not None:
        yield ("trip",), "goes with neither pumps nor state"


def _wrong_machines(event: EventSpec, facility: FacilityItem) -> Iterator[Complaint]:
    """More machines that reject the heat of a facility loop than there are."""
    fit, most = event.rejection, facility.machines
    if isinstance(fit, int) and fit > most:
        yield ("rejection",), f"{event.item} gives its heat to {most} machines; wanted no more"
    fit, most = event.coolers, facility.coolers
    if fit is not None and not most:
        yield ("coolers",), f"{event.item} has no outdoor loop"
    elif isinstance(fit, int) and fit > most:
        yield ("coolers",), f"{event.item} has {most} coolers on its outdoor loop; wanted no more"


def _has_coil(item: Item) -> bool:
    return isinstance(item.entry, CoolingUnit) or has_rear_door(item)


def _stores(entry: Any) -> bool:
    """Whether a server takes up heat that no air takes (masses.mass_of)."""
    weight = entry.of.weight if isinstance(entry, MinerShelf) else entry.weight
    return bool(weight if entry.thermal_mass is None else entry.thermal_mass)


def _written(name: str, normal: Operated, data: dict[str, Any]) -> bool:
    """Whether a line that was itself mistaken may have given this name."""
    there = {thing.group for thing in normal.things}
    lines = [
        piece.get("name")
        for _, listed in items_of(data, "equipment")
        for piece in listed.values()
        if isinstance(piece, dict)
    ]
    lines += [opening.get("name") for _, opening in items_of(data, "hall", "openings")]
    lines += [
        loop.get("name")
        for section in ("facility", "loops")
        for _, loop in items_of(data, "liquid", section)
    ]
    there |= {f.name for f in normal.facilities} | {loop.name for loop in normal.loops}
    lost = [line for line in lines if isinstance(line, str) and line not in there]
    return any(name.startswith(line) for line in lost)


def _still_changing(n: int, spec: TransientSpec, normal: Operated) -> Iterator[str]:
    """Refuse an event about something that another one is still changing."""
    event = spec.events[n]
    about = {thing.name for thing in _hit(event, normal)}
    for m, other in enumerate(spec.events):
        before = (other.at, m) < (event.at, n)
        if before and event.at < other.end:
            both = about & {thing.name for thing in _hit(other, normal)}
            if both:
                until = f"until {other.end:g} s by the event at {other.at:g} s"
                yield f"{min(both)} still changes {until}"
