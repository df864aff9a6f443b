"""Tasks spread over processes, one a core."""

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from rehall.config import Case
from rehall.cores import bound
from rehall.redundancy.ground import Ground, read_ground
from rehall.redundancy.tasks import Task, solve_task

Solve = Callable[[Sequence[Task]], Iterator[Task]]
"""Solves tasks; gives each as it is done."""


@contextmanager
def solver(ground: Ground, cell: float | None, folder: Path, jobs: int) -> Iterator[Solve]:
    """What solves tasks in `jobs` processes, which start with the first task and stay."""
    if jobs == 1:
        yield partial(_one_by_one, ground, folder)
        return
    with _workers(jobs, ground.case, cell, folder) as pool:
        yield partial(_spread, pool)


def _one_by_one(ground: Ground, folder: Path, tasks: Sequence[Task]) -> Iterator[Task]:
    for task in tasks:
        solve_task(task, ground, folder)
        yield task


def _spread(pool: ProcessPoolExecutor, tasks: Sequence[Task]) -> Iterator[Task]:
    waiting = {pool.submit(_solve, task): task for task in tasks}
    for future in as_completed(waiting):
        future.result()
        yield waiting[future]


@contextmanager
def _workers(
    count: int, case: Case, cell: float | None, folder: Path
) -> Iterator[ProcessPoolExecutor]:
    """Processes that have read the normal state."""
    spawn = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(count, spawn, *bound(spawn, count, _begin, (case, cell, folder)))
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


_ground: Ground
_folder: Path


def _begin(case: Case, cell: float | None, folder: Path) -> None:
    """Prepare a process: it ends with the one that has started it."""
    global _ground, _folder
    threading.Thread(target=_end_with_parent, daemon=True).start()
    from rehall.runtime import prepare

    prepare()
    _ground, _folder = read_ground(case, cell, folder), folder


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _solve(task: Task) -> None:
    solve_task(task, _ground, _folder)
