"""A sweep on the terminal."""

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rehall.sweep.study import Swept
from rehall.tables import COLOURS

Row = dict[str, Any]
SHOWN = 40
"""Most variants in the table; all are in the files."""


def print_sweep(summary: Row, swept: Swept, out: Console) -> None:
    """Print the variants, what is best, and why some were not solved."""
    counts = summary["counts"]
    told = ", ".join(
        f"{counts[name]} {name}" for name in ("pass", "fail", "unsure", "unsolved") if counts[name]
    )
    out.print(
        f"\n{summary['case']}: {counts['variants']} variants, {told}; "
        f"{counts['computed']} solved now, {summary['wall_s']:.0f} s",
        highlight=False,
    )
    out.print(variants_table(swept))
    left = len(swept.rows) - SHOWN
    if left > 0:
        out.print(f"and {left} more: sweep.csv has all", highlight=False)
    for line in (best_line(summary), pareto_line(summary)):
        out.print(line, markup=False, highlight=False)
    for row in swept.rows:
        if row["reason"]:
            text = f"{row['number']} is {row['verdict']}: {row['reason']}"
            out.print(text, markup=False, highlight=False, soft_wrap=True)


def variants_table(swept: Swept) -> Table:
    """A row a variant, as far as there is room: inputs, verdict, what matters most."""
    table = Table(box=None, pad_edge=False)
    table.add_column("", justify="right")
    for one in swept.planned.varied:
        table.add_column(escape(one.path), overflow="fold")
    table.add_column("verdict", no_wrap=True)
    for name, justify in (
        *(("hottest inlet", "right"), ("at", "left"), ("least margin", "right"), ("of", "left")),
        *(("cooling kW", "right"), ("PUE", "right")),
    ):
        table.add_column(name, justify=justify, overflow="fold")  # type: ignore[arg-type]
    for row in swept.rows[:SHOWN]:
        table.add_row(
            str(row["number"]),
            *(escape(str(row[one.path])) for one in swept.planned.varied),
            row["verdict"],
            number(row, "max_inlet_c", 1, " degC"),
            escape(row.get("max_inlet_at") or ""),
            number(row, "least_margin_pct", 1, " %"),
            escape(row.get("least_margin_of") or ""),
            number(row, "cooling_kw", 1),
            number(row, "pue", 3),
            style=COLOURS.get(row["verdict"], ""),
        )
    return table


def number(row: Row, name: str, decimals: int, unit: str = "") -> str:
    """A number of a row as shown; nothing where it has none.

    >>> number({"pue": 1.0834}, "pue", 3), number({}, "pue", 3)
    ('1.083', '')
    """
    value = row.get(name)
    return "" if value is None else f"{value:z,.{decimals}f}{unit}"


def best_line(summary: Row) -> str:
    """The variant that holds all limits with the least power for cooling."""
    found = summary["best"]
    if found is None:
        return "Best: none holds every limit"
    told = ", ".join(f"{path} = {value}" for path, value in found["inputs"].items())
    power = number(found, "cooling_kw", 1, " kW")
    return f"Best: {found['number']} ({told}) holds every limit with the least cooling, {power}"


def pareto_line(summary: Row) -> str:
    """Variants that no other beats in both power for cooling and margin."""
    found = [
        f"{row['number']} ({number(row, 'cooling_kw', 1, ' kW')}, "
        f"{number(row, 'least_margin_pct', 1, ' %')})"
        for row in summary["pareto"]
    ]
    return f"No other has less cooling and more margin: {', '.join(found) or 'none'}"
