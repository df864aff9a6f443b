"""The command `rehall redundancy`: from a case to the folder of its study."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from rehall.config import Case
from rehall.electrical import power_side
from rehall.progress import err, progress, study_progress
from rehall.redundancy.chosen import chosen
from rehall.redundancy.files import KEY, key_of, write_numbers
from rehall.redundancy.folder import write_folder
from rehall.redundancy.ground import WORK, make_ground
from rehall.redundancy.outages import outages
from rehall.redundancy.solving import Options
from rehall.redundancy.study import study_failures
from rehall.redundancy.summary import summarise_study
from rehall.redundancy.tables import print_study
from rehall.workfolder import open_work

Row = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """What the command was given."""

    only: tuple[str, ...]
    skip: tuple[str, ...]
    pairs: bool
    jobs: int | None
    cell: float | None
    pictures: bool


def list_failures(case: Case, asked: Asked, out: Console) -> None:
    """Print the failures that would be solved, by subsystem."""
    side = power_side(case)
    states = chosen(case, side, outages(case, side), asked.only, asked.skip, asked.pairs)
    groups: dict[str, list[str]] = {}
    for state in states:
        groups.setdefault(state.first.subsystem, []).append(state.name)
    for group, names in groups.items():
        out.print(f"{group} ({len(names)})", style="bold")
        for name in names:
            out.print(f"  {name}", markup=False, highlight=False)
    out.print(f"{len(states)} states")


def processes() -> int:
    """As many as there are cores; one where a GPU computes, which is not shared."""
    import jax

    if jax.default_backend() != "cpu":
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_study(case: Case, out: Path, asked: Asked, console: Console) -> Row:
    """Study a case, write its folder and print it; goes on where an earlier run has stopped."""
    if open_work(out / WORK, KEY, key_of(case, asked.cell)):
        err.print(f"goes on with the states that {out} has already", markup=False)
    jobs = asked.jobs or processes()
    options = Options(asked.only, asked.skip, asked.pairs, jobs, asked.cell)
    with progress() as watch:
        ground = make_ground(case, asked.cell, out / WORK, watch)
    with study_progress("solved apart") as tell:
        studied = study_failures(ground, out / WORK, options, tell)
    summary = summarise_study(studied)
    print_study(summary, console)
    paths = write_numbers(summary, out)
    paths += write_folder(studied, summary, out, asked.pictures)
    for path in dict.fromkeys(paths):
        console.print(str(path), markup=False, highlight=False)
    return summary
