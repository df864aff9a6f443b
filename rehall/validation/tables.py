"""The results of the validation cases in the terminal."""

from collections.abc import Sequence

from rich import box
from rich.markup import escape
from rich.table import Table

from rehall.validation.runner import Result
from rehall.validation.words import HEADINGS, cells


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
            table.add_row(first, *shown, "yes" if row.ok else "no", last, style=style)
        table.add_section()
    return table


def verdict(results: Sequence[Result]) -> str:
    """How many rows hold, how many cases did not run."""
    rows = [row for result in results for row in result.rows]
    held, failed = sum(row.ok for row in rows), sum(result.outcome is None for result in results)
    text = f"{len(results)} cases: {held} of {len(rows)} rows within their limit"
    return f"{text}, {failed} cases did not run" if failed else text


def line(result: Result) -> str:
    """One finished case in one line."""
    held = sum(row.ok for row in result.rows)
    found = result.failure or f"{held} of {len(result.rows)} rows within their limit"
    return f"{result.case.domain}/{result.case.name}: {found}, {result.seconds:.1f} s"
