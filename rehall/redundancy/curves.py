"""What a picture of states in time shows: the worst of inlets, coolant and chips of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rehall.events import words
from rehall.redundancy.alike import alike, name_of, shortened
from rehall.redundancy.limit_words import word_of
from rehall.redundancy.passing import ZERO, Passing, off_at
from rehall.redundancy.record import FAIL
from rehall.redundancy.study import Solved, Studied
from rehall.schema.transient import EventSpec

Row = dict[str, Any]
PANELS = 6
"""States with a panel of their own."""
KINDS = {
    "rack_inlet_max_transient": ("inlet of", "air_T_in_max", "air_devices", "air_times"),
    "coolant_supply_max_transient": (
        *("coolant to", "coolant_T_in", "coolant_racks", "coolant_times"),
    ),
    "chip_temperature_max_transient": (
        *("chips of", "coolant_T_chip", "coolant_racks", "coolant_times"),
    ),
}
"""By the name of the limit: words, series, names of its columns, times."""
LONGEST = 60
"""Letters of a state's name that are shown."""
NEAR = 0.05
"""Share of the time shown within which events have one line [-]."""
SHORTEST = 30.0
"""Shortest time that a panel shows [s]."""


@dataclass(frozen=True, eq=False)
class Curve:
    """The thing that comes nearest to its limit or goes furthest beyond, until it stops.

    Times [s], temperatures and limit [degC]; `at` is when the limit is passed [s].
    """

    limit_name: str
    label: str
    t: np.ndarray
    T: np.ndarray
    limit: float
    at: float | None


@dataclass(frozen=True, eq=False)
class Panel:
    """One state in time: its curves, and its later events as times [s] with words."""

    title: str
    curves: tuple[Curve, ...]
    end: float
    marks: tuple[tuple[float, str], ...]


def panels(studied: Studied, summary: Row, most: int = PANELS) -> list[Panel]:
    """The states that break a limit soonest, each course of events once."""
    by_name = {one.state.name: one for one in studied.states}
    found: list[Panel] = []
    for state, count in soonest_first(summary["states"]):
        if len(found) == most:
            break
        one = by_name[state["state"]]
        # The series are those of the coarse grid, where there is one.
        curves = worst_curves(one, studied.normal.shift)
        if curves:
            title = f"{shortened(name_of(state, count), LONGEST)}: {first_limit(state)}"
            found.append(_panel(one, title, curves))
    return found


def soonest_first(states: Sequence[Row]) -> list[tuple[Row, int]]:
    """States that break a limit in time and how many have the same events, soonest first."""
    found: dict[tuple[str, ...], tuple[Row, int]] = {}
    timed = [s for s in states if s["first_limit_s"] is not None and s["verdict"] == FAIL]
    for state, count in alike(timed):
        key = tuple(state["events"]) or (state["state"],)
        first, many = found.get(key, (state, 0))
        found[key] = (first, many + count)
    return sorted(found.values(), key=lambda pair: pair[0]["first_limit_s"])


def first_limit(state: Row) -> str:
    """Which limit a state breaks first, and when.

    >>> row = {"limit": "rack_inlet_max", "at_s": 45.3}
    >>> first_limit({"first_limit_s": 45.3, "first_limit_sure": True, "broken": [row]})
    'air inlet limit after 45 s'
    """
    at, about = state["first_limit_s"], "" if state["first_limit_sure"] else "about "
    word = word_of(next(row for row in state["broken"] if row["at_s"] == at)["limit"])
    return f"{word.group} {word.short} limit after {about}{at:.0f} s"


def worst_curves(one: Solved, shift: Mapping[str, float]) -> tuple[Curve, ...]:
    """A curve of each kind that the state has in time; `shift` [K] is added to the inlets."""
    found = []
    for limit, (label, series, names, times) in KINDS.items():
        passed = [p for p in one.passed if p.limit.name == limit]
        if passed and series in one.series:
            worst = max(passed, key=lambda p: p.limit.value - p.limit.limit)
            more = shift.get(worst.limit.where, 0.0) if limit.startswith("rack_inlet") else 0.0
            t, T = _series(one, worst, (series, names, times))
            label = f"{label} {worst.limit.where}"
            found.append(Curve(limit, label, t, T + more, worst.limit.limit, worst.at))
    return tuple(found)


def _series(one: Solved, worst: Passing, keys: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Times [s] and temperatures [degC] of a thing until it stops."""
    series, names, times = (one.series[key] for key in keys)
    n = [str(name) for name in names].index(worst.limit.where)
    on = times < off_at(one.course, worst.limit.where)
    return times[on], series[on, n] - ZERO


def _panel(one: Solved, title: str, curves: tuple[Curve, ...]) -> Panel:
    """A panel up to half as long again as the last limit takes, all later events included."""
    later = [e for e in one.course.spec.events if e.at > 0.0]
    span = max(float(curve.t[-1]) for curve in curves)
    passed = [curve.at for curve in curves if curve.at is not None]
    wanted = [SHORTEST, *(1.5 * at for at in passed), *(1.2 * e.at for e in later)]
    end = min(max(wanted), span)
    return Panel(title, curves, end, marks(later, end))


def marks(events: Sequence[EventSpec], end: float) -> tuple[tuple[float, str], ...]:
    """Events up to a time [s], those near each other as one: the time of the first, their words."""
    groups: list[list[EventSpec]] = []
    for one in sorted((e for e in events if e.at <= end), key=lambda e: e.at):
        if groups and one.at - groups[-1][0].at < NEAR * end:
            groups[-1].append(one)
        else:
            groups.append([one])
    return tuple((group[0].at, _short(group)) for group in groups)


def _short(group: Sequence[EventSpec]) -> str:
    more = f" +{len(group) - 1}" if len(group) > 1 else ""
    told = words(group[0]).partition(": ")[2].replace(" state ", " ")
    return f"{shortened(told, 18)}{more}"
