"""Events of a transient: what they change, in which order, and in words."""

from dataclasses import replace
from typing import Any

from rehall.layout import Item, operated_power
from rehall.operated import FacilityItem, Operated, pumps_after, tripped_by
from rehall.schema.entries import SERVERS
from rehall.schema.transient import EventSpec, Switch, TransientSpec
from rehall.shell import OpeningItem


def in_order(spec: TransientSpec) -> list[EventSpec]:
    """The events by their time, those of one time as written."""
    return sorted(spec.events, key=lambda event: event.at)


def after(event: EventSpec, now: Operated, normal: Operated) -> Operated:
    """What an event makes of the way everything is operated.

    What is switched on again runs as in the `normal` state.
    """
    items = tuple(
        _changed_item(item, event, was) if event.item in (item.name, item.group) else item
        for item, was in zip(now.items, normal.items, strict=True)
    )
    openings = tuple(
        _changed_opening(o, event, was) if event.item in (o.name, o.group) else o
        for o, was in zip(now.openings, normal.openings, strict=True)
    )
    facilities = tuple(
        _changed_facility(f, event, was) if event.item == f.name else f
        for f, was in zip(now.facilities, normal.facilities, strict=True)
    )
    loops = tuple(
        replace(loop, valves=loop.valves | event.valves)
        if event.item == loop.name and event.valves
        else loop
        for loop in now.loops
    )
    return Operated(items, openings, facilities, loops)


def raised_powers(spec: TransientSpec, normal: Operated) -> dict[str, float]:
    """Highest power of each server that the events let draw more than in the `normal` state [W]."""
    now, highest = normal, dict[str, float]()
    for event in in_order(spec):
        now = after(event, now, normal)
        for item, was in zip(now.items, normal.items, strict=True):
            if isinstance(item.entry, SERVERS) and item.power > highest.get(item.name, was.power):
                highest[item.name] = item.power
    return highest


def words(event: EventSpec) -> str:
    """An event as one line."""
    told = ", ".join(f"{key} {_shown(key, value)}" for key, value in event.changes.items())
    ramp = f" over {event.ramp:g} s" if event.ramp else ""
    return f"{event.at:g} s: {event.item} {told}{ramp}"


def _shown(key: str, value: Any) -> str:
    if key in ("state", "pumps", "rejection", "coolers", "water"):
        return str(value)
    if key == "trip":
        return ", ".join(map(str, value))
    if key == "filters":
        return f"{value:g}"
    if key == "valves":
        return ", ".join(f"{name} {100 * position:g} %" for name, position in value.items())
    if key == "power":
        return f"{value / 1e3:g} kW"
    if key in ("supply", "temperature"):
        return f"{value - 273.15:.4g} degC"
    return f"{value:g} m3/s"


def _changed_item(item: Item, event: EventSpec, normal: Item) -> Item:
    stands_by = not (item.on or event.item == item.name)  # one of a row
    if stands_by and (event.pumps is not None or event.trip):
        return item
    changes: dict[str, Any] = {
        key: value for key, value in event.changes.items() if key not in ("state", "trip", "water")
    }
    if event.water is not None:
        changes["water"] = event.water == "on"
    if event.state == "off":
        changes |= {"on": False, "power": 0.0}
    elif event.state == "on":
        running = normal.power if normal.on else operated_power(normal.entry)
        back = {"on": True, "power": running, "pumps": normal.pumps, "tripped": (), "water": True}
        changes = back | changes
    if event.pumps is not None:
        changes |= {"on": item.on or event.pumps > 0, "tripped": tripped_by(item, event.pumps)}
    if event.trip is not None:
        changes["pumps"], changes["tripped"] = pumps_after(item, event.trip)
    return replace(item, **changes)


def _changed_opening(opening: OpeningItem, event: EventSpec, normal: OpeningItem) -> OpeningItem:
    changes: dict[str, Any] = {key: value for key, value in event.changes.items() if key != "state"}
    if event.state is not None:
        on = event.state == "on"
        state = {"flow": normal.flow if on else 0.0, "power": normal.power if on else 0.0}
        changes = state | changes
    return replace(opening, **changes)


def _changed_facility(
    facility: FacilityItem, event: EventSpec, normal: FacilityItem
) -> FacilityItem:
    pumps, tripped = facility.pumps, facility.tripped
    if event.state is not None:
        pumps, tripped = (normal.duty, ()) if event.state == "on" else (0, tripped)
    if event.pumps is not None:
        pumps, tripped = event.pumps, tripped_by(facility, event.pumps)
    if event.trip is not None:
        pumps, tripped = pumps_after(facility, event.trip)
    return replace(
        facility,
        pumps=pumps,
        machines=_fit(event.rejection, facility.machines, normal.machines),
        tripped=tripped,
        coolers=_fit(event.coolers, facility.coolers, normal.coolers),
    )


def _fit(asked: Switch | int | None, now: int, normal: int) -> int:
    """How many machines can run after an event that says so, or nothing of them."""
    if isinstance(asked, int):
        return asked
    return {None: now, "on": normal, "off": 0}[asked]
