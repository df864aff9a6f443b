"""Limits of the air of every state in the end, wherever its air comes from."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from rehall.limits import pressure_limit
from rehall.limits_air import cooling_limits, opening_limits, server_limits
from rehall.operation import Exchange, air_inputs
from rehall.redundancy.clusters import ENDLESS, REUSED, AirOf, key_of
from rehall.redundancy.course import Course
from rehall.redundancy.ground import (
    COARSE,
    Ground,
    Judged,
    judged,
    normal_solution,
)
from rehall.redundancy.prepared import level_with, prepared
from rehall.redundancy.screening import By, by_place, estimated, miss, safe
from rehall.redundancy.stored import read_air
from rehall.redundancy.tasks import DRIFT, STEADY, Task, told
from rehall.simulate import Solution, solution_of
from rehall.utilities import settle
from rehall.verdict import Limit
from thermal.air.settling import Settings

SCREENED, COARSE_ONLY = "screened", "coarse"
FINEST = 1e-3
"""Steps in which heat that is elsewhere is told apart, over all of it [-]."""
FAN_HEAD = 1000.0
"""Pressure of a hall beyond which the flow through its fans is not what is given [Pa]: cooling
units of the catalogue have some hundreds to give. There air is not where the solution has it."""
PRESSURE = "hall_pressure_max"
WHOLE = 1e3
"""Heat that tells two states of one course apart [W]."""


@dataclass(frozen=True, eq=False)
class Normal:
    """The normal state, judged on both grids."""

    ground: Ground
    solution: Solution
    fine: Judged
    coarse: Judged | None

    @classmethod
    def of(cls, ground: Ground) -> "Normal":
        """Judge it."""
        fine = normal_solution(ground)
        coarse = judged(normal_solution(ground, COARSE)) if COARSE in ground.grids else None
        return cls(ground, fine, judged(fine), coarse)

    @cached_property
    def limits(self) -> By:
        """Limits on the fine grid by name and place."""
        return by_place(self.fine.limits)

    def limits_within(self, moved: float) -> list[Limit]:
        """Limits of what stands in the air, with that share of its heat elsewhere [-]."""
        if moved not in self._within:
            known = less_sure(self.fine, moved * largest_rise(self))
            self._within[moved] = air_limits(self.solution, known)
        return self._within[moved]

    @cached_property
    def _within(self) -> dict[float, list[Limit]]:
        return {}

    @cached_property
    def shift(self) -> dict[str, float]:
        """What the fine grid's highest inlets are above those of the coarse one [K]."""
        if self.coarse is None:
            return {}
        coarse = self.coarse.air
        return {n: a.T_in_max - coarse[n].T_in_max for n, a in self.fine.air.items() if n in coarse}

    @cached_property
    def inlets(self) -> dict[str, float]:
        """Uncertainty of the highest inlets [K]."""
        return {name: found[1] for name, found in self.fine.known.inlets.items()}


@dataclass(frozen=True, eq=False)
class EndAir:
    """Limits of the air that a state ends in; `how` it came by them.

    `x` is what the air tells the other domains, `solution` is there where it was solved on the fine
    grid; `reason` says why it is not known, `note` what is to be said about it. `missed` is the
    largest error of its estimate over the stated one [-].
    """

    how: str
    limits: list[Limit] = field(default_factory=list)
    x: Exchange | None = None
    solution: Solution | None = None
    reason: str = ""
    missed: float | None = None
    note: str = ""


def air_limits(solution: Solution, known: Judged) -> list[Limit]:
    """Limits of what stands in the air."""
    return [
        *server_limits(solution, known.air, known.known),
        *cooling_limits(solution, known.air, known.known),
        *opening_limits(solution, known.known),
        pressure_limit(solution),
    ]


def reused(normal: Normal, moved: float) -> EndAir:
    """The normal air, for a state in which little heat is elsewhere.

    That share of the largest rise of air through a server is not known of its temperatures.
    """
    share = np.ceil(moved / FINEST) * FINEST
    return EndAir(REUSED, normal.limits_within(float(share)))


def largest_rise(normal: Normal) -> float:
    """Largest rise of air through a server [K]."""
    air = normal.fine.air
    servers = [i.name for i in normal.ground.case.items if i.power > 0.0 and i.name in air]
    return max((air[name].T_out - air[name].T_in for name in servers), default=0.0)


def less_sure(known: Judged, by: float) -> Judged:
    """The same with inlets that are less certain by so much [K], and what follows from them."""
    sure = known.known
    less = replace(
        sure,
        inlets={name: (mean + by, most + by) for name, (mean, most) in sure.inlets.items()},
        T_in={name: T + by for name, T in sure.T_in.items()},
    )
    return replace(known, known=less)


def widened(limits: Sequence[Limit], by: float) -> list[Limit]:
    """Limits with temperatures that are less certain [K]."""
    return [
        replace(limit, uncertainty=limit.uncertainty + by)
        if limit.uncertainty is not None and limit.unit in ("K", "degC")
        else limit
        for limit in limits
    ]


