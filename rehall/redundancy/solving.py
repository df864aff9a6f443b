"""The tasks of a study, in which order they are solved, and what is still to be solved after some.

First the ends of all states on the coarse grid, and their coolant in time; then on the fine one
those that could break a limit, and marches in the air; then fine marches up to limits that break
soon.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import jax

from rehall.operation import Exchange
from rehall.progress import Told
from rehall.redundancy.airs import (
    FAN_HEAD,
    SCREENED,
    EndAir,
    Normal,
    pressure_of,
    screened,
    solved,
    steady_task,
    stretched,
    wanted,
)
from rehall.redundancy.batched import solve_batched
from rehall.redundancy.clusters import (
    SOLVED,
    AirOf,
    at_once,
    coolant_key,
    in_air,
    in_coolant,
    key_of,
)
from rehall.redundancy.course import Course, only_less_heat
from rehall.redundancy.ground import COARSE, FINE
from rehall.redundancy.in_time import Followed
from rehall.redundancy.pool import Solve
from rehall.redundancy.screening import broken_before, calm
from rehall.redundancy.tasks import COOLANT, DRIFT, MARCH, Task, cost, left_to_do
from rehall.verdict import Limit
from thermal.air.settling import Settings

FIRST_SPAN = 100.0
"""How long what changes all at once is followed first [s]."""
FINE_SPAN = 20.0
"""A limit that breaks within this time on the coarse grid is marched to on the fine one too [s]."""
LONGER = 1.25
"""How much longer the fine march goes on than the coarse one needed, and 5 s [-]."""


@dataclass(frozen=True)
class Options:
    """What of a case is studied, and how."""

    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    pairs: bool = False
    jobs: int = 1
    cell: float | None = None


class Solving:
    """The tasks of a study and what they have told.

    `needs` has the names of the tasks that a state waits for, by its place.
    """

    def __init__(
        self, normal: Normal, folder: Path, solve: Solve, tell: Told | None, states: int
    ) -> None:
        self.normal, self.ground, self.folder = normal, normal.ground, folder
        self.apart, self.tell = solve, tell
        self.marched = Followed(normal, folder)
        self.needs: list[set[str]] = [set() for _ in range(states)]
        self.screens = COARSE in normal.ground.grids
        self.computed, self.planned, self.finished = 0, 0, 0
        self.done = set[str]()

    def wait(self, n: int, task: Task) -> None:
        """A state waits for a task."""
        self.needs[n].add(task.name)

    def solve(self, tasks: Iterable[Task]) -> None:
        """Solve what has no result yet: in one batch on a GPU, on cores elsewhere."""
        asked = list(tasks)
        left = left_to_do(asked, self.folder)
        self.done |= {task.name for task in asked} - {task.name for task in left}
        self.planned += len(left)
        self._told()
        if jax.default_backend() == "gpu":
            apart = solve_batched(left, self.ground, self.folder)
            self._computed([task for task in left if task not in apart])
            left = apart
        for task in self.apart(sorted(left, key=cost, reverse=True)):
            self._computed([task])

    def _computed(self, tasks: Sequence[Task]) -> None:
        self.done |= {task.name for task in tasks}
        self.computed += len(tasks)
        self.finished += len(tasks)
        self._told()

    def _told(self) -> None:
        if self.tell is not None:
            ready = sum(names <= self.done for names in self.needs)
            self.tell(self.finished, self.planned, f"{ready} states done,")

    def steady(
        self, courses: Sequence[Course], xs: Sequence[Exchange], airs: Sequence[AirOf]
    ) -> dict[int, Task]:
        """Tasks of the air that states end in, on the grid that comes first."""
        grid = COARSE if self.screens else FINE
        found = {n: steady_task(self.ground, courses[n], xs[n], grid) for n in wanted(airs)}
        for n, air in enumerate(airs):
            if air.leader in found:
                self.wait(n, found[air.leader])
        return found

    def coolant(self, courses: Sequence[Course], xs: Sequence[Exchange]) -> dict[int, Task]:
        """Tasks of what happens in time to coolant alone."""
        case, found = self.ground.case, {}
        for n, (one, x) in enumerate(zip(courses, xs, strict=True)):
            alone = not only_less_heat(one, case) and not in_air(one, case)
            if alone and in_coolant(one, case):
                found[n] = self._coolant(n, one, x)
        return found

    def _coolant(self, n: int, one: Course, x: Exchange) -> Task:
        task = Task(COOLANT, coolant_key(one), one, x, FINE)
        self.wait(n, task)
        return task

    def screened(self, steady: Mapping[int, Task]) -> dict[int, EndAir]:
        """What the coarse grid says of states, by the place of the one that leads them."""
        if not self.screens:
            return {}
        return {n: screened(self.normal, task, self.folder) for n, task in steady.items()}

    def fine(
        self, airs: Sequence[AirOf], steady: Mapping[int, Task], guesses: Mapping[int, EndAir]
    ) -> dict[int, Task]:
        """Tasks of the states that the coarse grid leaves open."""
        if not self.screens:
            return dict(steady)
        found = {n: replace(steady[n], grid=FINE) for n, g in guesses.items() if not g.how}
        for n, air in enumerate(airs):
            if air.leader in found:
                self.wait(n, found[air.leader])
        return found

    def marches(
        self,
        courses: Sequence[Course],
        xs: Sequence[Exchange],
        airs: Sequence[AirOf],
        guesses: Mapping[int, EndAir],
    ) -> dict[int, Task]:
        """Tasks of what happens in time in the air.

        What changes all at once, and so little that no limit breaks even where values go well
        beyond their end, is not followed; nor is air that no fan moves as it is solved. The others
        that do, and may end with a broken limit, are followed over FIRST_SPAN first.
        """
        case, found = self.ground.case, {}
        grid = COARSE if self.screens else FINE
        for n, (one, x) in enumerate(zip(courses, xs, strict=True)):
            if only_less_heat(one, case) or not in_air(one, case):
                continue
            guess = guesses.get(airs[n].leader) if airs[n].kind == SOLVED else None
            if guess is not None and pressure_of(guess.limits) > FAN_HEAD:
                continue
            safe = guess is not None and guess.how == SCREENED and at_once(one, case)
            if safe and guess is not None and calm(guess.limits, self.normal.limits):
                if in_coolant(one, case):
                    found[n] = self._coolant(n, one, x)
                continue
            holds = guess is not None and not breaks(guess, self.normal)
            soon = not holds and at_once(one, case) and one.span > FIRST_SPAN
            first = FIRST_SPAN if soon else None
            found[n] = Task(MARCH, key_of(one, case), one, x, grid, first)
            self.wait(n, found[n])
        return found

    def longer(
        self, courses: Sequence[Course], broken: Sequence[bool], marches: Mapping[int, Task]
    ) -> dict[int, Task]:
        """Marches over all the time that is to be followed.

        Of those that have been followed over FIRST_SPAN: which no inlet breaks in it, or whose end
        holds (not `broken`), so that they come back.
        """
        found = {}
        for n, task in marches.items():
            if task.kind == MARCH and task.span == FIRST_SPAN:
                soon = self.marched.first_inlet(courses[n], task)
                if soon is None or not broken[n]:
                    found[n] = replace(task, span=None)
                    self.wait(n, found[n])
        return found

    def ends(
        self, steady: Mapping[int, Task], guesses: Mapping[int, EndAir], fine: Mapping[int, Task]
    ) -> dict[int, EndAir]:
        """The air of the states that lead others: screened, or solved on the fine grid.

        Where an estimate was further off than stated, all are taken to be.
        """
        found = {n: solved(self.normal, fine[n], self.folder, guesses.get(n)) for n in fine}
        missed = max((end.missed for end in found.values() if end.missed is not None), default=0.0)
        kept = {n: guesses[n] for n in steady if n not in fine}
        return found | {n: stretched(guess, max(1.0, missed)) for n, guess in kept.items()}

    def settled_more(self, ends: Mapping[int, EndAir], fine: Mapping[int, Task]) -> dict[int, Task]:
        """States on the fine grid that would be decided if they had settled as a run does."""
        found = {}
        for n, task in fine.items():
            limits = [x for x in ends[n].limits if not broken_before(x, self.normal.limits)]
            if not decided(limits) and decided([_settled(x) for x in limits]):
                found[n] = replace(task, drift=Settings().drift)
                self.wait(n, found[n])
        return found

    def fine_marches(
        self, courses: Sequence[Course], marches: Mapping[int, Task]
    ) -> dict[int, Task]:
        """Marches on the fine grid up to limits that break soon on the coarse one."""
        found = {}
        for n, task in marches.items():
            if task.kind != MARCH or task.grid != COARSE:
                continue
            soon = self.marched.first_inlet(courses[n], task)
            if soon is not None and soon <= FINE_SPAN:
                span = round(LONGER * soon + 5.0, 1)
                found[n] = replace(task, grid=FINE, span=span)
                self.wait(n, found[n])
        return found


def decided(limits: Sequence[Limit]) -> bool:
    """Whether one of some limits is broken for sure, or all hold."""
    return any(x.holds is False for x in limits) or all(x.holds for x in limits)


def _settled(limit: Limit) -> Limit:
    """A limit of a temperature as if it was known better by DRIFT."""
    if limit.uncertainty is None or limit.unit not in ("K", "degC"):
        return limit
    return replace(limit, uncertainty=max(limit.uncertainty - DRIFT, 0.0))


def breaks(end: EndAir, normal: Normal) -> bool:
    """Whether a state ends with air that breaks a limit which the normal state does not."""
    return any(
        limit.holds is False and not broken_before(limit, normal.limits) for limit in end.limits
    )
