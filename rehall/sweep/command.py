"""The command `rehall sweep`: from a case to the folder of its variants."""

from pathlib import Path
from typing import Any

from rich.console import Console

from rehall.config import Case
from rehall.progress import err, study_progress
from rehall.sweep.files import KEY, VARIANTS, key_of, summarise_sweep, write_files
from rehall.sweep.study import Asked, plan, sweep
from rehall.sweep.tables import print_sweep
from rehall.workfolder import open_work

Row = dict[str, Any]


def run_sweep(case: Case, out: Path, asked: Asked, console: Console) -> Row:
    """Sweep a case, write its folder and print it; goes on where an earlier run has stopped."""
    planned = plan(case, asked)
    if open_work(out / VARIANTS, KEY, key_of(case, asked)):
        err.print(f"goes on with the variants that {out} has already", markup=False)
    with study_progress("variants") as tell:
        swept = sweep(planned, out / VARIANTS, asked, tell)
    summary = summarise_sweep(case, asked, swept)
    print_sweep(summary, swept, console)
    for path in write_files(summary, swept, out):
        console.print(str(path), markup=False, highlight=False)
    return summary
