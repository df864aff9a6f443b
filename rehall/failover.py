"""Standby units and pumps that start after others are lost: events that follow from events.

A loop with `failover` starts one of its CDUs that stand by for every one that an event switches
off, so many seconds later; pumps with it do the same within their unit. What an event has switched
off, and pumps that it has stopped, are not there to start. A unit whose pumps all stop, without
any of its own to replace them, is lost.
"""

from bisect import insort
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from geometry.errors import Finding
from rehall.events import after, in_order
from rehall.layout import Item
from rehall.operated import FacilityItem, Operated, operated, pump_count, pumps_asked
from rehall.schema.entries import Cdu
from rehall.schema.transient import EventSpec, TransientSpec, on_the_clock

if TYPE_CHECKING:
    from rehall.config import Case

PUMPS = {"state", "pumps", "trip"}
"""Keys of events that pumps start or stop by."""


@dataclass(order=True)
class _Due:
    """An event of the case, or the moment at which something of this name is to be replaced."""

    at: float
    order: int
    event: EventSpec | None = field(default=None, compare=False)
    name: str = field(default="", compare=False)


def with_failover(case: "Case") -> tuple[TransientSpec | None, list[Finding]]:
    """The transient of a case with the events in it that its standby units and pumps answer by.

    And warnings of those that would answer after its end.
    """
    spec, late = case.transient, list[Finding]()
    if spec is None:
        return None, late
    follow = _Followed(case)
    due = [_Due(event.at, n, event) for n, event in enumerate(in_order(spec))]
    found = []
    while due:
        first = due.pop(0)
        event = first.event or follow.replacement(first.name, first.at)
        if event is None:
            continue
        found.append(event)
        for name, wait in follow.enter(event, first.event is not None):
            at = on_the_clock(event.end + wait)
            if at < spec.duration:
                insort(due, _Due(at, len(due) + len(found) + len(spec.events), name=name))
            else:
                text = f"what stands by would start at {at:g} s, after the end at {spec.duration:g}"
                late.append(Finding(name, f"{text} s"))
    return spec.model_copy(update={"events": tuple(found)}), late


class _Followed:
    """How everything is operated from event to event, and what of it is lost."""

    def __init__(self, case: "Case") -> None:
        self.normal = self.now = operated(case)
        self.loops = {spec.name: spec for spec in (case.liquid.loops if case.liquid else ())}
        sets = {f.name: f.pumps for f in (case.liquid.facility if case.liquid else ())}
        self.waits = {name: pumps.failover for name, pumps in sets.items() if pumps is not None}
        for item in case.items:
            if isinstance(item.entry, Cdu):
                self.waits[item.name] = item.entry.pump.failover
        self.usual = {thing.name for thing in _pumped(self.now) if pumps_asked(thing) > 0}
        self.lost = set[str]()  # units that do not start by themselves
        self.off = set[str]()  # what an event has switched off as a whole

    def enter(self, event: EventSpec, given: bool) -> list[tuple[str, float]]:
        """Note an event of the case (`given`), or of a standby; what is to be replaced, and when.

        Switching off a whole facility loop, or what carries its power, leaves nothing to start.
        """
        before, self.now = self.now, after(event, self.now, self.normal)
        ran = {thing.name: pumps_asked(thing) for thing in _pumped(before)}
        wanted = []
        for now in _pumped(self.now) if given else ():
            if event.item not in (now.name, now.group) or not (event.changes.keys() & PUMPS):
                continue
            stopped, asked = ran[now.name], pumps_asked(now)
            if event.state is not None:
                (self.off.add if event.state == "off" else self.off.discard)(now.name)
            elif asked > 0:
                self.off.discard(now.name)
            wait = self.waits.get(now.name)
            if asked < stopped and event.state is None and wait is not None:
                wanted.append((now.name, wait))
            if isinstance(now, Item):
                alone = now.on and asked == 0 and not (wait is not None and self._spare(now))
                known, runs = now.name in self.lost, stopped > 0 or now.name in self.usual
                gone = not now.on and (event.trip is None or known or not _left(now))
                (self.lost.add if gone or alone else self.lost.discard)(now.name)
                wait = self.loops[now.loop or ""].failover
                if now.name in self.lost and runs and not known and wait is not None:
                    wanted.append((now.loop or "", wait))
        return wanted

    def replacement(self, name: str, at: float) -> EventSpec | None:
        """The event that replaces a unit of the loop, or pumps of the unit, of this name."""
        if name in self.loops:
            return self._unit(name, at)
        if name in self.off:
            return None
        now = next(thing for thing in _pumped(self.now) if thing.name == name)
        most = self._spare(now)
        if most <= pumps_asked(now):
            return None
        return EventSpec.model_construct(at=at, item=name, pumps=most)

    def _spare(self, now: Item | FacilityItem) -> int:
        """How many pumps can run of those that no event has stopped, as many as normally do."""
        normal = next(thing for thing in _pumped(self.normal) if thing.name == now.name)
        return min(pumps_asked(normal), _left(now))

    def _unit(self, loop: str, at: float) -> EventSpec | None:
        units = [
            (was, now)
            for was, now in zip(self.normal.items, self.now.items, strict=True)
            if isinstance(now.entry, Cdu) and now.loop == loop
        ]
        run = sum(pumps_asked(now) > 0 for _, now in units)
        enough = run >= sum(pumps_asked(was) > 0 for was, _ in units)
        ready = [n for was, n in units if not (was.on or n.on or n.name in self.lost)]
        if enough or not ready:
            return None
        return EventSpec.model_construct(at=at, item=ready[0].name, **_start(ready[0]))


def _start(unit: Item) -> dict[str, Any]:
    """What starts a unit that stands by: as a whole, or what an event has left of it."""
    if unit.water and not unit.tripped:
        return {"state": "on"}
    assert isinstance(unit.entry, Cdu), f"{unit.name} has no pumps"
    return {"pumps": min(unit.entry.pump.duty, _left(unit))}


def _left(thing: Item | FacilityItem) -> int:
    """How many pumps no event has stopped."""
    return (pump_count(thing) or 0) - len(thing.tripped)


def _pumped(state: Operated) -> list[Item | FacilityItem]:
    """Everything with pumps."""
    units = [item for item in state.items if isinstance(item.entry, Cdu)]
    return [*units, *state.facilities]
