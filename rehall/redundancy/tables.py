"""A study of failures on the terminal."""

from typing import Any

from rich.console import Console
from rich.table import Table

from rehall.redundancy.alike import alike, name_of
from rehall.redundancy.words import headline, hours, shares, warned
from rehall.tables import COLOURS

Row = dict[str, Any]
AIR = {
    "reused": "reused",
    "screened": "screened",
    "coarse": "coarse",
    "solved": "solved",
    "endless": "no end",
    "": "?",
}


def print_study(summary: Row, out: Console) -> None:
    """Print the states by severity, subsystems, single points and what the study took."""
    out.print()
    out.print(
        f"{summary['verdict']}  {summary['case']}: {headline(summary)}; "
        f"{summary['wall_s']:.0f} s, {summary['device']}",
        style=COLOURS.get(summary["verdict"], ""),
    )
    out.print(shares(summary))
    out.print(states_table(summary["states"]))
    out.print(subsystems_table(summary["subsystems"]))
    out.print(hours(summary["availability"]))
    for text in summary["unknown"]:
        out.print(f"Limits of the coolant break sooner than they do: {text}", markup=False)
    for text in warned(summary["states"]):
        out.print(f"warning: {text}", markup=False, style=COLOURS["unsure"])


def states_table(states: list[Row]) -> Table:
    """States by severity: what breaks worst, where, by how much, when, and what is not served.

    Those that are alike share a row, with the numbers of the first.
    """
    table = Table(box=None, pad_edge=False)
    for name, justify in (
        *(("verdict", "left"), ("failure", "left"), ("breaks", "left"), ("at", "left")),
        *(("value", "right"), ("limit", "right"), ("unit", "left"), ("after", "right")),
        *(("unserved kW", "right"), ("throttled kW", "right"), ("more", "right"), ("air", "left")),
    ):
        table.add_column(name, justify=justify, no_wrap=name in ("verdict", "after"))  # type: ignore[arg-type]
    for state, count in alike(states):
        worst = state["broken"][0] if state["broken"] else state["nearest"]
        cells = ["", "", "", "", ""] if worst is None else _cells(worst)
        if not state["broken"] and worst is not None:
            cells[0] = f"({cells[0]})"
        after = state["first_limit_s"]
        more = len(state["broken"]) - 1
        table.add_row(
            state["verdict"],
            name_of(state, count),
            *cells,
            seconds(after, state["first_limit_sure"]),
            _unserved(state),
            f"{state['throttled_kw']:.0f}" if state["throttled_kw"] else "",
            f"+{more}" if more > 0 else "",
            AIR.get(state["air"], state["air"]),
            style=COLOURS.get(state["verdict"], ""),
        )
    return table


def seconds(time: float | None, sure: bool = True) -> str:
    """A time as the table shows it [s].

    >>> seconds(0.02), seconds(12.4), seconds(42.6, False), seconds(None)
    ('<1 s', '12 s', '~43 s', '')
    """
    if time is None:
        return ""
    told = f"{time:.0f} s" if time >= 1.0 else "<1 s"
    return told if sure else f"~{told}"


def _unserved(state: Row) -> str:
    """Power that critical loads lack, and from when on where that is not at once."""
    if not state["unserved_kw"]:
        return ""
    at = state["unserved_at_s"] or 0.0
    return f"{state['unserved_kw']:.0f}" + (f" ({at:.0f} s)" if at > 0.0 else "")


def _cells(row: Row) -> list[str]:
    value, limit = (
        "" if row[key] is None else f"{row[key]:.4g}" for key in ("value", "limit_value")
    )
    value = f">{value}" if row["beyond"] else value
    return [row["limit"], row["where"], value, limit, row["unit"]]


def subsystems_table(rows: list[Row]) -> Table:
    """What redundancy every subsystem has, beside what is claimed."""
    table = Table(box=None, pad_edge=False)
    for name in ("subsystem", "failures", "has", "claimed", "holds"):
        table.add_column(name, justify="right" if name == "failures" else "left")
    words = {True: "yes", False: "NO", None: "not shown"}
    for row in rows:
        claim = row["claimed"]
        holds = "" if claim is None else words[row["holds"]]
        style = COLOURS["fail"] if claim is not None and row["holds"] is False else ""
        table.add_row(
            row["subsystem"], str(row["failures"]), row["has"], claim or "", holds, style=style
        )
    return table
