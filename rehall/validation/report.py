"""REPORT.md: every row of every case, its profiles, then bias and scatter per quantity."""

import os
import platform
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from rehall.results import aside
from rehall.runtime import versions
from rehall.validation.outcome import Row
from rehall.validation.plots import draw_profiles
from rehall.validation.runner import DOMAINS, CaseFolder, Result
from rehall.validation.tables import verdict
from rehall.validation.words import HEADINGS, apart, bound, cells, held

REPORT, PLOTS = "REPORT.md", "plots"


def write_report(results: Sequence[Result], folder: Path, scope: str) -> list[Path]:
    """Write REPORT.md and the plots below `folder`; returns what was written.

    `scope` says which cases were run and how.
    """
    written = []
    for result in results:
        if result.outcome and result.outcome.profiles:
            png = folder / _picture(result.case)
            draw_profiles(result.outcome.profiles, png)
            written.append(png)
    folder.mkdir(parents=True, exist_ok=True)
    report = folder / REPORT
    with aside(report) as part:
        part.write_text("\n".join(_lines(results, folder, scope)) + "\n", encoding="utf-8")
    return [report, *written]


def bias_and_scatter(results: Sequence[Result]) -> list[tuple[str, str, int, str, str]]:
    """Case, quantity, points, mean and standard deviation of the differences.

    Rows of one case with the same quantity and unit are taken together. Quantities limited on one
    side, which have no reference to be near to, and differences that are not finite are left out.
    """
    groups: dict[tuple[str, str, str, bool], list[Row]] = defaultdict(list)
    for result in results:
        for row in result.rows:
            if row.side == "both":
                groups[(result.case.name, row.quantity, row.unit, row.relative)].append(row)
    found = []
    for (case, quantity, _, _), rows in groups.items():
        every = np.concatenate([row.differences or (row.difference,) for row in rows])
        every = every[np.isfinite(every)]
        if every.size:
            scatter = apart(float(every.std(ddof=1)), rows[0])[1:] if every.size > 1 else ""
            bias = apart(float(every.mean()), rows[0])
            found.append((case, quantity, every.size, bias, scatter))
    return found


def _lines(results: Sequence[Result], folder: Path, scope: str) -> Iterator[str]:
    known = versions()
    when = datetime.now(UTC).date().isoformat()
    seconds = sum(result.seconds for result in results)
    yield "# Validation report\n"
    yield f"{verdict(results)}. {scope} Written by `rehall validate` on {when}: {seconds:.0f} s of"
    yield f"cases, rehall {known['rehall']}, jax {known['jax']}, {platform.machine()}. A row in"
    yield "bold is outside its limit; a row that names a point is the worst of several."
    for domain in DOMAINS:
        part = [result for result in results if result.case.domain == domain]
        if part:
            yield f"\n## {domain}\n"
            yield from _table(part)
            for result in part:
                yield from _case(result, folder)
    yield "\n## Bias and scatter\n"
    yield "Mean and standard deviation of ours minus the reference over all points of a quantity.\n"
    yield from _markdown(
        ("case", "quantity", "points", "bias", "scatter"),
        [[str(cell) for cell in row] for row in bias_and_scatter(results)],
    )


def _table(results: Sequence[Result]) -> Iterator[str]:
    rows = []
    for result in results:
        name = f"[{result.case.name}](#{result.case.name})"
        if result.outcome is None:
            rows.append([name, f"**did not run: {result.failure}**", "", "", "", "", "**no**"])
        for row in result.rows:
            shown = list(cells(row)) if row.ok else [f"**{cell}**" for cell in cells(row)]
            rows.append([name, *shown, "yes" if row.ok else f"**{held(row)}**"])
    return _markdown(HEADINGS, rows)


def _case(result: Result, folder: Path) -> Iterator[str]:
    case = result.case
    yield f"\n### {case.name}\n"
    yield f"{case.title}. [Set-up and source]({_link(case.path / 'README.md', folder)});"
    yield f"{result.seconds:.1f} s."
    if result.outcome is None:
        yield f"\n**Did not run: {result.failure}**"
        return
    if result.outcome.note:
        yield f"\n{result.outcome.note}"
    for row in result.rows:
        if row.reason and not row.ok:
            beyond = "" if row.explained else f" by more than the known {bound(row.known, row)}"
            yield f"\n**{row.name}** is outside its limit{beyond}: {row.reason}"
    sources = dict.fromkeys(row.source for row in result.rows if row.source)
    if sources:
        yield f"\nReference: {'; '.join(sources)}."
    if result.outcome.profiles:
        yield f"\n![{case.title}]({_picture(case).as_posix()})"


def _picture(case: CaseFolder) -> Path:
    return Path(PLOTS) / f"{case.domain}_{case.name}.png"


def _link(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()


def _markdown(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(headings) + " |"
    yield "| " + " | ".join("---" for _ in headings) + " |"
    for row in rows:
        yield "| " + " | ".join(_one_line(cell) for cell in row) + " |"


def _one_line(cell: str) -> str:
    return " ".join(cell.replace("|", "\\|").split())
