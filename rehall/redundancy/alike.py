"""States of a study that break the same in the same way: one row for 32 whips."""

from collections.abc import Sequence
from typing import Any

Row = dict[str, Any]
TOGETHER = ("single", "pair")
"""States that are grouped; scenarios and whole sides stand alone."""


def alike(states: Sequence[Row]) -> list[tuple[Row, int]]:
    """The first of the states that are alike and how many they are, in the order of the states.

    Alike are failures of one kind and mode in one subsystem, of pairs the first, with one verdict:
    whose worst limit has the same value to three digits, and breaks at the same time to two.
    """
    found: dict[tuple[Any, ...], list[Row]] = {}
    for state in states:
        found.setdefault(_sort_of(state), []).append(state)
    return [(group[0], len(group)) for group in found.values()]


def name_of(state: Row, count: int) -> str:
    """Name of a row that stands for several states.

    >>> name_of({"state": "whip of A01 from BW-A1 lost"}, 32)
    'whip of A01 from BW-A1 lost and 31 alike'
    """
    return state["state"] if count == 1 else f"{state['state']} and {count - 1} alike"


def shortened(name: str, most: int) -> str:
    """A name of at most so many letters; how many are alike stays.

    >>> shortened("whip of A01 from BW-A1 lost and 31 alike", 30)
    'whip of A01 from… and 31 alike'
    """
    if len(name) <= most:
        return name
    start, _, more = name.rpartition(" and ")
    end = f"… and {more}" if start and more.endswith(" alike") else "…"
    return name[: most - len(end)].rstrip() + end


def _sort_of(state: Row) -> tuple[Any, ...]:
    kind = state["kind_of_state"]
    none: Row = {"limit": "", "value": None}
    worst = state["broken"][0] if state["broken"] else none
    return (
        *(kind, state["kind"], state["mode"], state["subsystem"], state["verdict"]),
        "" if kind in TOGETHER else state["state"],
        *(worst["limit"], _digits(worst["value"], 3), _digits(state["first_limit_s"], 2)),
        *(_digits(state[name], 2) for name in ("unserved_kw", "throttled_kw")),
    )


def _digits(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}g}"
