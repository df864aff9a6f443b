"""The redundancy that subsystems have by what their failures break, beside what is claimed."""

from collections.abc import Mapping, Sequence
from typing import Any

from rehall.redundancy.chosen import PAIR, SIDE, SINGLE
from rehall.redundancy.record import FAIL, PASS

Row = dict[str, Any]
SHOWN = 4
"""Exceptions that are named."""


def standings(
    records: Sequence[Row], claims: Mapping[str, str], wholes: Mapping[str, int]
) -> list[Row]:
    """One row for each subsystem: its failures, what it has, what is claimed, whether that holds.

    N+1 where no single failure breaks a limit that held, N where every one does, and `N+1 except`
    between. What does not start when it is asked for is judged against what asks for it: the loss
    of the supply breaks what it breaks. With
    pairs N+2 where none of two of it does; 2N where neither of its sides does.
    `wholes` is how many single failures each subsystem has: what was not solved shows nothing.
    """
    singles = [record for record in records if record["kind_of_state"] == SINGLE]
    groups = dict.fromkeys([*(record["subsystem"] for record in singles), *claims])
    return [_row(group, records, claims.get(group), wholes.get(group, 0)) for group in groups]


def _row(group: str, records: Sequence[Row], claim: str | None, whole: int) -> Row:
    def of(kind: str) -> list[Row]:
        return [r for r in records if r["kind_of_state"] == kind and r["subsystems"] == [group]]

    singles = of(SINGLE)
    singles = [_beside(record, records) for record in singles]
    broken = [record["state"] for record in singles if record["verdict"] == FAIL]
    unclear = sum(record["verdict"] not in (FAIL, PASS) for record in singles)
    one = _held(singles) if len(singles) >= whole else (False if broken else None)
    two, side = _held(of(PAIR)), _held(of(SIDE))
    return {
        "subsystem": group,
        "failures": len(singles),
        "not_studied": max(whole - len(singles), 0),
        "break_a_limit": len(broken),
        "cannot_be_told": unclear,
        "has": _has(broken, len(singles), unclear, (one, two, side)),
        "claimed": claim,
        "holds": None if claim is None else _holds(claim, one, two, side),
        "except": broken,
    }


def _beside(record: Row, records: Sequence[Row]) -> Row:
    """A failure to start, as it stands beside the loss that asks for the start: it passes where it
    breaks nothing more."""
    if record.get("asked_by") is None or record["verdict"] != FAIL:
        return record
    asking = [r for r in records if r["state"] == record["asked_by"]]
    known = {_place(row) for one in asking for row in one["broken"] if row["holds"] is False}
    more = [r for r in record["broken"] if r["holds"] is False and _place(r) not in known]
    return record if more or not asking else {**record, "verdict": PASS}


def _place(row: Row) -> tuple[str, str]:
    return row["limit"], row["where"]


def _held(records: Sequence[Row]) -> bool | None:
    """Whether no state breaks a limit; None where one cannot be told, or there is none."""
    verdicts = [record["verdict"] for record in records]
    if FAIL in verdicts:
        return False
    return True if verdicts and set(verdicts) == {PASS} else None


def _has(broken: Sequence[str], singles: int, unclear: int, held: tuple[bool | None, ...]) -> str:
    """In words; `held` are single failures, two of them, and its sides."""
    one, two, side = held
    if not singles:
        return "not studied"
    if broken and len(broken) == singles:
        return "N"
    if broken:
        more = f" and {len(broken) - SHOWN} more" if len(broken) > SHOWN else ""
        return f"N+1 except {', '.join(broken[:SHOWN])}{more}"
    found = "N+2" if one and two else "N+1"
    found = f"{found}, 2N" if one and side else found
    return found if not unclear else f"{found}, of which {unclear} cannot be told"


def _holds(claim: str, one: bool | None, two: bool | None, side: bool | None) -> bool | None:
    """Whether a claim holds; None where no state shows it."""
    if claim == "N":
        return True
    if one is False or claim == "N+1":
        return one
    if claim == "2N":
        return side if side is not True else one
    if claim == "N+2":
        return two if two is not True else one
    return False if two is False else None  # three at once are never solved
