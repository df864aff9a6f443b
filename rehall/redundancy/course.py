"""What follows from failures in time: loads that lose their power, standby that starts, the end.

A feeder takes with it what it feeds, until its way has transferred (power.interruptions).
Servers that have lost their power do not start again by themselves; fans and pumps do.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from geometry.hall import Baffle
from power.interruptions import Supply, supplies
from power.states import Failure
from power.study import Study
from rehall.config import Case
from rehall.events import after, in_order
from rehall.failover import with_failover
from rehall.operated import FacilityItem, Operated, operated
from rehall.redundancy.outage import RUN_DOWN, Outage, event
from rehall.schema.entries import SERVERS, Cdu, CoolingUnit
from rehall.schema.transient import EventSpec, TransientSpec, on_the_clock

RUN_UP = 10.0
"""Time in which fans come to speed with power (assumed) [s]."""
SIMILAR = 0.25
"""Share by which the times of two histories may differ that are the same one [-]."""
LOST = 1.0
"""Power of a server that is missing and not noticed [W]."""
AFTER = 60.0
"""How long things are followed after the last of the events at least [s]."""
LONGEST = 3600.0
"""Longest that anything is followed [s]."""
Pieces = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Part:
    """One failure of a state, and when it happens [s]."""

    outage: Outage
    at: float = 0.0


@dataclass(frozen=True, eq=False)
class Course:
    """What happens after the failures of a state.

    `spec` has all events with the standby units and pumps that answer, `span` is how long air and
    coolant are followed [s]; `end` is how everything is operated then. `chain` has what is out of
    the chain in the end, `unserved` the most power that each critical load lacks [W], `late` what
    stands by and would start after the time followed.
    """

    spec: TransientSpec
    span: float
    end: Operated
    chain: Failure
    baffles: tuple[Baffle, ...]
    unserved: dict[str, float]
    late: tuple[str, ...]


def chains_of(parts: Sequence[Part]) -> list[tuple[float, Failure]]:
    """What is out of the chain from when on, a failure added to those before."""
    times = sorted({part.at for part in parts if part.outage.chain is not None})
    return [
        (at, together(p.outage.chain for p in parts if p.outage.chain is not None and p.at <= at))
        for at in times
    ]


def together(failures: Iterator[Failure]) -> Failure:
    """Several failures of the chain as one."""
    found = list(failures)
    if len(found) == 1:
        return found[0]
    return Failure(
        dead=frozenset().union(*(f.dead for f in found)),
        units=tuple(unit for f in found for unit in f.units),
        bypassed=frozenset().union(*(f.bypassed for f in found)),
        supplies=tuple(supply for f in found for supply in f.supplies),
    )


def course(
    case: Case, parts: Sequence[Part], study: Study | None, rows: Mapping[Failure, int], span: float
) -> Course:
    """What follows from the `parts`; `rows` finds the states of the chain in its `study`.

    Air and coolant are followed over `span` [s], longer where something happens late to anything
    but servers, which then only draw less.
    """
    own = [e.model_copy(update={"at": part.at}) for part in parts for e in part.outage.events]
    chains = chains_of(parts)
    events, unserved = list(own), dict[str, float]()
    if study is not None and chains:
        whole = _pieces(study, chains, rows)
        events += _of_loads(case, whole, _wanted(study), own)
        events += _standing_by(case, study, chains, rows)
        unserved = _unserved(study, chains, rows)
    events.sort(key=lambda e: e.at)
    servers = {item.name for item in case.items if isinstance(item.entry, SERVERS)}
    last = max((e.end for e in events if e.item not in servers), default=0.0)
    followed_for = on_the_clock(min(max(span, last + AFTER), LONGEST))
    duration = max((followed_for, *(on_the_clock(e.end + AFTER) for e in events)))
    spec = TransientSpec.model_construct(
        duration=duration, output=(0.0, duration), step_max=1.0, events=tuple(events)
    )
    followed, late = with_failover(replace(case, transient=spec))
    assert followed is not None, "a transient that was given is gone"
    return Course(
        spec=followed,
        span=followed_for,
        end=_end(case, followed),
        chain=chains[-1][1] if chains else Failure(),
        baffles=tuple(b for part in parts for b in part.outage.baffles),
        unserved=unserved,
        late=tuple(str(finding) for finding in late),
    )


def _end(case: Case, spec: TransientSpec) -> Operated:
    normal = now = operated(case)
    for one in in_order(spec):
        now = after(one, now, normal)
    # Water that nothing cools takes up no heat in the end, whether or not it goes round.
    stopped = tuple(f if f.machines else replace(f, pumps=0) for f in now.facilities)
    dry = {f.name for f in stopped if f.pumps == 0}
    water = {loop.name: loop.facility for loop in (case.liquid.loops if case.liquid else ())}
    items = tuple(
        replace(item, water=False) if (item.facility or water.get(item.loop or "")) in dry else item
        for item in now.items
    )
    return replace(now, items=items, facilities=stopped)


def _wanted(study: Study) -> dict[str, float]:
    loads = zip(study.model.loads, study.wanted, strict=True)
    return {load.name: float(power) for load, power in loads}


def _pieces(
    study: Study, chains: Sequence[tuple[float, Failure]], rows: Mapping[Failure, int]
) -> Mapping[str, Pieces]:
    """Power that loads get from when on [s, W], through all states of the chain.

    A further failure starts its own history for the loads that it changes something for; those
    never get more than by the history before. For the others that goes on.
    """
    found: dict[str, list[tuple[float, float]]] = {}
    before: dict[str, tuple[Supply, ...]] = {}
    wanted = _wanted(study)
    for at, failure in chains:
        here = supplies(study, rows[failure])
        for name in sorted({*here, *before}):
            whole = (Supply(0.0, wanted[name]),)
            old, new = before.get(name, whole), here.get(name, whole)
            if not _alike(old, new):
                fresh = [(at + s.time, s.power) for s in new]
                found[name] = _least(found.get(name, [(0.0, wanted[name])]), fresh, at)
        before = here
    return found


def _alike(old: Sequence[Supply], new: Sequence[Supply]) -> bool:
    """Whether a load fares the same after two failures: batteries last a little longer or less."""
    return len(old) == len(new) and all(
        abs(a.power - b.power) <= LOST and abs(a.time - b.time) <= SIMILAR * max(a.time, b.time)
        for a, b in zip(old, new, strict=True)
    )


def _least(
    old: Sequence[tuple[float, float]], new: Sequence[tuple[float, float]], at: float
) -> list[tuple[float, float]]:
    """An old history up to a time, and the lesser of it and a new one from then on."""

    def given(pieces: Sequence[tuple[float, float]], t: float) -> float:
        return [power for time, power in pieces if time <= t][-1]

    times = sorted({t for t, _ in (*old, *new) if t >= at} | {at})
    return [(t, p) for t, p in old if t < at] + [
        (t, min(given(old, t), given(new, t))) for t in times
    ]


def _of_loads(
    case: Case, pieces: Mapping[str, Pieces], wanted: dict[str, float], own: Sequence[EventSpec]
) -> Iterator[EventSpec]:
    """What loads do with the power that they get."""
    items = {item.name: item for item in case.items}
    openings = {opening.name for opening in case.openings}
    facilities = {f.name: f for f in operated(case).facilities}
    for name, told in pieces.items():
        item = items.get(name)
        if item is not None and isinstance(item.entry, SERVERS):
            yield from _server(name, told, wanted[name])
        elif item is not None or name in openings:
            ramps = name in openings or (item is not None and isinstance(item.entry, CoolingUnit))
            yield from _switched(name, told, wanted[name], ramps, own)
        elif name in facilities:
            yield from _facility(case, facilities[name], told, wanted[name], own)


def _server(name: str, told: Pieces, wanted: float) -> Iterator[EventSpec]:
    """A server draws what its supplies give it, and stays off once it has had nothing."""
    now = wanted
    for at, power in told:
        if power <= LOST:
            yield event(name, at, state="off")
            return
        if abs(power - now) > LOST:
            now = power
            yield event(name, at, power=power)


def _changes(told: Pieces, wanted: float) -> Iterator[tuple[float, bool, float]]:
    """When something loses its power and gets it back, and how long until the next change [s]."""
    on, changes = True, list[tuple[float, bool]]()
    for at, power in told:
        if (power > 0.5 * wanted) != on:
            on = not on
            changes.append((at, on))
    for (at, now), (then, _) in pairwise([*changes, (np.inf, on)]):
        yield at, now, then - at


def _switched(
    name: str, told: Pieces, wanted: float, ramps: bool, own: Sequence[EventSpec]
) -> Iterator[EventSpec]:
    """A pump or fan stops and starts with its power; what has failed itself stays as it is."""
    for at, on, span in _changes(told, wanted):
        if not on:
            yield event(name, at, state="off", **_ramp(ramps, RUN_DOWN, span))
        elif not _stays_off(name, at, own):
            yield event(name, at, state="on", **_ramp(ramps, RUN_UP, span))
            yield from _again(name, on_the_clock(at + (min(RUN_UP, span) if ramps else 0.0)), own)


def _ramp(ramps: bool, time: float, span: float) -> dict[str, float]:
    return {"ramp": on_the_clock(min(time, span))} if ramps else {}


def _facility(
    case: Case,
    facility: FacilityItem,
    told: Pieces,
    wanted: float,
    own: Sequence[EventSpec],
) -> Iterator[EventSpec]:
    """Facility water stops with its rejection; machines take their time to start again."""
    outdoor = {"coolers": "off"} if facility.coolers else {}
    back = {"coolers": "on"} if facility.coolers else {}
    restart = float(getattr(case.rejections[facility.name], "restart", 0.0))
    for at, on, span in _changes(told, wanted):
        if not on:
            yield event(facility.name, at, state="off", rejection="off", **outdoor)
        elif not _stays_off(facility.name, at, own):
            yield event(facility.name, at, state="on", **back)
            machines = [e for e in own if e.rejection is not None]
            yield from _again(facility.name, at, [e for e in own if e.rejection is None])
            if restart < span:
                later = on_the_clock(at + restart)
                yield event(facility.name, later, rejection="on")
                yield from _again(facility.name, later, machines)


def _stays_off(name: str, at: float, own: Sequence[EventSpec]) -> bool:
    """Whether something has been off for a failure of its own by a time."""
    return any(e.item == name and e.state == "off" and e.at <= at for e in own)


def _again(name: str, at: float, own: Sequence[EventSpec]) -> Iterator[EventSpec]:
    """What has failed has still failed when the power comes back."""
    for one in own:
        if one.item == name and one.at <= at:
            yield one.model_copy(update={"at": at, "ramp": 0.0})


def _standing_by(
    case: Case,
    study: Study,
    chains: Sequence[tuple[float, Failure]],
    rows: Mapping[Failure, int],
) -> Iterator[EventSpec]:
    """CDUs that stand by and lose their feeds at any moment: they are not there to start."""
    number = {load.name: n for n, load in enumerate(study.model.loads)}
    for item in case.items:
        if not isinstance(item.entry, Cdu) or item.on or item.name not in number:
            continue
        feeds = study.model.feeds[number[item.name]]
        for at, failure in chains:
            live = study.state.live[study.rows(rows[failure])][:, feeds[feeds >= 0]]
            if not live.any(axis=1).all():
                yield event(item.name, at, state="off")
                break


def _unserved(
    study: Study, chains: Sequence[tuple[float, Failure]], rows: Mapping[Failure, int]
) -> dict[str, float]:
    """Most power that each critical load lacks at any moment [W]."""
    most = np.max([study.unserved(rows[failure]) for _, failure in chains], axis=0)
    loads = study.model.loads
    return {load.name: float(x) for load, x in zip(loads, most, strict=True) if x > LOST}


def only_less_heat(course: Course, case: Case) -> bool:
    """Whether nothing happens but that servers draw less."""
    servers = {i.name: i.power for i in case.items if isinstance(i.entry, SERVERS)}
    return not course.baffles and all(
        one.item in servers
        and (one.state == "off" or (one.power is not None and one.power <= servers[one.item]))
        and set(one.changes) <= {"state", "power"}
        for one in course.spec.events
    )
