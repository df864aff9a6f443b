"""The part of a report about a study of failures: its sentences and its tables."""

from typing import Any

from rehall.redundancy.alike import alike, name_of
from rehall.redundancy.words import headline, hours, shares
from rehall.results import Table

LARGEST = 10
"""Components that are listed by their hours a year."""
SUBSYSTEM = ("subsystem", "failures", "break_a_limit", "cannot_be_told", "has", "claimed", "holds")
POINT = ("component", "state", "limit", "where", "first_limit_s")
Row = dict[str, Any]


def sentences(study: Row) -> list[str]:
    """How many states break a limit, how they were solved, and for how many hours a year."""
    of_states = f"{headline(study)}; {study['wall_s']:.0f} s, {study['device']}."
    return [of_states, shares(study), hours(study["availability"])]


def tables(study: Row) -> dict[str, Table]:
    """Tables by their title; those without rows are left out."""
    found = {
        "Failures by severity": [state_row(*group) for group in alike(study["states"])],
        "Subsystems: the redundancy that they have": _picked(study["subsystems"], SUBSYSTEM),
        "Single points of failure": _picked(study["single_points"], POINT),
        "What breaks limits for most hours": study["availability"]["by_component"][:LARGEST],
    }
    return {title: rows for title, rows in found.items() if rows}


def state_row(state: Row, count: int) -> Row:
    """A state, or several alike: what breaks worst, where, by how much, and after how long."""
    worst = state["broken"][0] if state["broken"] else {}
    return {
        "verdict": state["verdict"],
        "failure": name_of(state, count),
        "breaks": worst.get("limit"),
        "where": worst.get("where"),
        "value": f">{worst['value']:.4g}" if worst.get("beyond") else worst.get("value"),
        "limit": worst.get("limit_value"),
        "unit": worst.get("unit"),
        "first_limit_s": state["first_limit_s"],
        "more_limits": max(len(state["broken"]) - 1, 0),
        "unserved_kw": state["unserved_kw"],
        "throttled_kw": state["throttled_kw"],
        "air": state["air"],
        "reason": state["reason"] or None,
    }


def _picked(rows: Table, names: tuple[str, ...]) -> Table:
    return [{name: row[name] for name in names} for row in rows]
