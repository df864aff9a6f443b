"""Two solved cases side by side, and what still fits into each; as table, Markdown, JSON, CSV."""

import csv
import io
import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich import box
from rich.table import Table

from rehall.compared import Summary, Value, quantities
from rehall.fits import NO_LIMIT, Fit, Fits, what_fits
from rehall.results import write_text
from rehall.simulate import Solution

FILES = ("compare.json", "compare.csv", "compare.md")
NO_RATIO = ("degC", "K", "%")
"""Units whose change is given as a difference alone."""
OR = " or "  # between two currencies


@dataclass(frozen=True)
class Row:
    """One quantity of both cases; `change` is b minus a, None where either is no number."""

    section: str
    label: str
    unit: str
    a: Value
    b: Value
    change: float | None


@dataclass(frozen=True)
class Comparison:
    """Two cases by name, row by row, and what still fits into each."""

    names: tuple[str, str]
    rows: tuple[Row, ...]
    fits: tuple[Fits, Fits]

    def row(self, label: str, unit: str | None = None) -> Row:
        """The first row of a label (and unit)."""
        return next(r for r in self.rows if r.label == label and unit in (None, r.unit))


def compare(
    a: tuple[Solution, Summary], b: tuple[Solution, Summary], *, kind: str = "vr_nvl72"
) -> Comparison:
    """Compare two solved cases; what still fits is counted in racks of a catalogue entry."""
    fits = (what_fits(a[0], kind), what_fits(b[0], kind))
    currency = currency_of(a[1], b[1])
    rows = [
        row_of(q.section, q.label, q.unit.replace("currency", currency), q.read(*a), q.read(*b))
        for q in quantities()
    ]
    rows = [row for row in rows if row.a is not None or row.b is not None]
    return Comparison((a[1]["case"], b[1]["case"]), (*rows, *fit_rows(fits)), fits)


def row_of(section: str, label: str, unit: str, a: Value, b: Value) -> Row:
    """A row with its change; costs in two currencies have none."""
    if isinstance(a, str) or isinstance(b, str) or a is None or b is None or OR in unit:
        return Row(section, label, unit, a, b, None)
    return Row(section, label, unit, a, b, b - a)


def currency_of(a: Summary, b: Summary) -> str:
    """The currency of both, or both currencies."""
    found = (summary["metrics"].get("currency") for summary in (a, b))
    return OR.join(dict.fromkeys(c for c in found if c)) or "currency"


def fit_rows(fits: tuple[Fits, Fits]) -> list[Row]:
    """What each resource still allows, all of them together, and which runs out first."""
    section = f"what still fits ({fits[0].kind})"
    a, b = fits
    rows = [
        row_of(section, fit.resource, "racks", shown(fit), shown(b.of(fit.resource)))
        for fit in a.each
    ]
    together = [NO_LIMIT if fits.count is None else float(fits.count) for fits in (a, b)]
    rows.append(row_of(section, "all together", "racks", *together))
    rows.append(row_of(section, "runs out first", "", a.first, b.first))
    return rows


def shown(fit: Fit) -> Value:
    """A number of racks, in words where there is none."""
    return fit.words if fit.count is None else float(fit.count)


def table(comparison: Comparison) -> Table:
    """The comparison for a terminal of 100 columns."""
    found = Table(box=box.SIMPLE_HEAD, title_justify="left", title="Comparison")
    found.add_column("", overflow="fold", max_width=34)
    found.add_column("unit", overflow="fold", max_width=7)
    for name in comparison.names:
        found.add_column(name, justify="right", overflow="fold", max_width=16)
    found.add_column("change", justify="right", overflow="fold", max_width=17)
    section = None
    for row in comparison.rows:
        if row.section != section:
            found.add_section()
            found.add_row(f"[bold]{row.section}[/]")
            section = row.section
        found.add_row(f"  {row.label}", row.unit, text(row.a), text(row.b), change_text(row))
    return found


