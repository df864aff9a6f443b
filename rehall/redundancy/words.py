"""A study of failures in words: for the terminal and for the report."""

from collections.abc import Sequence
from typing import Any

WARNINGS = 8
"""Warnings of states that are printed; the others are in the study's file."""
Row = dict[str, Any]


def headline(summary: Row) -> str:
    """How many states break a limit."""
    counts = summary["counts"]
    return (
        f"{counts['states']} states, {counts['fail']} break a limit, {counts['pass']} do not, "
        f"{counts['unsure']} undecided, {counts['unsolved']} unsolved"
    )


def shares(summary: Row) -> str:
    """How the states came by their solutions."""
    counts = summary["counts"]
    n = max(counts["states"], 1)

    def of(key: str) -> str:
        return f"{counts[key]} ({100 * counts[key] / n:.0f} %)"

    text = (
        f"Power and liquid: {of('batched')} in batches. Air in the end: {of('air_reused')} reused "
        f"from the normal state, {of('air_shared')} from another failure, {of('air_screened')} "
        f"screened out, {of('air_coarse_only')} without need of the fine grid, {of('air_solved')} "
        f"solved on it, {of('air_endless')} without a steady state. In time: {of('marched')} in "
        f"the air, {of('marched_coolant')} in coolant."
    )
    miss = counts["screening_miss"]
    if miss is not None:
        text += f" Of the stated error of the screening at most {100 * miss:.0f} % was needed."
    return text


def hours(found: Row) -> str:
    """Expected hours a year with a broken limit, and what contributes most."""
    text = (
        "Expected with a broken limit, were it always as at the design point: "
        f"{found['hours_broken_per_year']:.3g} h a year"
    )
    if found["by_component"]:
        first = found["by_component"][0]
        text += f", most of it by {first['component']} ({first['hours_per_year']:.3g} h)"
    text += (
        f"; undecided {found['hours_undecided_per_year']:.3g} h; "
        f"two or more failures at once {found['hours_beyond_per_year']:.3g} h."
    )
    missing = found["states_without_rates"]
    return text + (f" {len(missing)} states have no rate of failure." if missing else "")


def warned(states: Sequence[Row], most: int = WARNINGS) -> list[str]:
    """What is to be said about states, each text once, by the severity of the states.

    >>> warned([{"state": name, "warnings": ["hot"]} for name in ("A", "B", "C")])
    ['A and 2 more: hot']
    """
    of: dict[str, list[str]] = {}
    for state in states:
        for text in state["warnings"]:
            of.setdefault(text, []).append(state["state"])
    told = [
        names[0] + (f" and {len(names) - 1} more" if len(names) > 1 else "") + f": {text}"
        for text, names in of.items()
    ]
    left = len(told) - most
    return told[:most] + ([f"{left} more warnings are in the study's file"] if left > 0 else [])
