"""What a state does in time, from the series of its marches on one or both grids."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from rehall.redundancy.airs import EndAir, Normal
from rehall.redundancy.course import Course
from rehall.redundancy.ground import COARSE, FINE
from rehall.redundancy.passing import Inlets, Passing, passings
from rehall.redundancy.screening import SHARE
from rehall.redundancy.tasks import MARCH, Task, read_arrays, told

Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class InTime:
    """Series of a state, the finest grid of its march in air (empty without), its limits in time,
    why they are not known, and what is to be said about them."""

    series: Mapping[str, np.ndarray]
    grid: str
    passed: list[Passing]
    reason: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Followed:
    """The marches of a study in its folder."""

    normal: Normal
    folder: Path

    def first_inlet(self, one: Course, task: Task) -> float | None:
        """When the first inlet passes its limit in a march [s]."""
        series = read_arrays(task, self.folder)
        passed = passings(self.normal.ground.case, one, series, self._inlets(task.grid))
        inlets = (p.at for p in passed if p.limit.name.startswith("rack_inlet"))
        return min((at for at in inlets if at is not None), default=None)

    def in_time(self, one: Course, task: Task | None, fine: Task | None, end: EndAir) -> InTime:
        """What a state does in time before its `end`; nothing where it is not followed."""
        if task is None:
            return InTime({}, "", [], "")
        series, how = read_arrays(task, self.folder), told(task, self.folder)
        reason, warnings = str(how["reason"]), tuple(how.get("warnings", ()))
        own = self._inlets(task.grid) if fine is None else self._on_coarse()
        passed = passings(self.normal.ground.case, one, series, own)
        if reason:
            passed = [replace(p, limit=replace(p.limit, uncertainty=None)) for p in passed]
        grid = task.grid if task.kind == MARCH else ""
        if fine is None or reason:
            return InTime(series, grid, passed, reason, warnings)
        exact = read_arrays(fine, self.folder)
        known = self._known_in_time(series, exact, end)
        finer = passings(self.normal.ground.case, one, exact, Inlets({}, known, 0.0))
        by_place = {(p.limit.name, p.limit.where): p for p in finer}
        span = np.inf if fine.span is None else fine.span
        better = [sharpened(p, by_place.get((p.limit.name, p.limit.where)), span) for p in passed]
        return InTime(series, FINE, better, str(told(fine, self.folder)["reason"]), warnings)

    def _inlets(self, grid: str) -> Inlets:
        return self._on_coarse() if grid == COARSE else Inlets({}, self.normal.inlets, 0.0)

    def _on_coarse(self) -> Inlets:
        return Inlets(self.normal.shift, self.normal.inlets, SHARE)

    def _known_in_time(self, coarse: Arrays, fine: Arrays, end: EndAir) -> dict[str, float]:
        """Uncertainty of highest inlets in a march on the fine grid, by name [K].

        That of the normal state or of the end, whichever is more, and what the two grids differ by
        in the same time: no less than any of them.
        """
        apart = largest_apart(coarse, fine, self.normal.shift)
        ends = {x.where: x.uncertainty for x in end.limits if x.name == "rack_inlet_max"}
        return {
            name: max(before, ends.get(name) or 0.0, apart.get(name, 0.0))
            for name, before in self.normal.inlets.items()
        }


def largest_apart(coarse: Arrays, fine: Arrays, shift: Mapping[str, float]) -> dict[str, float]:
    """How far highest inlets of two marches are apart at most, while both go on, by name [K]."""
    if "air_times" not in coarse or "air_times" not in fine:
        return {}
    found = {}
    t, number = fine["air_times"], {str(n): k for k, n in enumerate(coarse["air_devices"])}
    for k, name in enumerate(map(str, fine["air_devices"])):
        there = coarse["air_T_in_max"][:, number[name]] + shift.get(name, 0.0)
        apart = np.interp(t, coarse["air_times"], there) - fine["air_T_in_max"][:, k]
        found[name] = float(np.abs(apart).max(initial=0.0))
    return found


def sharpened(coarse: Passing, fine: Passing | None, span: float) -> Passing:
    """A limit in time of the coarse grid with what a fine march over `span` [s] says of it.

    Where the fine one passes its limit, that is when. Where it does not, though the coarse one does
    within the span, nobody can tell.
    """
    if fine is None:
        return coarse
    if fine.at is not None:
        sure = fine.limit if fine.limit.holds is False else coarse.limit
        return replace(coarse, limit=sure, at=fine.at, earliest=fine.earliest, latest=fine.latest)
    if coarse.at is not None and coarse.at <= span:
        return replace(coarse, limit=replace(coarse.limit, uncertainty=None), at=None, back=None)
    return coarse