def to_markdown(comparison: Comparison) -> str:
    """The comparison as a page of Markdown, with the basis of what still fits."""
    a, b = comparison.names
    lines = [f"# {a} and {b}", ""]
    section = None
    for row in comparison.rows:
        if row.section != section:
            section = row.section
            lines += ["", f"## {section}", ""]
            lines += [f"| | unit | {a} | {b} | change |", "| --- | --- | ---: | ---: | ---: |"]
        cells = (row.label, row.unit, text(row.a), text(row.b), change_text(row))
        lines.append("| " + " | ".join(cells) + " |")
    for name, fits in zip(comparison.names, comparison.fits, strict=True):
        lines += ["", f"### {name}: basis of what still fits", ""]
        lines += [
            f"- {fit.resource}: {text(shown(fit))}. {_sentence(fit.basis)}" for fit in fits.each
        ]
    return "\n".join(lines) + "\n"


def text(value: Value) -> str:
    """A value with three digits or more, `-` where there is none.

    >>> text(5040.0), text(1.0823), text(32.0), text(None)
    ('5,040', '1.08', '32', '-')
    """
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    whole = value == round(value) or abs(value) >= 100
    return f"{value:,.0f}" if whole else f"{value:.1f}" if abs(value) >= 10 else f"{value:.3g}"


def last_place(value: float) -> float:
    """What one in the last place of a printed value is worth.

    >>> last_place(5040.0), last_place(24.9), last_place(1.0823)
    (1.0, 0.1, 0.01)
    """
    if abs(value) >= 100:
        return 1.0
    return 0.1 if abs(value) >= 10 else 10.0 ** (math.floor(math.log10(abs(value) or 1.0)) - 2)


def change_text(row: Row) -> str:
    """The change with its sign, and in percent of a where that says something.

    0 where the printed values are too coarse to show it.
    """
    if row.change is None or isinstance(row.a, str | None) or isinstance(row.b, str | None):
        return ""
    if abs(row.change) < 0.5 * last_place(max(row.a, row.b, key=abs)):
        return "0"
    sign = "+" if row.change > 0 else ""
    percent = 100 * row.change / row.a if row.a > 0 and row.unit not in NO_RATIO else 0.0
    in_percent = f" ({percent:+.0f} %)" if abs(percent) >= 0.5 else ""
    return f"{sign}{text(row.change)}{in_percent}"


def _sentence(basis: str) -> str:
    return basis[0].upper() + basis[1:] + "."


def write(comparison: Comparison, out: Path) -> list[Path]:
    """Write the comparison into a folder as JSON, CSV and Markdown; each complete or absent."""
    out.mkdir(parents=True, exist_ok=True)
    paths = [out / name for name in FILES]
    for path in paths:
        path.unlink(missing_ok=True)
    contents = (to_json(comparison), to_csv(comparison), to_markdown(comparison))
    for path, content in zip(paths, contents, strict=True):
        write_text(path, content)
    return paths


def to_json(comparison: Comparison) -> str:
    """Rows, and what still fits with its basis and places; None where nothing limits."""
    content: dict[str, Any] = {
        "cases": list(comparison.names),
        "rows": [asdict(row) for row in comparison.rows],
        "fits": [
            {
                "case": name,
                "of": fits.kind,
                "racks": fits.count,
                "first": fits.first,
                "resources": [asdict(fit) for fit in fits.each],
                "places": [{"at_m": p.box.lower[:2], "facing": p.facing} for p in fits.places],
            }
            for name, fits in zip(comparison.names, comparison.fits, strict=True)
        ],
    }
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def to_csv(comparison: Comparison) -> str:
    """One line a row, numbers in full."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["section", "quantity", "unit", *comparison.names, "change"])
    for row in comparison.rows:
        writer.writerow([row.section, row.label, row.unit, row.a, row.b, row.change])
    return file.getvalue()
