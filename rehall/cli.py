"""The command line: thin, and the same words as the library.

Exit codes: 0 solved; 1 solved, and with --enforce a limit is broken, or a validation row is outside
its own; 2 the input is wrong; 3 not converged; 130 interrupted. Heavy libraries are imported by the
commands that need them.
"""

import shutil
import sys
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from geometry.errors import InputError, ProjectError
from rehall.cli_options import WIDE, CaseFile, Cell, out, prepare, refuse_file, warn, width
from rehall.cli_sweep import sweep
from rehall.progress import err, march_progress, progress, remember_interrupts

if TYPE_CHECKING:
    from rehall.config import Case
    from rehall.results import Results
    from rehall.simulate import Solution

OK, BROKEN, WRONG, UNCONVERGED, INTERRUPTED = 0, 1, 2, 3, 130

app = typer.Typer(
    help="Airflow, liquid cooling and power of a data hall, solved together.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """Entry point: a user's mistake is one message, ours keeps its traceback."""
    remember_interrupts()
    try:
        # The library returns the code of an Exit, and 130 after Ctrl-C, instead of raising.
        code = app(standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except InputError as error:
        err.print(str(error), markup=False, soft_wrap=True)
        sys.exit(WRONG)
    except ProjectError as error:
        err.print(str(error), markup=False, soft_wrap=True)
        sys.exit(UNCONVERGED)
    except Exception as error:
        message = usage_message(error)
        if message is None:
            raise
        err.print(message, markup=False)
        sys.exit(WRONG)
    if code == INTERRUPTED:
        err.print("interrupted; only what was already written is kept")
    sys.exit(code if isinstance(code, int) else OK)


@app.command()
def new(path: Annotated[Path, typer.Argument(help="Where to write the starter case.")]) -> None:
    """Write a commented starter case."""
    if path.exists():
        raise InputError.of("", f"{path} exists; choose another name")
    with as_file(files("rehall") / "templates" / "starter.yaml") as starter:
        shutil.copyfile(starter, path)
    out.print(f"wrote {path}; next: rehall check {path}", markup=False)


@app.command()
def check(
    case: CaseFile,
    plan: Annotated[
        Path | None, typer.Option(help="Where the plan goes (PNG), instead of beside the case.")
    ] = None,
    cell: Cell = None,
) -> None:
    """Validate a case and draw the plan of its hall, without solving."""
    from geometry.grid import describe
    from rehall.config import load
    from rehall.plan import draw_plan

    loaded = load(case)
    prepare()
    from rehall.simulate import check_models

    level = check_models(loaded, width(cell))
    warn(loaded)
    picture = plan or case.with_suffix(".plan.png")
    try:
        draw_plan(loaded.geometry, picture, loaded.site.name)
    except OSError as error:
        raise InputError.of("--plan", f"{picture} cannot be written ({error.strerror})") from None
    out.print(f"{case}: {len(loaded.items)} pieces of equipment, {describe(level.grid)}")
    out.print(f"plan: {picture}", markup=False)


@app.command()
def run(
    case: CaseFile,
    out_dir: Annotated[Path, typer.Option("--out", help="Results folder.")] = Path("results"),
    cell: Cell = None,
    grid_study: Annotated[
        int, typer.Option(help="Grids to solve; from 3 on a study with the observed order.")
    ] = 2,
    check_uniqueness: Annotated[
        bool, typer.Option("--check-uniqueness", help="Solve again from a second start.")
    ] = False,
    enforce: Annotated[bool, typer.Option(help="Exit with 1 if a limit is broken.")] = False,
    pictures: Annotated[bool, typer.Option(help="Draw the pictures.")] = True,
    transient: Annotated[
        bool, typer.Option(help="March through the case's transient section, if it has one.")
    ] = True,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the checkpoint in the results folder.")
    ] = False,
) -> None:
    """Solve one case and write its results folder; then march through its transient."""
    from rehall.config import load
    from rehall.tables import print_summary

    loaded = load(case)
    refuse_file(out_dir)
    if resume and (loaded.transient is None or not transient):
        raise InputError.of("--resume", f"{case} has no transient to go on with")
    warn(loaded)
    prepare()
    from rehall.results import files_of
    from rehall.run import write_results

    if loaded.transient is not None and transient:
        from rehall.marching import run_transient

        results, drawn = run_transient(
            loaded,
            out_dir,
            lambda: solve(loaded, width(cell), grid_study, check_uniqueness),
            march_progress,
            width(cell),
            pictures,
            resume,
        )
    else:
        results = solve(loaded, width(cell), grid_study, check_uniqueness)[1]
        drawn = write_results(results, out_dir, pictures)
    print_summary(results.summary, out, told=[str(warning) for warning in loaded.warnings])
    for path in dict.fromkeys([*drawn, *files_of(out_dir)]):
        out.print(str(path), markup=False, highlight=False)
    finish(results.summary, enforce)


def solve(
    case: "Case", cell: float | None, grids: int, check_uniqueness: bool
) -> "tuple[Solution, Results]":
    """Solve the steady state of a case under a progress bar."""
    from rehall.run import solve_case

    with progress() as watch:
        return solve_case(case, watch, cell, grids, check_uniqueness)


@app.command()
def compare(
    first: CaseFile,
    second: CaseFile,
    out_dir: Annotated[Path, typer.Option("--out", help="Results folder.")] = Path("compared"),
    cell: Cell = None,
    pictures: Annotated[bool, typer.Option(help="Draw the pictures.")] = True,
) -> None:
    """Solve two cases and compare heat, air, coolant, power, cost and what still fits."""
    from rehall.config import load

    cases = [load(first), load(second)]
    refuse_file(out_dir)
    for case in cases:
        warn(case)
    prepare()
    from rehall import compare as comparing
    from rehall.run import solve_case, write_results

    solved, drawn = [], []
    with progress() as watch:
        for case in cases:
            solution, results = solve_case(case, watch, width(cell))
            solved.append((solution, results.summary))
            drawn = write_results(results, out_dir / case.path.stem, pictures)
    comparison = comparing.compare(*solved)
    written = comparing.write(comparison, out_dir)
    out.print(comparing.table(comparison))
    for path in (*written, *drawn):
        out.print(str(path), markup=False, highlight=False)
    for _, summary in solved:
        report_reasons(summary)
    if not all(summary["converged"] for _, summary in solved):
        raise typer.Exit(UNCONVERGED)


@app.command()
def year(
    case: CaseFile,
    out_dir: Annotated[Path, typer.Option("--out", help="Results folder.")] = Path("year"),
    weather: Annotated[
        Path | None, typer.Option(help="Weather file (EPW) instead of the case's.")
    ] = None,
    utilisation: Annotated[
        str | None, typer.Option(help="Power of the servers over that of the case, like '80 %'.")
    ] = None,
    results: Annotated[
        Path | None, typer.Option(help="Results of a run, for the heat that cooling units take.")
    ] = None,
    enforce: Annotated[bool, typer.Option(help="Exit with 1 if a limit is broken.")] = False,
    pictures: Annotated[bool, typer.Option(help="Draw the picture.")] = True,
) -> None:
    """Run a case through the 8,760 hours of a weather file: PUE, WUE, free cooling, cost."""
    from rehall.config import load
    from rehall.weather import weather_of

    loaded = load(case)
    refuse_file(out_dir)
    share = share_of(utilisation)
    hours = weather_of(loaded, weather)
    prepare()
    from rehall.year import coil_heats, solve_year
    from rehall.year_contract import contract_of
    from rehall.year_results import write_year
    from rehall.year_summary import summarise_year
    from rehall.year_tables import print_year

    heats = coil_heats(loaded, results) if results else None
    found = solve_year(loaded, hours, share, heats)
    summary = summarise_year(found, contract_of(found, heats))
    print_year(summary, out)
    for warning in summary["warnings"]:
        err.print(f"warning: {warning}", markup=False, soft_wrap=True)
    for path in write_year(found, summary, out_dir, pictures):
        out.print(str(path), markup=False, highlight=False)
    finish(summary, enforce)


@app.command("export-openfoam")
def export_openfoam(
    case: CaseFile,
    folder: Annotated[Path, typer.Argument(help="New folder for the case.", show_default=False)],
    cell: Cell = None,
    iterations: Annotated[int, typer.Option(help="Iterations, both stages together.")] = 1500,
) -> None:
    """Write the air of a case for OpenFOAM's buoyantSimpleFoam, on the same grid."""
    from rehall.config import load

    loaded = load(case)
    warn(loaded)
    prepare()
    from rehall.openfoam.export import export

    done = export(loaded, folder, width(cell), iterations)
    for note in done.notes:
        err.print(f"note: {note}", markup=False, soft_wrap=True)
    cells, patches = len(done.mesh.cells), len(done.mesh.patches)
    out.print(f"{folder}: {cells:,} cells of air, {patches} patches; run {folder / 'Allrun'}")


@app.command()
def view(
    results: Annotated[Path, typer.Argument(help="Results folder.", show_default=False)],
    screenshot: Annotated[
        bool, typer.Option(help="Write pictures of air and loops instead of a window.")
    ] = False,
) -> None:
    """Look at the results of a run."""
    from rehall.results import read
    from rehall.views import screenshots, show

    found = read(results)
    if not screenshot:
        show(found)
        return
    for path in screenshots(found, results if results.is_dir() else results.parent):
        out.print(str(path), markup=False, highlight=False)


@app.command()
def power(
    case: CaseFile,
    out_dir: Annotated[
        Path | None, typer.Option("--out", help="Where power.json and power.svg go.")
    ] = None,
    load: Annotated[
        str | None, typer.Option(help="Power of the servers over that of the case, like '110 %'.")
    ] = None,
    enforce: Annotated[bool, typer.Option(help="Exit with 1 if a rule is broken.")] = False,
) -> None:
    """Headroom of the power chain, normal and after every single failure; no air is solved."""
    from rehall.config import load as load_case
    from rehall.power_run import run_power, write_power
    from rehall.power_tables import print_power

    loaded = load_case(case)
    if out_dir is not None:
        refuse_file(out_dir)
    warn(loaded)
    prepare()
    found = run_power(loaded, share_of(load, "--load"))
    print_power(found, out if out.is_terminal else Console(width=WIDE))
    for path in write_power(found, out_dir) if out_dir else ():
        out.print(str(path), markup=False, highlight=False)
    if enforce and any(not f.check.informational for f in found.findings):
        raise typer.Exit(BROKEN)


@app.command()
def redundancy(
    case: CaseFile,
    out_dir: Annotated[Path, typer.Option("--out", help="Results folder.")] = Path("redundancy"),
    only: Annotated[
        list[str] | None, typer.Option(help="Failures, components or subsystems, like 'CDU*'.")
    ] = None,
    skip: Annotated[list[str] | None, typer.Option(help="What is left out, likewise.")] = None,
    pairs: Annotated[bool, typer.Option("--pairs", help="Also every two of them.")] = False,
    listed: Annotated[
        bool, typer.Option("--list", help="List the failures without solving them.")
    ] = False,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Processes; as many as cores where not given.")
    ] = None,
    cell: Cell = None,
    enforce: Annotated[bool, typer.Option(help="Exit with 1 if the verdict is fail.")] = False,
    pictures: Annotated[bool, typer.Option(help="Draw the pictures.")] = True,
) -> None:
    """Solve every failure through air, liquid and power: what breaks, where, and after how long."""
    from rehall.config import load

    loaded = load(case)
    refuse_file(out_dir)
    warn(loaded)
    prepare()
    from rehall.redundancy.command import Asked, list_failures, run_study

    asked = Asked(tuple(only or ()), tuple(skip or ()), pairs, jobs, width(cell), pictures)
    if listed:
        list_failures(loaded, asked, out)
        return
    summary = run_study(loaded, out_dir, asked, out if out.is_terminal else Console(width=WIDE))
    if enforce and summary["verdict"] == "fail":
        raise typer.Exit(BROKEN)


