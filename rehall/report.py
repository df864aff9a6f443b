"""Results as one HTML page that needs nothing else: no scripts, no files, no network."""

import base64
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

from jinja2 import Environment, PackageLoader, StrictUndefined

from rehall import report_failures
from rehall.labels import title_of, unit_among, units_of
from rehall.results import Results, Table, is_table, write_text

# Sections in the order a reader asks for them; what the summary holds beyond these comes after.
ORDER = (
    *("limits", "racks", "openings", "cooling_units", "cdus", "loops", "branches"),
    *("power_nodes", "power_states", "power_findings", "power_margins", "generator_steps"),
)
FOLDED = ("power_findings", "power_margins", "power_loads", "power_selectivity")
"""Long tables that open on demand."""
AFTER_TABLES = ("metrics", "balance", "grid", "uniqueness", "assumptions", "sources")
HEAD = ("case", "verdict")  # shown at the top of the page
FAILURES = "redundancy"
"""Key of a study of failures, which has a part of its own."""
VERDICTS = {
    "pass": "Every limit holds.",
    "fail": "At least one limit is broken.",
    "unsure": "At least one limit cannot be told: its value is within its numerical uncertainty, "
    "or two steady states disagree.",
}
CAPTIONS = {
    "transient": "Rack inlets and air from cooling units over time",
    "coolant": "Coolant of racks, chips and circuits over time",
    "plan": "Air temperature on a plan of the hall",
    "section": "Temperature and velocity before the row with the hottest inlet",
    "racks": "Temperature of the air at the intake faces",
    "power": "Power chain and its loading in the normal state",
    "streamlines": "Paths of the air from where it is supplied",
    "redundancy_matrix": "Failures against limits: what breaks, and after how long",
    "redundancy_times": "Failures that break a limit soonest; dots are where a limit is passed",
}


class Column(NamedTuple):
    """One column of a table: its name, its unit, and whether it holds numbers."""

    title: str
    unit: str
    number: bool


class Section(NamedTuple):
    """One table of the page."""

    key: str
    title: str
    columns: list[Column]
    rows: list[list[str]]
    broken: list[bool]  # rows to mark
    folded: bool = False  # shown on demand


class Failures(NamedTuple):
    """A study of failures: its verdict, sentences, tables, pictures, and what it assumes."""

    verdict: str
    sentences: list[str]
    sections: list[Section]
    pictures: list[tuple[str, str]]
    assumptions: list[str]


