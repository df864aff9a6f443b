"""Failures against limits as a matrix of signs: what its picture shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rehall.redundancy.alike import alike, name_of
from rehall.redundancy.limit_words import GROUPS, word_of
from rehall.verdict import NOTHING

Row = dict[str, Any]
BROKEN, UNDECIDED, TIGHT = "broken", "undecided", "tight"
HOLDS, UNTOUCHED = "holds", "untouched"
LITTLE = 10.0
"""Margin below which a limit that holds is tight [% of the limit]."""
MOVED = 0.5
"""Change of a margin from which a failure touches a limit [% of the limit]."""
ROWS = 60
"""Most failures in the picture."""
NORMAL = "normal state"


@dataclass(frozen=True)
class Cell:
    """One limit in one state, and what is written there: seconds to it, or its margin."""

    kind: str
    text: str = ""


@dataclass(frozen=True)
class Line:
    """One row: states that are alike, their verdict, and a cell for each column."""

    name: str
    verdict: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Matrix:
    """`columns` are limits by domain that some failure touches, `others` those that none does.

    `left_out` are failures beyond the most that are shown, by verdict.
    """

    columns: tuple[str, ...]
    others: tuple[str, ...]
    lines: tuple[Line, ...]
    left_out: dict[str, int]


def matrix_of(summary: Row, rows: int = ROWS) -> Matrix:
    """The normal state and the failures of a study by severity, at most so many rows of them."""
    normal = summary["normal"]
    known = sorted({name for state in (normal, *summary["states"]) for name in _limits(state)})
    known.sort(key=lambda name: GROUPS.index(word_of(name).group))  # stable: by name in a group
    groups = alike(summary["states"])
    cells = [{name: cell_of(state, normal, name) for name in known} for state, _ in groups]
    columns = tuple(n for n in known if any(row[n].kind != UNTOUCHED for row in cells))
    lines = [Line(NORMAL, normal["verdict"], tuple(normal_cell(normal, n) for n in columns))]
    for (state, count), row in zip(groups[:rows], cells, strict=False):
        picked = tuple(row[name] for name in columns)
        lines.append(Line(name_of(state, count), state["verdict"], picked))
    left_out: dict[str, int] = {}
    for state, count in groups[rows:]:
        left_out[state["verdict"]] = left_out.get(state["verdict"], 0) + count
    others = tuple(name for name in known if name not in columns)
    return Matrix(columns, others, tuple(lines), left_out)


def cell_of(state: Row, normal: Row, limit: str) -> Cell:
    """A limit in a failure: broken, undecided, tight or held; untouched where it is as before."""
    new = [row for row in state["broken"] if row["limit"] == limit]
    if any(row["holds"] is False for row in new):
        return Cell(BROKEN, soonest([row for row in new if row["holds"] is False]))
    if new:
        return Cell(UNDECIDED)
    here, before = state["limits"].get(limit), normal["limits"].get(limit)
    if here is None or (before is not None and _same(here, before)):
        return Cell(UNTOUCHED)
    return _told(here)


def normal_cell(normal: Row, limit: str) -> Cell:
    """A limit in the normal state; a rule of the chain that has no row there holds."""
    here = normal["limits"].get(limit)
    return Cell(HOLDS) if here is None else _told(here)


def soonest(rows: Sequence[Row]) -> str:
    """When the first of some broken limits breaks; nothing where that is not known."""
    times = [row["at_s"] for row in rows if row["at_s"] is not None]
    return f"{min(times):.0f} s" if times else ""


def _limits(state: Row) -> set[str]:
    return {*state["limits"], *(row["limit"] for row in state["broken"])}


def _told(row: Mapping[str, Any]) -> Cell:
    if row["holds"] is not True:
        return Cell(BROKEN if row["holds"] is False else UNDECIDED)
    margin, limit = row["margin_pct"], row["limit_value"]
    share = limit is not None and abs(limit) > NOTHING and margin is not None
    return Cell(TIGHT, f"{int(margin)} %") if share and margin < LITTLE else Cell(HOLDS)


def _same(here: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    if here["holds"] is not before["holds"]:
        return False
    margins = [row["margin_pct"] for row in (here, before)]
    return margins[0] == margins[1] or (
        None not in margins and abs(margins[0] - margins[1]) < MOVED
    )