app.command()(sweep)


@app.command()
def validate(
    only: Annotated[str | None, typer.Option(help="air, liquid, power or coupled.")] = None,
    case: Annotated[list[str] | None, typer.Option(help="Name of a case; may be repeated.")] = None,
    reduced: Annotated[bool, typer.Option(help="Coarser and shorter, minutes in all.")] = False,
    jobs: Annotated[int, typer.Option(min=1, help="Processes to spread the cases over.")] = 1,
    root: Annotated[Path | None, typer.Option(help="Folder of the cases.")] = None,
    out_dir: Annotated[
        Path | None, typer.Option("--out", help="Where REPORT.md goes; of a part out/validation.")
    ] = None,
) -> None:
    """Compare with published figures; exits with 1 if a row is outside its limit."""
    from rehall.validation.report import write_report
    from rehall.validation.runner import default_root, find_cases, run_cases, scope
    from rehall.validation.tables import line, results_table

    where = root or default_root()
    chosen = find_cases(where, only, case or ())
    whole = only is None and not case and not reduced
    goes_to = out_dir or (where if whole else Path("out/validation"))
    refuse_file(goes_to)
    prepare()
    results = []
    for result in run_cases(chosen, reduced, jobs):
        err.print(line(result), markup=False, soft_wrap=True)
        results.append(result)
    results.sort(key=lambda result: chosen.index(result.case))
    table = results_table(results)
    wide = Console() if out.is_terminal else Console(width=WIDE)
    wide.print(table, highlight=False)
    for path in write_report(results, goes_to, scope(only, case or (), reduced)):
        out.print(str(path), markup=False, highlight=False)
    if not all(result.ok for result in results):
        raise typer.Exit(BROKEN)


