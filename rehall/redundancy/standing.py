"""The redundancy that subsystems have by what their failures break, beside what is claimed."""

from collections.abc import Mapping, Sequence
from typing import Any

from rehall.redundancy.chosen import PAIR, SIDE, SINGLE
from rehall.redundancy.record import FAIL, PASS

Row = dict[str, Any]
ORDER = ("N", "N+1", "N+2", "2N")
"""Levels from the least to the most; 2N stands for all of one side."""
SHOWN = 4
"""Exceptions that are named."""


def standings(records: Sequence[Row], claims: Mapping[str, str]) -> list[Row]:
    """One row for each subsystem: its failures, what it has, what is claimed, whether that holds.

    N+1 where no single failure breaks a limit that held, N where every one does, and `N+1 except`
    between; with pairs N+2 where none of two of it does; 2N where neither of its sides does. Claims
    that no state has tested are not shown to hold.
    """
    singles = [record for record in records if record["kind_of_state"] == SINGLE]
    groups = dict.fromkeys(record["subsystem"] for record in singles)
    rows = [_row(group, records, claims.get(group)) for group in groups]
    missing = [name for name in claims if name not in groups]
    return rows + [_untested(name, claims[name]) for name in missing]


def _row(group: str, records: Sequence[Row], claim: str | None) -> Row:
    def of(kind: str) -> list[Row]:
        return [r for r in records if r["kind_of_state"] == kind and r["subsystems"] == [group]]

    singles, pairs, sides = of(SINGLE), of(PAIR), of(SIDE)
    broken = [r for r in singles if r["verdict"] == FAIL]
    unclear = [r for r in singles if r["verdict"] not in (FAIL, PASS)]
    level = "N" if broken else "N+1"
    if not broken and not unclear and pairs and all(r["verdict"] == PASS for r in pairs):
        level = "N+2"
    if not broken and not unclear and sides and all(r["verdict"] == PASS for r in sides):
        level = "2N"
    names = [r["state"] for r in broken]
    found = level
    if broken and len(broken) < len(singles):
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        found = f"N+1 except {', '.join(names[:SHOWN])}{more}"
    elif unclear:
        found = f"{level}, of which {len(unclear)} cannot be told"
    return {
        "subsystem": group,
        "failures": len(singles),
        "break_a_limit": len(broken),
        "cannot_be_told": len(unclear),
        "has": found,
        "level": level,
        "claimed": claim,
        "holds": None if claim is None else _holds(level, claim, bool(unclear)),
        "except": names,
    }


def _holds(level: str, claim: str, unclear: bool) -> bool | None:
    """Whether a claim holds; None where failures that cannot be told stand in between."""
    met = claim == "N" or (claim in ORDER and ORDER.index(level) >= ORDER.index(claim))
    if met and unclear and claim != "N":
        return None
    return met


def _untested(name: str, claim: str) -> Row:
    return {
        "subsystem": name,
        "failures": 0,
        "break_a_limit": 0,
        "cannot_be_told": 0,
        "has": "not studied",
        "level": None,
        "claimed": claim,
        "holds": None,
        "except": [],
    }
