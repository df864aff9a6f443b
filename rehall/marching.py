"""A case with a transient from file to results folder: solved, marched, written or resumed."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from geometry.errors import InputError
from rehall import checkpoint, coolant_results
from rehall.config import Case
from rehall.coolant_plot import FILE as COOLANT
from rehall.coolant_plot import draw_coolant
from rehall.models import air_levels
from rehall.results import FIELDS, PICTURES, Results, pictures_of_loops, read
from rehall.run import write_results
from rehall.simulate import Solution
from rehall.temporal import assemble, drop_steps
from rehall.transient import MarchProgress, Transient, march_case
from rehall.transient_plot import FILE as CURVES
from rehall.transient_plot import draw_curves
from rehall.transient_results import unfinished, with_transient, write_csv

KEPT = (CURVES, COOLANT, *PICTURES)
Marched = AbstractContextManager[Callable[[MarchProgress], None]]


def run_transient(
    case: Case,
    out: Path,
    solve: Callable[[], tuple[Solution, Results]],
    watching: Callable[[], Marched],
    cell: float | None = None,
    pictures: bool = True,
    resume: bool = False,
) -> tuple[Results, list[Path]]:
    """Solve the steady state, march, and write the folder; results and paths of the pictures.

    The steady state is written first, marked as without an end. With `resume` the march goes on
    from the checkpoint of the folder, where there is one; it is refused if it belongs to another
    case or grid.
    """
    if resume and (out / checkpoint.FILE).is_file():
        level, steady = air_levels(case, cell)[-1], None
        checkpoint.require(out / checkpoint.FILE, checkpoint.key_of(case, level))
        results = _steady_results(case, out)
        if "transient" in results.summary:  # it had ended
            kept = [path for name in KEPT if (path := out / name).is_file()]
            return results, [*kept, *pictures_of_loops(out)]
    else:
        solution, results = solve()
        write_results(replace(results, summary=unfinished(results.summary)), out, pictures=False)
        level = solution.level
        steady = (solution.exchange, solution.air.work, solution.air.m_flow)
    with watching() as watch:
        found = march_case(case, level, steady, out, watch)
    assert found is not None, "a checkpoint that was there is gone"
    return finish(results, found, out, pictures)


def finish(
    results: Results, found: Transient, out: Path, pictures: bool
) -> tuple[Results, list[Path]]:
    """Write what the march found out."""
    results = replace(results, summary=with_transient(results.summary, found))
    assemble(out, results.fields)
    write_csv(found, out)
    if found.coolant is not None:
        coolant_results.write_csv(found.coolant, out)
    curves = [draw_curves(found, results.summary, out)] if pictures else []
    if pictures and found.coolant is not None:
        curves.append(draw_coolant(found.coolant, found.spec, out))
    drawn = write_results(results, out, pictures, tuple(curves), keep_transient=True)
    drop_steps(out)
    return results, drawn


def _steady_results(case: Case, out: Path) -> Results:
    """The results that a folder holds: the steady state, and a transient that had ended."""
    if not (out / FIELDS).is_file():
        raise InputError.of("--resume", f"{out / FIELDS} is gone: start anew without --resume")
    found = read(out)
    if found.case_text != case.text:
        raise InputError.of(
            "--resume", f"{out} holds another case: start anew without --resume, or elsewhere"
        )
    return found
