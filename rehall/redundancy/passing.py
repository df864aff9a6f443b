"""Limits in time: how far series go, when they pass a limit, and when they are back."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from rehall.config import Case
from rehall.crossing import crossing
from rehall.redundancy.course import Course
from rehall.schema.entries import SERVERS
from rehall.verdict import Limit

ZERO = 273.15
EXCESS = 0.5
"""Warming of facility water over its set point that uses its buffer up [K]."""
STEPS = 0.3
"""How far inlets may be off by the long steps of marches: docs/decisions/0015-failures.md [K]."""
Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Passing:
    """The worst value in time of something that has a limit.

    `at` is when it passes the limit and `back` when it is within again for good [s]; None where
    that does not happen while it is followed. By what is not known of the value it passes the limit
    at `earliest` and at `latest`, both None as above. A liquid `beyond` what its properties are
    known for gets at least as warm as the value.
    """

    limit: Limit
    at: float | None
    back: float | None
    earliest: float | None = None
    latest: float | None = None
    beyond: bool = False


@dataclass(frozen=True)
class Inlets:
    """What is known of the highest inlets of racks on the grid of a march, by name [K].

    `shift` is added to them: by how much the normal state of the grid is off. `known` is their
    uncertainty in the normal state; `share` of their change since [-] and STEPS come to it.
    """

    shift: Mapping[str, float]
    known: Mapping[str, float]
    share: float


def passings(case: Case, course: Course, found: Arrays, inlets: Inlets) -> list[Passing]:
    """Every limit in time of a march that is not broken when it begins."""
    return [*_air(case, course, found, inlets), *_coolant(case, course, found)]


def _air(case: Case, course: Course, found: Arrays, inlets: Inlets) -> Iterator[Passing]:
    if "air_times" not in found or not len(found["air_times"]):
        return
    number = {str(name): n for n, name in enumerate(found["air_devices"])}
    t, asked = found["air_times"], case.limits.rack_inlet_max
    for item in case.items:
        if not isinstance(item.entry, SERVERS) or item.name not in number or item.power <= 0.0:
            continue
        highest = item.entry.inlet_max
        if item.kind == "rack" and asked is not None:
            highest = min(asked, highest)
        T = found["air_T_in_max"][:, number[item.name]] + inlets.shift.get(item.name, 0.0) - ZERO
        on = t < off_at(course, item.name)
        known = inlets.known.get(item.name)
        unsure = None if known is None else known + STEPS + inlets.share * np.abs(T - T[0])
        yield from _worst("rack_inlet_max", item.name, t, T, on, highest - ZERO, "degC", unsure)


def _coolant(case: Case, course: Course, found: Arrays) -> Iterator[Passing]:
    if "coolant_times" not in found:
        return
    t, limits = found["coolant_times"], found["coolant_limits"]
    kinds = (
        ("coolant_supply_max", "coolant_T_in"),
        ("coolant_return_max", "coolant_T_hottest"),
        ("chip_temperature_max", "coolant_T_chip"),
    )
    for n, rack in enumerate(map(str, found["coolant_racks"])):
        on, known = t < off_at(course, rack), float(found["coolant_T_known"][n])
        over = np.maximum(found["coolant_T_hottest"][:, n] - known, 0.0)
        for k, (name, series) in enumerate(kinds):
            # Beyond what is known of a liquid nobody can tell how warm it gets, and chips with it.
            given = found[series][:, n]
            T = given - over if series == "coolant_T_chip" else np.minimum(given, known)
            beyond, most = bool(np.any(on & (given > T))), float(limits[n, k]) - ZERO
            if np.isfinite(most) and np.isfinite(T).all():
                for one in _worst(name, rack, t, T - ZERO, on, most, "degC", np.zeros(len(t))):
                    yield replace(one, beyond=beyond)


def buffer_used(case: Case, found: Arrays) -> float | None:
    """When the first facility water comes out warmer than its buffer holds it [s]; None if never.

    That is EXCESS above its set point.
    """
    if "coolant_times" not in found:
        return None
    supplies = {spec.name: spec.supply for spec in (case.liquid.facility if case.liquid else ())}
    times = [
        crossing(found["coolant_times"], found["coolant_T_supply"][:, n], supplies[name] + EXCESS)
        for n, name in enumerate(map(str, found["coolant_circuits"]))
        if name in supplies
    ]
    return min((t for t in times if t is not None), default=None)


def off_at(course: Course, name: str) -> float:
    """When a server stops for good [s]; infinite if never."""
    return min(
        (e.at for e in course.spec.events if e.item == name and e.state == "off"), default=np.inf
    )


def _worst(
    name: str,
    where: str,
    t: np.ndarray,
    values: np.ndarray,
    on: np.ndarray,
    most: float,
    unit: str,
    unsure: np.ndarray | None,
) -> Iterator[Passing]:
    if not on.any() or values[0] > most:
        return
    t, values = t[on], values[on]
    by = None if unsure is None else unsure[on]
    at, back = crossing(t, values, most), None
    if at is not None and values[-1] <= most:
        last = int(np.flatnonzero(values > most)[-1])
        back = float(t[last + 1])
    n = int(values.argmax())
    limit = Limit(
        *(f"{name}_transient", where, float(values[n]), most, unit),
        None if by is None else float(by[n]),
    )
    if by is None:
        yield Passing(limit, at, back)
        return
    ends = (crossing(t, values + by, most), crossing(t, values - by, most))
    yield Passing(limit, at, back, *ends)
