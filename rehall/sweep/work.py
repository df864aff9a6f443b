"""What a process does for one variant: solves it, and leaves what it found and its air on disk."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from geometry.errors import InputError, ProjectError
from geometry.hall import Hall
from rehall.config import Case
from rehall.results import write_text
from rehall.runtime import code, prepare

Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Job:
    """A variant to solve: its case, the `halls` of all on its grid, and the one to start from.

    `folder` holds the files of all variants, `code` is the program that asks.
    """

    number: int
    case: Case
    halls: tuple[Hall, ...]
    cell: float | None
    folder: Path
    start: int | None
    code: str


def air_path(folder: Path, number: int) -> Path:
    """The air of a solved variant."""
    return folder / f"{number:05d}.h5"


def told_path(folder: Path, number: int) -> Path:
    """What a solved variant has told: its summary, time and start."""
    return folder / f"{number:05d}.json"


def work(job: Job) -> bool:
    """Solve a variant and write its files; whether others can start from it."""
    if job.code != code():
        raise ProjectError(f"the process that solves is {code()}, the sweep is of {job.code}")
    if not job.folder.is_dir():
        raise ProjectError(f"{job.folder} is not there; all machines of a sweep share its folder")
    _prepare_once()
    # They load JAX, which every process does after it is bound to a core.
    from rehall.summary import summarise
    from rehall.sweep.solving import levels_of, read_solved, solve_variant, usable, write_solved

    began = time.perf_counter()
    told: Row = {"summary": None, "reason": "", "usable": False, "start": None}
    try:
        levels, near = levels_of(job.case, job.halls, job.cell), None
        if job.start is not None:
            found = read_solved(air_path(job.folder, job.start))
            if found.is_on(levels):  # a coarse grid may suit one hall and not another
                near, told["start"] = found, job.start
        solution = solve_variant(job.case, levels, near)
    except InputError as error:  # of what only a grid shows: air that cannot balance
        told["reason"] = str(error)
    else:
        told["usable"] = usable(solution)
        if told["usable"]:
            write_solved(air_path(job.folder, job.number), solution)
            told["summary"] = summarise(solution)
        else:
            told["reason"] = "; ".join(solution.reasons)
    told["wall_s"] = time.perf_counter() - began
    # No number that is not finite is a result.
    write_text(told_path(job.folder, job.number), json.dumps(told, allow_nan=False))
    return bool(told["usable"])


@cache
def _prepare_once() -> None:
    prepare()


def read_told(folder: Path, numbers: Sequence[int]) -> dict[int, Row]:
    """What variants have told that are solved already."""
    found = {}
    for number in numbers:
        path = told_path(folder, number)
        if path.is_file():
            found[number] = json.loads(path.read_text(encoding="utf-8"))
    return found
