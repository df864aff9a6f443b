"""The command `rehall sweep`."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from geometry.errors import InputError
from rehall.cli_options import WIDE, CaseFile, Cell, out, prepare, refuse_file, warn, width

if TYPE_CHECKING:
    from rehall.config import Case
    from rehall.sweep.study import Asked


def sweep(
    case: CaseFile,
    vary: Annotated[
        list[str] | None,
        typer.Option(help="'path = values', like 'FW*.supply = 18 degC:27 degC:4'; repeatable."),
    ] = None,
    sample: Annotated[
        str | None, typer.Option(help="grid (where not given), list, lhs or sobol.")
    ] = None,
    count: Annotated[int | None, typer.Option(min=1, help="Points of lhs and sobol.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Where their numbers start.")] = None,
    cell: Cell = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Processes; as many as cores where not given.")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="Address of a Dask scheduler, instead of processes here.")
    ] = None,
    out_dir: Annotated[Path, typer.Option("--out", help="Results folder.")] = Path("sweep"),
) -> None:
    """Solve many variants of a case into one table: what holds, what cools with least power."""
    from rehall.config import load

    loaded = load(case)
    refuse_file(out_dir)
    asked = asked_of(loaded, tuple(vary or ()), sample, count, seed)
    warn(loaded)
    prepare()
    from rehall.sweep.command import run_sweep

    if jobs is None:
        from rehall.redundancy.command import processes

        jobs = processes()
    asked = replace(asked, cell=width(cell), scheduler=scheduler, jobs=jobs)
    run_sweep(loaded, out_dir, asked, out if out.is_terminal else Console(width=WIDE))


def asked_of(
    case: "Case", vary: tuple[str, ...], sample: str | None, count: int | None, seed: int | None
) -> "Asked":
    """What the command was given, over what the case's `study` says where nothing is varied."""
    from rehall.schema.base import nearest
    from rehall.schema.study import METHODS, StudySpec
    from rehall.sweep.study import Asked

    study = StudySpec() if vary else case.study
    method = next((known for known in METHODS if known == (sample or study.sample)), None)
    if method is None:
        message = f"found {sample!r}; {nearest(str(sample), list(METHODS))}"
        raise InputError.of("--sample", message)
    return Asked(
        vary=vary or tuple(f"{path} = {values}" for path, values in study.vary.items()),
        sample=method,
        count=study.count if count is None else count,
        seed=study.seed if seed is None else seed,
    )