@app.command()
def doctor() -> None:
    """Print devices, versions, the compilation cache, and whether pictures can be rendered."""
    from rehall.doctor import findings

    prepare()
    broken = False
    for name, value, fine in findings():
        out.print(f"{'ok ' if fine else 'BAD'} {name}: {value}", markup=False, highlight=False)
        broken |= not fine
    if broken:
        raise typer.Exit(WRONG)


def share_of(text: str | None, option: str = "--utilisation") -> float:
    """Share of an option; all where it is not given."""
    if text is None:
        return 1.0
    from pydantic import TypeAdapter, ValidationError

    from rehall.quantities import Ratio

    try:
        return float(TypeAdapter(Ratio).validate_python(text))
    except ValidationError as error:
        message = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise InputError.of(option, message) from None


def finish(summary: dict, enforce: bool) -> None:
    """Leave with the exit code that the summary asks for."""
    report_reasons(summary)
    if not summary["converged"]:
        raise typer.Exit(UNCONVERGED)
    if enforce and summary["verdict"] == "fail":
        raise typer.Exit(BROKEN)


def report_reasons(summary: dict) -> None:
    """Say why a run is not converged."""
    for reason in summary["reasons"]:
        err.print(f"{summary['case']} did not converge: {reason}", markup=False, soft_wrap=True)


def usage_message(error: Exception) -> str | None:
    """What the command line found wrong with the words typed, or None if it was not that."""
    show = getattr(error, "format_message", None)
    return f"rehall: {show()} (rehall --help)" if show else None


if __name__ == "__main__":
    main()
