"""What a study leaves besides its numbers: the normal state, the worst states, the pictures."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from rehall.power_summary import TABLES
from rehall.redundancy.pictures import MATRIX, TIMES, draw_matrix, draw_times
from rehall.redundancy.study import Studied, worst_solutions
from rehall.results import Results, files_of
from rehall.run import results_of, write_results

STATES = "states"
"""Folder of the states that were solved on the fine grid and break most."""
WORST = 3
"""How many of them are kept."""
LONGEST = 60
"""Most letters of the name of a folder."""
Row = dict[str, Any]


def write_folder(studied: Studied, summary: Row, out: Path, pictures: bool) -> list[Path]:
    """Write the normal state with the study in its report, then the worst states; the paths."""
    for name in (MATRIX, TIMES):
        (out / name).unlink(missing_ok=True)
    drawn = _drawn(studied, summary, out) if pictures else ()
    paths = write_results(normal_results(studied, summary), out, pictures, drawn)
    return [*paths, *files_of(out), *write_states(studied, out / STATES)]


def _drawn(studied: Studied, summary: Row, out: Path) -> tuple[Path, ...]:
    found = draw_matrix(summary, out), draw_times(studied, summary, out)
    return tuple(path for path in found if path is not None)


def normal_results(studied: Studied, summary: Row) -> Results:
    """The normal state as the results of a run, with the study in its summary."""
    results = results_of(studied.normal.solution)
    # It may have been solved by an earlier run: its time is not known.
    return replace(results, summary={**results.summary, "wall_s": None, "redundancy": summary})


def write_states(studied: Studied, folder: Path) -> list[Path]:
    """Write the worst states as results folders of their own; those of an earlier study go."""
    _clear(folder)
    worst = worst_solutions(studied, WORST)
    found = []
    for slug, (one, solution) in zip(slugs(s.state.name for s, _ in worst), worst, strict=True):
        results = results_of(solution)
        # Its tables of the chain would be those of a sound one: redundancy.json has the failed.
        own: Row = {"case": f"{results.summary['case']}: {one.state.name}", "wall_s": None}
        own |= {name: [] for name in TABLES}
        write_results(replace(results, summary={**results.summary, **own}), folder / slug, False)
        found.append(folder / slug)
    return found


def _clear(folder: Path) -> None:
    """Remove what an earlier study left, and nothing else."""
    for old in folder.glob("*/"):
        for path in files_of(old):
            path.unlink()
        if not any(old.iterdir()):
            old.rmdir()


def slugs(names: Iterable[str]) -> Iterator[str]:
    """Names of folders: safe letters, not too many, each once.

    >>> list(slugs(["FW1 fans stop", "FW1: fans stop!", "A/B"]))
    ['fw1-fans-stop', 'fw1-fans-stop-2', 'a-b']
    """
    taken = set[str]()
    for name in names:
        plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:LONGEST] or "state"
        slug, n = plain, 1
        while slug in taken:
            n += 1
            slug = f"{plain[: LONGEST - len(f'-{n}')]}-{n}"
        taken.add(slug)
        yield slug
