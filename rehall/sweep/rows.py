"""A variant as one row: every number of its verdict, by name; and which rows are best."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rehall.sweep.samples import Vary
from rehall.sweep.variants import Variant
from rehall.verdict import NOTHING

Row = dict[str, Any]
FIRST = (
    *("number", "verdict", "reason", "broken", "undecided"),
    *("max_inlet_c", "max_inlet_at", "mean_inlet_c", "least_margin_pct", "least_margin_of"),
    *("pue", "utility_kw", "cooling_kw", "energy_cost_per_year"),
)
"""Columns that come first, behind the inputs."""
OF_NOTHING = {True: 100.0, None: 0.0, False: -100.0}
"""What is left of a limit of nothing that holds, that nobody can tell of, that is broken [%]."""
EXACT = 1e-6
"""What is left of a limit that is met to the digit [%]."""
WHOLE = ("balance", "metrics", "grid")
LISTS = (
    *("racks", "openings", "cooling_units", "cdus", "loops", "facilities"),
    *("branches", "pumps", "pipes", "facility_users", "power_nodes"),
)
COOLING = {
    "cooling_units": ("fan_kw",),
    "cdus": ("pump_kw",),
    "openings": ("power_kw",),
    "facilities": ("pump_kw", "rejection_kw"),
}
"""What draws power to cool, by table: fans, pumps, rejection of heat."""


def row_of(one: Variant, varied: Sequence[Vary], told: Row) -> Row:
    """The row of a solved variant, from what it has `told`."""
    summary = told["summary"]
    limits, metrics = summary["limits"], summary["metrics"]
    racks = [r for r in summary["racks"] if r["inlet_max_c"] is not None]
    hottest = max(racks, key=lambda r: r["inlet_max_c"], default=None)
    least = min((limit for limit in limits if not _given(limit)), key=margin, default=None)
    row = inputs_of(one, varied) | {
        "number": one.number,
        "verdict": summary["verdict"],
        "reason": "; ".join(summary["reasons"]),
        "broken": sum(limit["holds"] is False for limit in limits),
        "undecided": sum(limit["holds"] is None for limit in limits),
        "max_inlet_c": hottest and hottest["inlet_max_c"],
        "max_inlet_at": hottest and hottest["name"],
        "mean_inlet_c": sum(r["inlet_mean_c"] for r in racks) / len(racks) if racks else None,
        "least_margin_pct": least and margin(least),
        "least_margin_of": least and f"{least['name']} {least['where']}",
        "pue": metrics["pue"],
        "utility_kw": metrics["utility_kw"],
        "cooling_kw": cooling_power(summary),
        "energy_cost_per_year": metrics["energy_cost_per_year"],
    }
    row |= dict(_limits(limits)) | dict(_numbers(summary))
    return row | {"wall_s": round(told["wall_s"], 2), "started_from": told["start"]}


def failed_row(one: Variant, varied: Sequence[Vary], reason: str) -> Row:
    """The row of a variant that is no case, or could not be solved."""
    return inputs_of(one, varied) | {"number": one.number, "verdict": "unsolved", "reason": reason}


def inputs_of(one: Variant, varied: Sequence[Vary]) -> Row:
    """What is varied, by path."""
    return {v.path: value for v, value in zip(varied, one.values, strict=True)}


def cooling_power(summary: Row) -> float:
    """What fans, pumps and the rejection of heat draw [kW]."""
    return float(
        sum(row[key] for table, keys in COOLING.items() for row in summary[table] for key in keys)
    )


def margin(limit: Row) -> float:
    """What is left of a limit over it [%], below nothing where it is broken.

    A limit of nothing, as of load that is not served, has no share left: it is broken, or holds.
    """
    if abs(limit["limit"]) < NOTHING:
        return OF_NOTHING[limit["holds"]]
    away = limit["value"] - limit["limit"]
    if limit["holds"] is None:  # the side that it is on has to be told from its name
        away = away if limit["name"].endswith("_min") else -away
    else:
        away = abs(away) if limit["holds"] else -abs(away)
    return float(100 * away / abs(limit["limit"]))


def _given(limit: Row) -> bool:
    """Whether a limit is met to the digit: by what the case gives, as of a rack at its rating."""
    return limit["holds"] is True and abs(margin(limit)) < EXACT


def _limits(limits: Sequence[Row]) -> Iterator[tuple[str, Any]]:
    """Of every kind of limit the place that has least left."""
    for name in dict.fromkeys(limit["name"] for limit in limits):
        worst = min((limit for limit in limits if limit["name"] == name), key=margin)
        for key in ("value", "limit", "where", "holds"):
            yield f"{name}.{key}", worst[key]


def _numbers(summary: Row) -> Iterator[tuple[str, Any]]:
    """Every other number of the summary."""
    for part in WHOLE:
        yield from _plain(part, summary.get(part) or {})
    for part in LISTS:
        for entry in summary.get(part) or ():
            yield from _plain(f"{part}.{entry.get('name', '')}", entry)


def _plain(prefix: str, entries: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in entries.items():
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield f"{prefix}.{key}", value


def columns_of(rows: Sequence[Row], varied: Sequence[Vary]) -> list[str]:
    """Columns of all rows: inputs, what matters most, then the rest as it comes."""
    first = [*(v.path for v in varied), *FIRST]
    return list(dict.fromkeys([*first, *(key for row in rows for key in row)]))


def best(rows: Sequence[Row]) -> Row | None:
    """The variant that holds all limits with the least power for cooling."""
    held = [row for row in rows if row["verdict"] == "pass"]
    return min(held, key=lambda row: row["cooling_kw"], default=None)


def pareto(rows: Sequence[Row]) -> list[Row]:
    """Variants of which no other cools with less power and leaves as much of its limits.

    By power; those that did not converge are left out.
    """
    known = [r for r in rows if not r["reason"] and r["least_margin_pct"] is not None]
    found = list[Row]()
    for row in sorted(known, key=lambda r: (r["cooling_kw"], -r["least_margin_pct"])):
        if not found or row["least_margin_pct"] > found[-1]["least_margin_pct"]:
            found.append(row)
    return found
