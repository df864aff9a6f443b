"""Every failure of a case, solved through air, liquid and power together.

Power and circuits of all states are one batch each. Air is reused where it does not change,
screened on the coarse grid, and solved on the fine one only where a limit could break.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from power.states import Failure
from power.study import NORMAL, Study
from power.study import study as chain_study
from rehall import liquid_words
from rehall.config import Case
from rehall.limits import liquid_limits
from rehall.limits_air import facility_limits
from rehall.node_air import ambient
from rehall.operation import Exchange
from rehall.power_study import PowerStudy, power_study
from rehall.progress import Told
from rehall.redundancy.airs import (
    EndAir,
    Normal,
    endless,
    largest_rise,
    reused,
    untold,
    widened,
    without_off,
)
from rehall.redundancy.chosen import State, chosen
from rehall.redundancy.clusters import ENDLESS, REUSED, AirOf, airs_of
from rehall.redundancy.course import Course, chains_of, course
from rehall.redundancy.ground import Ground, heard
from rehall.redundancy.in_time import InTime
from rehall.redundancy.outages import outages
from rehall.redundancy.passing import Passing
from rehall.redundancy.pool import solver
from rehall.redundancy.prepared import prepared
from rehall.redundancy.solving import Options, Solving, breaks
from rehall.redundancy.throttling import throttled
from rehall.simulate import Solution, solution_of
from rehall.utilities import Utilities, settle_states
from rehall.verdict import Limit


@dataclass(frozen=True, eq=False)
class Solved:
    """A state with all that was found out about it.

    `limits` are those of air and liquid in the end, `passed` those in time; `grid` is the grid of
    the march in air, empty where none was needed. `throttled` is the power that servers give up so
    that their chips hold their limit [W]. `warnings` are to be said about all of it.
    """

    state: State
    course: Course
    air: EndAir
    limits: list[Limit]
    passed: list[Passing]
    grid: str
    throttled: dict[str, float]
    utilities: Utilities
    solution: Solution
    reasons: tuple[str, ...]
    series: Mapping[str, np.ndarray] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Studied:
    """All states of a study; `power` has them in this order behind the normal one.

    `computed` counts the tasks that were not on disk already, `wall_s` the time without that of the
    normal state.
    """

    ground: Ground
    normal: Normal
    states: list[Solved]
    power: PowerStudy | None
    computed: int
    wall_s: float


def study_failures(
    ground: Ground, folder: Path, options: Options = Options(), tell: Told | None = None
) -> Studied:
    """Study the failures of a case from its normal state; what is solved apart is kept."""
    began = time.perf_counter()
    case, side = ground.case, ground.plant.side
    states = chosen(case, side, outages(case, side), options.only, options.skip, options.pairs)
    normal = Normal.of(ground)
    courses = courses_of(ground, normal, states)
    batch = [prepared(ground, one, ground.fine.x) for one in courses]
    settle_states([(one.case, one.plant, one.x) for one in batch])
    xs = [one.x for one in batch]
    airs = airs_of(ground, courses, xs)
    with solver(ground, options.cell, folder, options.jobs) as solve:
        run = Solving(normal, folder, solve, tell, len(states))
        steady = run.steady(courses, xs, airs)
        coolant = run.coolant(courses, xs)
        run.solve([*steady.values(), *coolant.values()])
        guesses = run.screened(steady)
        fine = run.fine(airs, steady, guesses)
        marches = run.marches(courses, xs, airs, guesses)
        run.solve([*fine.values(), *marches.values()])
        ends = run.ends(steady, guesses, fine)
        broken = [breaks(_end_air(normal, air, ends), normal) for air in airs]
        longer, sharper = run.longer(courses, broken, marches), run.fine_marches(courses, marches)
        settled = run.settled_more(ends, fine)
        run.solve([*longer.values(), *sharper.values(), *settled.values()])
    ends = run.ends(steady, guesses, fine | settled)
    followed = coolant | marches | longer
    finals = _settled(normal, courses, xs, airs, ends)
    found = [
        _solved(
            state,
            courses[n],
            end := _end_air(normal, airs[n], ends),
            run.marched.in_time(courses[n], followed.get(n), sharper.get(n), end),
            finals[n],
            case,
        )
        for n, state in enumerate(states)
    ]
    power = _power(normal, states, found)
    wall = time.perf_counter() - began
    return Studied(ground, normal, found, power, run.computed, wall)


def _end_air(normal: Normal, air: AirOf, ends: Mapping[int, EndAir]) -> EndAir:
    """The air that a state ends in, wherever it comes from."""
    if air.kind == REUSED:
        return reused(normal, air.moved)
    if air.kind == ENDLESS:
        return endless()
    end = untold(ends[air.leader])
    return replace(end, limits=widened(end.limits, air.moved * largest_rise(normal)))


def _of_circuits(solution: Solution) -> list[Limit]:
    """Limits of coolant and facility water; nothing for sure where their flows did not close."""
    limits = [*liquid_limits(solution), *facility_limits(solution)]
    if solution.liquid is None or not liquid_words.reasons(*solution.liquid):
        return limits
    return [replace(limit, uncertainty=None) for limit in limits]


def _solved(
    state: State,
    one: Course,
    end: EndAir,
    in_time: InTime,
    final: tuple[Utilities, Solution],
    case: Case,
) -> Solved:
    """A state with the limits of its end; those of servers that it stops do not count."""
    utilities, solution = final
    ran = {item.name for item in case.items if item.power > 0.0}
    off = {item.name for item in solution.case.items if item.power <= 0.0} & ran
    closed = liquid_words.reasons(*solution.liquid) if solution.liquid is not None else []
    reasons = (end.reason, in_time.reason, *closed, *solution.unsettled, *one.late)
    return Solved(
        state=state,
        course=one,
        air=end,
        limits=without_off([*end.limits, *_of_circuits(solution)], off),
        passed=in_time.passed,
        grid=in_time.grid,
        throttled=throttled(solution) if solution.loops else {},
        utilities=utilities,
        solution=solution,
        reasons=tuple(text for text in reasons if text),
        series=in_time.series,
        warnings=(*((end.note,) if end.note else ()), *in_time.warnings),
    )


def courses_of(ground: Ground, normal: Normal, states: Sequence[State]) -> list[Course]:
    """What follows from the failures of every state; the chain of all of them is one batch."""
    case, side = ground.case, ground.plant.side
    found: Study | None = None
    rows: dict[Failure, int] = {NORMAL: 0}
    if side is not None:
        for state in states:
            for _, failure in chains_of(state.parts):
                rows.setdefault(failure, len(rows))
        air = ambient(case, side.model, normal.solution.node_air)
        wanted = side.in_order(normal.solution.powers)
        found = chain_study(side.model, wanted, list(rows), air)
    span = case.redundancy.duration
    return [course(case, state.parts, found, rows, span) for state in states]


def _settled(
    normal: Normal,
    courses: Sequence[Course],
    xs: Sequence[Exchange],
    airs: Sequence[AirOf],
    ends: Mapping[int, EndAir],
) -> list[tuple[Utilities, Solution]]:
    """Liquid and power of all states in the air that each ends in, as one batch.

    Their solutions have the normal air: only circuits and chain are read from them.
    """
    ground, batch = normal.ground, []
    on = ground.fine
    for one, x, air in zip(courses, xs, airs, strict=True):
        end = ends.get(air.leader)
        told_by = end.x if end is not None and end.x is not None else None
        given = x if told_by is None or air.kind in (REUSED, ENDLESS) else heard(x, told_by)
        batch.append(prepared(ground, one, given))
    settled = settle_states([(one.case, one.plant, one.x) for one in batch])
    found = []
    for state, utilities in zip(batch, settled, strict=True):
        around = (state.plant, utilities, state.x, normal.solution.inputs)
        solution = solution_of(state.case, on.level, on.air, around)
        solution.entered = normal.solution.entered  # of the same air
        found.append((utilities, solution))
    return found


def _power(normal: Normal, states: Sequence[State], found: Sequence[Solved]) -> PowerStudy | None:
    """The chain in all states and at all moments, with what everything wants in each."""
    side = normal.ground.plant.side
    if side is None:
        return None
    before = normal.solution.powers
    powers = [before]
    for one in found:
        off = {e.item for part in one.state.parts for e in part.outage.events if e.state == "off"}
        now = one.utilities.powers
        powers.append(
            {name: 0.0 if name in off else max(now.get(name, 0.0), p) for name, p in before.items()}
        )
    failures = [NORMAL]
    failures += [
        replace(one.course.chain, name=state.name) for state, one in zip(states, found, strict=True)
    ]
    air = ambient(normal.ground.case, side.model, normal.solution.node_air)
    return power_study(normal.ground.case, side, powers, air, failures)


def worst_solutions(studied: Studied, count: int) -> list[tuple[Solved, Solution]]:
    """The states that were solved on the fine grid and break something, first those that break
    most."""
    broken = [
        (sum(limit.holds is False for limit in one.limits), n)
        for n, one in enumerate(studied.states)
        if one.air.solution is not None
    ]
    chosen_ones = sorted(broken, key=lambda pair: (-pair[0], pair[1]))
    found, seen = list[tuple[Solved, Solution]](), set[int]()
    for many, n in chosen_ones:
        solution = studied.states[n].air.solution
        if many and solution is not None and id(solution) not in seen and len(found) < count:
            seen.add(id(solution))
            found.append((studied.states[n], solution))
    return found
