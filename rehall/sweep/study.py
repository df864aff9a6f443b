"""A sweep: variants of a case, a row each."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehall.config import Case
from rehall.runtime import code
from rehall.schema.study import Method
from rehall.sweep.rows import failed_row, row_of
from rehall.sweep.samples import Vary, sampled, vary
from rehall.sweep.spread import Queue, client_of, spread
from rehall.sweep.variants import Group, Variant, groups_of, variants
from rehall.sweep.work import Job, read_told, work

Row = dict[str, Any]
Tell = Callable[[int, int], None]
"""Told of how many variants are done, and of how many there are."""
LOST = "its file is not in the folder; all machines of a sweep share it"


@dataclass(frozen=True)
class Asked:
    """What is varied and how, on cells `cell` [m] instead of the case's, and where it is solved."""

    vary: tuple[str, ...]
    sample: Method = "grid"
    count: int | None = None
    seed: int = 0
    cell: float | None = None
    scheduler: str | None = None
    jobs: int = 1


@dataclass(frozen=True, eq=False)
class Planned:
    """The inputs that are varied, and the variants."""

    varied: tuple[Vary, ...]
    variants: list[Variant]


@dataclass(frozen=True, eq=False)
class Swept:
    """The rows of a sweep in the order of its variants; `computed` were not on disk already."""

    planned: Planned
    rows: list[Row]
    computed: int
    wall_s: float


def plan(case: Case, asked: Asked) -> Planned:
    """The variants of a case; a mistake in what is asked for is refused."""
    varied = tuple(vary(text) for text in asked.vary)
    rows = sampled(varied, asked.sample, asked.count, asked.seed)
    return Planned(varied, variants(case, varied, rows))


def sweep(planned: Planned, folder: Path, asked: Asked, tell: Tell | None = None) -> Swept:
    """Solve variants; those that have their files in the folder are not solved again."""
    began = time.perf_counter()
    every = planned.variants
    told = read_told(folder, [one.number for one in every])
    reasons = {one.number: one.reason for one in every if one.case is None}
    computed = 0

    def note() -> None:
        if tell is not None:
            tell(len(told.keys() | reasons.keys()), len(every))

    note()
    left = len(every) - len(told.keys() | reasons.keys())
    if left:
        groups = groups_of(every, asked.cell)
        with client_of(asked.scheduler, min(asked.jobs, left)) as client:
            queues = [_queue(group, told) for group in groups]
            for one, reason in spread(client, queues, _jobs(groups, folder, asked.cell), work):
                computed += 1
                told |= read_told(folder, [one.number])
                if one.number not in told:
                    reasons[one.number] = reason or LOST
                note()
    rows = [_row(one, planned.varied, told, reasons) for one in every]
    return Swept(planned, rows, computed, time.perf_counter() - began)


def _queue(group: Group, told: dict[int, Row]) -> Queue:
    waiting = [one for one in group.variants if one.number not in told]
    solved = [one for one in group.variants if told.get(one.number, {}).get("usable")]
    return Queue(waiting, solved)


def _jobs(
    groups: Sequence[Group], folder: Path, cell: float | None
) -> Callable[[int, Variant, int | None], Job]:
    whole = folder.resolve()

    def job(n: int, one: Variant, start: int | None) -> Job:
        assert one.case is not None, "a variant without a case is not solved"
        return Job(one.number, one.case, groups[n].halls, cell, whole, start, code())

    return job


def _row(
    one: Variant, varied: Sequence[Vary], told: dict[int, Row], reasons: dict[int, str]
) -> Row:
    found = told.get(one.number)
    if found is None:
        return failed_row(one, varied, reasons[one.number])
    if found["summary"] is None:
        return failed_row(one, varied, found["reason"])
    return row_of(one, varied, found)
