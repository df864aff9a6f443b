"""What a failure breaks: one record a state, as the study's files hold it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rehall.power_study import Finding, finite
from rehall.redundancy.passing import Passing
from rehall.verdict import NOTHING, Limit

Row = dict[str, Any]
Known = Mapping[tuple[str, str], bool | None]
"""Whether limits hold in the normal state, by name and place."""
PASS, FAIL, UNSURE, UNSOLVED = "pass", "fail", "unsure", "unsolved"
END = "in the end"
UNSERVED = "unserved_power"
RANK = {FAIL: 0, UNSOLVED: 1, UNSURE: 2, PASS: 3}
IN_TIME = "_transient"
NO_TIMES: Row = dict.fromkeys(("at_s", "back_s", "back_after_s", "earliest_s", "latest_s"))
NO_TIMES |= {"beyond": False}
NOTICED = 0.5
"""Loss of a margin that is told [percent of the limit]."""


def rows_of_limits(
    limits: Sequence[Limit], passed: Sequence[Passing], span: float = np.inf
) -> list[Row]:
    """Limits in the end and in time, one row for each name and place: the worse of the two.

    `span` is how long things were followed [s]: what is back in the end only is back after it.
    """
    found = {(limit.name, limit.where): _row(limit) for limit in limits}
    for passing in passed:
        name = passing.limit.name.removesuffix(IN_TIME)
        key = name, passing.limit.where
        row = _row(passing.limit) | {"limit": name, "when": "in time", "beyond": passing.beyond}
        times: Row = {"at_s": passing.at, "back_s": passing.back}
        times |= {"earliest_s": passing.earliest, "latest_s": passing.latest}
        end = found.get(key)
        if end is not None and end["holds"] is not True:
            times["back_s"] = None  # it is not within its limit in the end
        elif passing.at is not None and passing.back is None and end is not None:
            times["back_after_s"] = span  # it is in the end
        worse = end is None or _worse(row, end)
        found[key] = (row if worse or end is None else end) | times
    return list(found.values())


def _row(limit: Limit) -> Row:
    known = limit.uncertainty
    return {
        "limit": limit.name,
        "where": limit.where,
        "value": finite(limit.value),
        "limit_value": finite(limit.limit),
        "unit": limit.unit,
        "uncertainty": None if known is None else finite(known),
        "holds": limit.holds,
        "margin_pct": finite(100 * margin(limit)),
        "when": END,
        **NO_TIMES,
    }


def margin(limit: Limit) -> float:
    """What is left of a limit as a share of it, of temperatures in degC [-]."""
    left = limit.value - limit.limit if limit.least else limit.limit - limit.value
    return left / abs(limit.limit) if abs(limit.limit) > NOTHING else left


def _worse(row: Row, than: Row) -> bool:
    rank = {False: 0, None: 1, True: 2}
    left = [-np.inf if each["margin_pct"] is None else each["margin_pct"] for each in (row, than)]
    return (rank[row["holds"]], left[0]) < (rank[than["holds"]], left[1])


def row_of_finding(finding: Finding) -> Row:
    """A rule of the power chain that does not hold."""
    told = finding.row()
    return {
        "limit": told["rule"].replace(" ", "_"),
        "where": told["where"],
        "value": told["value"],
        "limit_value": told["limit"],
        "unit": told["unit"],
        "uncertainty": 0.0,
        "holds": False,
        "margin_pct": told["margin_pct"],
        "when": told["when"] or END,
        **NO_TIMES,
    }


def broken_rows(rows: Sequence[Row], normal: Known) -> list[Row]:
    """Rows that are broken or undecided and were not broken in the normal state, worst first."""
    new = [
        row
        for row in rows
        if row["holds"] is not True and normal.get((row["limit"], row["where"]), True) is not False
    ]
    return sorted(new, key=_severity)


def _severity(row: Row) -> tuple[bool, bool, float]:
    """What is broken first, then by what is left of the limit; limits of nothing have no share."""
    left, most = row["margin_pct"], row["limit_value"]
    nothing = most is None or abs(most) < NOTHING
    return row["holds"] is None, nothing, -np.inf if left is None else left


def verdict_of(broken: Sequence[Row], reason: str) -> str:
    """The verdict of a state."""
    if any(row["holds"] is False for row in broken):
        return FAIL
    if reason:
        return UNSOLVED
    return UNSURE if broken else PASS


def tightest(rows: Sequence[Row]) -> dict[str, Row]:
    """Of each limit the row with least left, as cells of the matrix of failures and limits."""
    found: dict[str, Row] = {}
    for row in rows:
        last = found.get(row["limit"])
        if last is None or _worse(row, last):
            found[row["limit"]] = row
    kept = ("where", "margin_pct", "holds", "value", "beyond", "limit_value", "unit", "at_s")
    return {name: {key: row[key] for key in kept} for name, row in sorted(found.items())}


def nearest_limit(rows: Sequence[Row], normal: Mapping[tuple[str, str], Limit]) -> Row | None:
    """Of the limits that hold and have less left than normally, the one with least."""
    found = [
        row
        for row in rows
        if row["holds"] is True and row["margin_pct"] is not None and _less_left(row, normal)
    ]
    return min(found, key=lambda row: row["margin_pct"], default=None)


def _less_left(row: Row, normal: Mapping[tuple[str, str], Limit]) -> bool:
    before = normal.get((row["limit"], row["where"]))
    return before is not None and row["margin_pct"] < 100.0 * margin(before) - NOTICED


def by_severity(records: Sequence[Row], it_kw: float) -> list[Row]:
    """Failures first that cost most, then soonest.

    What a failure costs is the power that servers lack or give up, in tenths of all of theirs; then
    come those that break another limit than of load that is not served; then time, and the number
    of limits.
    """

    def key(record: Row) -> tuple[int, int, bool, float, int, float]:
        lost = record["unserved_kw"] + record["throttled_kw"]
        tenths = int(10 * lost / max(it_kw, 1e-9) + 1e-9)
        sure = [row for row in record["broken"] if row["holds"] is False]
        only = bool(sure) and all(row["limit"] == UNSERVED for row in sure)
        times = [record["first_limit_s"]]
        times += [record["unserved_at_s"]] if tenths or only else []
        soon = min((at for at in times if at is not None), default=np.inf)
        return RANK[record["verdict"]], -tenths, only and not tenths, soon, -len(sure), -lost

    return sorted(records, key=key)