def steady_task(ground: Ground, course: Course, x: Exchange, grid: str) -> Task:
    """The task that solves the air in which a course ends; known by its heat too."""
    on, state = ground.fine, prepared(ground, course, x, for_air=True)
    inputs = air_inputs(state.case, on.level, state.x)
    heat = np.concatenate([np.asarray(inputs.heat), np.asarray(inputs.block_heat)])
    told_apart = hashlib.sha256(np.round(heat / WHOLE).astype(np.int64).tobytes()).hexdigest()[:8]
    return Task(STEADY, f"{key_of(course, ground.case)}-{told_apart}", course, x, grid)


def read_solution(task: Task, ground: Ground, folder: Path) -> Solution | None:
    """The solution of a task on its grid; None where there is none."""
    path = folder / f"{task.name}.h5"
    if not path.is_file():
        return None
    on = ground.grids[task.grid]
    state = prepared(ground, task.course, task.x, for_air=True)
    level = level_with(state.case, on.level, state.baffles)
    air, x = read_air(path, level)
    utilities = settle(state.case, state.plant, x)
    inputs = air_inputs(state.case, level, x)
    return solution_of(state.case, level, air, (state.plant, utilities, x, inputs))


def screened(normal: Normal, task: Task, folder: Path) -> EndAir:
    """What the coarse grid says of a state; `how` is SCREENED where it is safe.

    It is COARSE_ONLY where no fan builds up the pressure: a fine grid would know no more.
    """
    reason = str(told(task, folder)["reason"])
    solution = read_solution(task, normal.ground, folder)
    if solution is None or normal.coarse is None or not np.isfinite(solution.air.T_in).all():
        return EndAir("", reason=reason or "no solution on the coarse grid")
    limits = air_limits(solution, judged(solution))
    before = by_place(normal.coarse.limits)
    guessed = estimated(normal.limits, before, limits)
    if pressure_of(limits) > FAN_HEAD:
        # Whether the heat in air that goes elsewhere is balanced does not matter.
        note = f"{broken_down(limits)}; {reason}" if reason else broken_down(limits)
        return EndAir(COARSE_ONLY, beyond_fans(limits), solution.exchange, note=note)
    how = SCREENED if not reason and safe(guessed, normal.limits) else ""
    return EndAir(how, guessed, solution.exchange, reason=reason)


def solved(normal: Normal, fine: Task, folder: Path, guess: EndAir | None) -> EndAir:
    """The air of a state on the fine grid, with the coarse one as evidence."""
    reason = str(told(fine, folder)["reason"])
    solution = read_solution(fine, normal.ground, folder)
    if solution is None:
        return EndAir("solved", reason=reason)
    if not np.isfinite(solution.air.T_in).all():
        return EndAir("solved", reason=reason, solution=solution)
    coarse, wide = None, fine
    if COARSE in normal.ground.grids:
        wide = replace(fine, grid=COARSE, drift=DRIFT)
        coarse = read_solution(wide, normal.ground, folder)
    note = ""
    if coarse is not None:
        solution = replace(solution, coarser=((coarse.level, coarse.air),))
        unsettled = told(wide, folder)["reason"]
        note = f"no evidence by the coarse grid: {unsettled}" if unsettled else ""
    known = judged(solution)
    if fine.drift > Settings().drift:
        known = less_sure(known, fine.drift)
    limits = beyond_fans(air_limits(solution, known))
    missed = None if guess is None else miss(guess.limits, limits)
    if pressure_of(limits) > FAN_HEAD:
        note = broken_down(limits)
    return EndAir("solved", limits, solution.exchange, solution, reason, missed, note)


def beyond_fans(limits: Sequence[Limit]) -> list[Limit]:
    """Limits of air; but that of the pressure unknown where no fan could build it up."""
    if pressure_of(limits) <= FAN_HEAD:
        return list(limits)
    return [x if x.name == PRESSURE else replace(x, uncertainty=None) for x in limits]


def broken_down(limits: Sequence[Limit]) -> str:
    """What is to be said about air whose pressure no fan could build up."""
    return (
        f"no fan builds up {pressure_of(limits):.0f} Pa: the flow through the units breaks down, "
        "and where the air then goes is not known"
    )


def pressure_of(limits: Sequence[Limit]) -> float:
    """Pressure of the hall among its limits [Pa]."""
    return max((x.value for x in limits if x.name == PRESSURE), default=0.0)


def stretched(end: EndAir, factor: float) -> EndAir:
    """An estimate that is less certain by a factor."""
    limits = [
        limit
        if limit.uncertainty is None
        else replace(limit, uncertainty=factor * limit.uncertainty)
        for limit in end.limits
    ]
    return replace(end, limits=limits)


def untold(end: EndAir) -> EndAir:
    """The air of a state that has a reason not to be trusted: nothing is known for sure."""
    if not end.reason:
        return end
    return replace(end, limits=[replace(limit, uncertainty=None) for limit in end.limits])


def endless() -> EndAir:
    """The air of a state that nothing cools."""
    stored = Limit("air_heat_stored", "hall", np.inf, 0.0, "kW", 0.0)
    return EndAir(ENDLESS, [stored])


def without_off(limits: Sequence[Limit], off: set[str]) -> list[Limit]:
    """Limits without those of servers that do not run."""
    return [limit for limit in limits if limit.where not in off]


def wanted(airs: Sequence[AirOf]) -> list[int]:
    """Places of the states for which the air is solved."""
    return sorted({air.leader for air in airs if air.kind not in (REUSED, ENDLESS)})
