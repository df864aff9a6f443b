"""The results of the validation cases in the terminal."""

from collections.abc import Sequence

from rich import box
from rich.markup import escape
from rich.table import Table

from rehall.validation.runner import Result
from rehall.validation.words import HEADINGS, cells, held


def results_table(results: Sequence[Result]) -> Table:
    """Every row of every case; red where it is outside its limit or the case has failed."""
    table = Table(title=verdict(results), box=box.SIMPLE, title_justify="left")
    for heading in HEADINGS:
        numeric = heading not in ("case", "quantity", "ok")
        table.add_column(heading, justify="right" if numeric else "left")
    table.add_column("s", justify="right")
    for result in results:
        names = [f"{result.case.domain}/{result.case.name}", f"{result.seconds:.1f}"]
        if result.outcome is None:
            failure = escape(result.failure)
            table.add_row(names[0], failure, *[""] * 4, "no", names[1], style="red")
        for number, row in enumerate(result.rows):
            first, last = names if number == 0 else ("", "")
            shown = [escape(cell) for cell in cells(row)]
            style = None if row.ok else "red"
            table.add_row(first, *shown, held(row), last, style=style)
        table.add_section()
    return table


def verdict(results: Sequence[Result]) -> str:
    """How many rows hold, how many miss by more than is known, how many cases did not run."""
    rows = [row for result in results for row in result.rows]
    within, failed = sum(row.ok for row in rows), sum(result.outcome is None for result in results)
    text = f"{len(results)} cases: {within} of {len(rows)} rows within their limit"
    worse = sum(bool(row.reason) and not (row.ok or row.explained) for row in rows)
    if worse:
        text += f", {worse} worse than known"
    return f"{text}, {failed} cases did not run" if failed else text


def line(result: Result) -> str:
    """One finished case in one line."""
    within = sum(row.ok for row in result.rows)
    found = result.failure or f"{within} of {len(result.rows)} rows within their limit"
    return f"{result.case.domain}/{result.case.name}: {found}, {result.seconds:.1f} s"