def write_report(results: Results, pictures: list[Path], out_html: Path) -> None:
    """Write the page; pictures become part of it."""
    environment = Environment(
        loader=PackageLoader("rehall"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    summary = results.summary
    limits = summary.get("limits", [])
    verdict = str(summary.get("verdict", "unsure"))
    of_failures = [path for path in pictures if path.stem.startswith(FAILURES)]
    pictures = [path for path in pictures if path not in of_failures]
    page = environment.get_template("report.html.j2").render(
        case=str(summary.get("case", "")),
        verdict=verdict,
        meaning=VERDICTS.get(verdict, ""),
        converged=summary.get("converged"),
        broken=[row for row in limits if row.get("holds") is False],
        held=sum(row.get("holds") is True for row in limits),
        limit_count=len(limits),
        text=text,
        run=pairs({key: value for key, value in summary.items() if is_plain(key, value)}),
        failures=failures(summary[FAILURES], of_failures) if FAILURES in summary else None,
        sections=sections(summary),
        pictures=pngs(pictures),
        drawings=[(caption(path), inline(path)) for path in pictures if path.suffix == ".svg"],
        manifest=pairs(results.manifest),
        case_text=results.case_text,
    )
    write_text(out_html, page)


def failures(study: dict[str, Any], pictures: list[Path]) -> Failures:
    """What failures break: the part of the page about a study of them."""
    tables = report_failures.tables(study).items()
    return Failures(
        verdict=study["verdict"],
        sentences=report_failures.sentences(study),
        sections=[table(FAILURES, rows, set())._replace(title=title) for title, rows in tables],
        pictures=pngs(pictures),
        assumptions=study["assumptions"],
    )


def pngs(pictures: list[Path]) -> list[tuple[str, str]]:
    """Captions and contents of PNG files."""
    return [(caption(path), embedded(path)) for path in pictures if path.suffix == ".png"]


def is_plain(key: str, value: Any) -> bool:
    """Whether an entry of the summary is one value, not a table, and not shown at the top."""
    return key not in HEAD and not isinstance(value, dict | list)


def sections(summary: dict[str, Any]) -> list[Section]:
    """Every table of the summary, also those that this version has never heard of."""
    known = [key for key in (*ORDER, *AFTER_TABLES) if key in summary]
    others = [key for key, value in summary.items() if not is_plain(key, value)]
    keys = dict.fromkeys([*known, *(key for key in others if key not in (*HEAD, FAILURES))])
    shown = [
        part._replace(folded=key in FOLDED)
        for key in keys
        if summary[key]
        for part in parts(key, summary)
    ]
    limits = summary.get("limits")
    if not limits:
        return shown
    worst = table("worst", worst_of_each(sorted(limits, key=_limit_order)), set())
    every = shown[0]._replace(title="Every limit", folded=True)  # limits come first in ORDER
    return [worst._replace(title="Limits, the worst place of each"), every, *shown[1:]]


def worst_of_each(limits: Table) -> Table:
    """The first row of each limit's name, and at how many places it stands and is broken."""
    first: dict[str, dict[str, Any]] = {}
    for row in limits:
        found = first.setdefault(row["name"], {**row, "places": 0, "broken_at": 0})
        found["places"] += 1
        found["broken_at"] += row.get("holds") is False
    return list(first.values())


def parts(key: str, summary: dict[str, Any]) -> list[Section]:
    """One entry of the summary as a table, and a table for each that it holds, however deep."""
    value = summary[key]
    if not isinstance(value, dict):
        return [section(key, summary)]
    inner = {name: rows for name, rows in value.items() if rows and is_table(rows)}
    deeper = [
        name for name, entry in value.items() if isinstance(entry, dict) and holds_tables(entry)
    ]
    plain = {
        name: entry for name, entry in value.items() if not is_table(entry) and name not in deeper
    }
    tables = [
        table(f"{key}_{name}", rows, set())._replace(title=f"{title_of(key)}: {title_of(name)}")
        for name, rows in inner.items()
    ]
    tables += [
        part._replace(title=f"{title_of(key)}: {part.title}")
        for name in deeper
        for part in parts(name, value)
    ]
    return [section(key, {key: plain}), *tables]


def holds_tables(entry: dict[str, Any]) -> bool:
    """Whether a part of the summary has a table in it."""
    return any(rows and is_table(rows) for rows in entry.values())


def section(key: str, summary: dict[str, Any]) -> Section:
    """One entry of the summary as a table."""
    value = summary[key]
    if isinstance(value, dict):
        columns = [
            Column("Quantity", "", False),
            Column("Value", "", True),
            Column("Unit", "", False),
        ]
        rows = [[title, shown, unit] for title, shown, unit in pairs(value)]
        return Section(key, title_of(key), columns, rows, [False] * len(rows))
    if not is_table(value):
        entries = value if isinstance(value, list) else [value]
        rows = [[text(entry)] for entry in entries]
        return Section(
            key, title_of(key), [Column(title_of(key), "", False)], rows, [False] * len(rows)
        )
    if key == "limits":
        value = sorted(({**row, "margin": margin(row)} for row in value), key=_limit_order)
    if key == "racks":
        value = by_margin(value, summary.get("limits", []))
    places = {limit["where"] for limit in summary.get("limits", []) if limit.get("holds") is False}
    return table(key, value, places)


def table(key: str, rows: Table, broken_places: set[str]) -> Section:
    """Rows as text, with a column for each key that any of them has.

    Marked are broken limits, failures that break one, and things by the name of a place where a
    limit is broken.
    """
    keys = list(dict.fromkeys(name for row in rows for name in row))
    columns = [
        Column(title_of(name), units_of(name) if numeric(rows, name) else "", numeric(rows, name))
        for name in keys
    ]
    shown = [[text(row.get(name)) for name in keys] for row in rows]
    broken = [
        row.get("holds") is False
        or row.get("verdict") == "fail"
        or row.get("name") in broken_places
        for row in rows
    ]
    return Section(key, title_of(key), columns, shown, broken)


def numeric(rows: Table, key: str) -> bool:
    """Whether a column holds numbers and nothing else but gaps."""
    values = [row[key] for row in rows if row.get(key) is not None]
    return bool(values) and all(type(value) in (int, float) for value in values)


def margin(limit: dict[str, Any]) -> float | None:
    """Distance of a value from its limit, negative where it is broken; in the limit's unit."""
    if limit.get("value") is None or limit.get("limit") is None:
        return None
    distance = abs(float(limit["limit"]) - float(limit["value"]))
    return -distance if limit.get("holds") is False else distance


def by_margin(racks: Table, limits: Table) -> Table:
    """Racks, the one nearest to or furthest beyond a limit first, with that limit's name.

    Margins of different units compare as shares of their limits. A broken limit without a value
    (a rack without coolant) comes before all others; racks without a limit come last.
    """
    worst: dict[str, tuple[float, str]] = {}
    for limit in limits:
        share, place = _share(limit), limit["where"]
        if share is not None and (place not in worst or share < worst[place][0]):
            worst[place] = (share, _words(limit))
    last = (float("inf"), None)
    ranked = sorted(racks, key=lambda rack: worst.get(rack["name"], last)[0])
    return [{**rack, "nearest_limit": worst.get(rack["name"], last)[1]} for rack in ranked]


def _share(limit: dict[str, Any]) -> float | None:
    """Margin as a share of the limit; minus infinity for one broken that has no share."""
    distance = margin(limit)
    if distance is None or (distance <= 0 and limit.get("holds") is False and not limit["limit"]):
        return float("-inf") if limit.get("holds") is False else None
    if abs(float(limit["limit"])) < 0.01:  # a limit of nothing has no share
        return None
    return distance / abs(float(limit["limit"]))


def _words(limit: dict[str, Any]) -> str:
    """Limit in words: its name and how far the value is from it."""
    distance = margin(limit)
    if distance is None:
        return f"{limit['name']}: broken"
    return f"{limit['name']}: {distance:+.4g} {limit.get('unit') or ''}".rstrip()


def _limit_order(limit: dict[str, Any]) -> tuple[bool, float]:
    """Broken limits first, then by margin."""
    share = _share(limit)
    return (limit.get("holds") is not False, float("inf") if share is None else share)


def pairs(values: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Title, value and unit of each entry."""
    return [
        (
            title_of(key),
            text(value),
            unit_among(key, values) if isinstance(value, int | float) else "",
        )
        for key, value in values.items()
    ]


def text(value: Any) -> str:
    """Return a value as a person would write it; a dash where there is none.

    >>> text(26.43219), text(3680.0), text(True), text(None), text(0.0123456)
    ('26.43', '3680', 'yes', '-', '0.01235')
    """
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    if isinstance(value, list):
        return ", ".join(text(entry) for entry in value)
    if isinstance(value, dict):
        return "; ".join(f"{title_of(key)}: {text(entry)}" for key, entry in value.items())
    return str(value)


def caption(path: Path) -> str:
    """What a picture shows."""
    if path.stem.startswith("loop_"):
        return f"Flow and temperature in the loop {unquote(path.stem.removeprefix('loop_'))}"
    return CAPTIONS.get(path.stem, path.stem)


def inline(path: Path) -> str:
    """Return a drawing as part of a page: its text stays text that one can search and enlarge."""
    text = path.read_text(encoding="utf-8")
    return text[text.index("<svg") :]


def embedded(path: Path) -> str:
    """Return a PNG file as text that a page can hold."""
    return base64.b64encode(path.read_bytes()).decode("ascii")
