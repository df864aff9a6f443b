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
from rehall.redundancy.outage import Outage, event
from rehall.schema.entries import SERVERS, Cdu, CoolingUnit
from rehall.schema.transient import EventSpec, TransientSpec, on_the_clock

RUN_DOWN, RUN_UP = 2.0, 10.0
"""Time in which fans stop without power, and come to speed with it (assumed) [s]."""
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
    """Power that loads get from when on [s, W], through all states of the chain."""
    found: dict[str, list[tuple[float, float]]] = {}
    ends = [at for at, _ in chains[1:]] + [np.inf]
    wanted = _wanted(study)
    for (at, failure), until in zip(chains, ends, strict=True):
        here = supplies(study, rows[failure])
        for name in {*here, *found}:
            pieces = here.get(name, (Supply(0.0, wanted[name]),))
            told = found.setdefault(name, [])
            told += [(at + s.time, s.power) for s in pieces if at + s.time < until]
    return found


def _of_loads(
    case: Case, pieces: Mapping[str, Pieces], wanted: dict[str, float], own: Sequence[EventSpec]
) -> Iterator[EventSpec]:
    """What loads do with the power that they get."""
    items = {item.name: item for item in case.items}
    openings = {opening.name for opening in case.openings}
    facilities = {f.name: f for f in operated(case).facilities}
    stopped = {e.item for e in own if e.state == "off"}
    for name, told in pieces.items():
        item = items.get(name)
        if item is not None and isinstance(item.entry, SERVERS):
            yield from _server(name, told, wanted[name])
        elif item is not None or name in openings:
            ramps = name in openings or (item is not None and isinstance(item.entry, CoolingUnit))
            yield from _switched(name, told, wanted[name], ramps, name in stopped, own)
        elif name in facilities:
            yield from _facility(case, facilities[name], told, wanted[name], name in stopped, own)


def _server(name: str, told: Pieces, wanted: float) -> Iterator[EventSpec]:
    """A server throttles to what its supplies give it, and stays off once it has had nothing."""
    least = wanted
    for at, power in told:
        if power <= LOST:
            yield event(name, at, state="off")
            return
        if power < least - LOST:
            least = power
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
    name: str, told: Pieces, wanted: float, ramps: bool, stays: bool, own: Sequence[EventSpec]
) -> Iterator[EventSpec]:
    """A pump or fan stops and starts with its power; what has failed itself stays as it is."""
    for at, on, span in _changes(told, wanted):
        if not on:
            yield event(name, at, state="off", **_ramp(ramps, RUN_DOWN, span))
        elif not stays:
            yield event(name, at, state="on", **_ramp(ramps, RUN_UP, span))
            yield from _again(name, on_the_clock(at + (min(RUN_UP, span) if ramps else 0.0)), own)


def _ramp(ramps: bool, time: float, span: float) -> dict[str, float]:
    return {"ramp": on_the_clock(min(time, span))} if ramps else {}


def _facility(
    case: Case,
    facility: FacilityItem,
    told: Pieces,
    wanted: float,
    stays: bool,
    own: Sequence[EventSpec],
) -> Iterator[EventSpec]:
    """Facility water stops with its rejection; machines take their time to start again."""
    outdoor = {"coolers": "off"} if facility.coolers else {}
    back = {"coolers": "on"} if facility.coolers else {}
    restart = float(getattr(case.rejections[facility.name], "restart", 0.0))
    for at, on, span in _changes(told, wanted):
        if not on:
            yield event(facility.name, at, state="off", rejection="off", **outdoor)
        elif not stays:
            yield event(facility.name, at, state="on", **back)
            if restart < span:
                yield event(facility.name, on_the_clock(at + restart), rejection="on")
                yield from _again(facility.name, on_the_clock(at + restart), own)


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
    """CDUs that stand by and have lost their feeds: they are not there to start."""
    number = {load.name: n for n, load in enumerate(study.model.loads)}
    for item in case.items:
        if not isinstance(item.entry, Cdu) or item.on or item.name not in number:
            continue
        feeds = study.model.feeds[number[item.name]]
        for at, failure in chains:
            row = int(study.rows(rows[failure])[-1])
            if not study.state.live[row, feeds[feeds >= 0]].any():
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
