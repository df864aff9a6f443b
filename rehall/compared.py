"""The quantities of a comparison: each from the solution and summary of one case."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from power import PowerState
from power.nodes import Node
from rehall.node_air import node_headroom
from rehall.simulate import Solution

Value = float | str | None
Summary = dict[str, Any]
ALIKE = 100.0
"""Headroom that is the same within this much is alike [W]: of equal nodes the first is named."""
LEVELS = {
    "utility": ("utility",),
    "transformers": ("transformer",),
    "UPS": ("ups",),
    "boards": ("board", "pdu"),
    "feeders": ("busway", "cable", "whip"),
}
"""Levels of the chain: kinds of node by what they are called here."""


@dataclass(frozen=True)
class Quantity:
    """What is compared, in which section, and how it is read off one case."""

    section: str
    label: str
    unit: str
    read: Callable[[Solution, Summary], Value]


def quantities() -> list[Quantity]:
    """All quantities but what still fits, in the order of the table."""
    return [*_it(), *_air(), *_liquid(), *_power(), *_site()]


def _it() -> list[Quantity]:
    return [
        Quantity("IT", "IT power", "kW", _metric("it_kw")),
        Quantity("IT", "racks and shelves", "", lambda _, s: float(len(s["racks"]))),
        Quantity("IT", "GPUs", "", gpus),
        Quantity("IT", "IT power per rack, most", "kW", lambda _, s: _most(_column(s, "it_kw"))),
        Quantity("IT", "IT power per rack, mean", "kW", lambda _, s: _mean(_column(s, "it_kw"))),
        Quantity("IT", "IT power per floor area", "kW/m2", _metric("it_kw_per_m2")),
    ]


def _air() -> list[Quantity]:
    return [
        Quantity("air", "heat to air", "kW", lambda _, s: sum(_column(s, "air_kw"))),
        Quantity("air", "air through IT", "m3/s", lambda _, s: sum(_column(s, "air_m3_s"))),
        Quantity("air", "air through IT per IT power", "L/s/kW", air_per_power),
        Quantity("air", "hottest inlet", "degC", lambda _, s: _at(_hottest(s), "inlet_max_c")),
        Quantity("air", "hottest inlet at", "", lambda _, s: _at(_hottest(s), "name")),
        Quantity("air", "least margin to inlet limit", "K", lambda _, s: _margin(_tightest(s))),
        Quantity("air", "least margin at", "", lambda _, s: _at(_tightest(s), "name")),
    ]


def _liquid() -> list[Quantity]:
    return [
        Quantity("liquid", "heat to liquid", "kW", lambda _, s: sum(_column(s, "liquid_kw"))),
        Quantity("liquid", "share of IT heat to liquid", "%", liquid_share),
        Quantity("liquid", "coolant flow", "L/min", lambda _, s: _sum(_of(s, "loops", "flow_lpm"))),
        Quantity("liquid", "coolant supply", "degC", _warmest("loops", "supply_c")),
        Quantity("liquid", "coolant return", "degC", _warmest("loops", "return_c")),
        Quantity("liquid", "facility supply to CDUs", "degC", _facility("supply_c", True)),
        Quantity("liquid", "facility return from CDUs", "degC", _facility("return_c", True)),
        Quantity("liquid", "facility supply, air cooling", "degC", _facility("supply_c", False)),
        Quantity("liquid", "facility return, air cooling", "degC", _facility("return_c", False)),
    ]


def _power() -> list[Quantity]:
    levels = [
        quantity
        for level in LEVELS
        for quantity in (
            Quantity("power", f"own headroom, {level}", "kW", _headroom(level)),
            Quantity("power", f"own headroom, {level}", "%", _headroom_share(level)),
            Quantity("power", f"least headroom, {level}, at", "", _headroom_at(level)),
        )
    ]
    return [
        Quantity("power", "utility power", "kW", _metric("utility_kw")),
        Quantity("power", "share of contracted demand", "%", contracted_share),
        *levels,
        Quantity("power", "losses of the chain", "kW", losses),
    ]


def _site() -> list[Quantity]:
    return [
        Quantity("site", "PUE at design point", "", _metric("pue")),
        Quantity("site", "WUE at design point", "L/kWh", _metric("wue_l_per_kwh")),
        Quantity("site", "energy cost a year, all", "currency", _metric("energy_cost_per_year")),
        Quantity("site", "energy cost a year, IT alone", "currency", it_cost),
        Quantity("site", "verdict", "", lambda _, s: str(s["verdict"])),
    ]


def gpus(solution: Solution, summary: Summary) -> Value:
    """GPUs of all racks that are on."""
    items = (item for item in solution.case.items if item.on)
    return float(sum(getattr(item.entry, "gpus", 0) for item in items))


def air_per_power(solution: Solution, summary: Summary) -> Value:
    """Air through IT over IT power [L/s/kW]."""
    it = summary["metrics"]["it_kw"]
    return 1e3 * sum(_column(summary, "air_m3_s")) / it if it else None


def liquid_share(solution: Solution, summary: Summary) -> Value:
    """Share of IT heat that goes to liquid [%]."""
    share = summary["metrics"]["liquid_share"]
    return None if share is None else 100.0 * share


def contracted_share(solution: Solution, summary: Summary) -> Value:
    """Utility power over contracted demand [%]."""
    contracted = solution.case.site.contracted_demand
    return 1e5 * summary["metrics"]["utility_kw"] / contracted if contracted else None


def it_cost(solution: Solution, summary: Summary) -> Value:
    """Cost of a year of what IT draws: the share 1 / PUE of all."""
    cost, pue = (summary["metrics"][key] for key in ("energy_cost_per_year", "pue"))
    return cost / pue if cost is not None and pue else None


def losses(solution: Solution, summary: Summary) -> Value:
    """Losses of all nodes of the chain [kW]."""
    state = _state(solution)
    return float(state.losses.sum()) / 1e3 if state else None


def tightest_node(solution: Solution, level: str) -> tuple[Node, float, float] | None:
    """Node of a level with the least headroom of its own, that and its power [W]; None for none.

    A node without a rating, or dead, does not count.
    """
    state = _state(solution)
    if state is None or solution.power is None:
        return None
    nodes = solution.power[0].model.nodes
    own = node_headroom(solution).own
    rated = [
        n
        for n, node in enumerate(nodes)
        if node.kind in LEVELS[level] and state.live[n] and np.isfinite(own[n])
    ]
    if not rated:
        return None
    n = min(rated, key=lambda n: (round(float(own[n]) / ALIKE), n))
    return nodes[n], float(own[n]), float(state.power[n])


def _state(solution: Solution) -> PowerState | None:
    if solution.power is None or not solution.power[1].converged:
        return None
    return solution.power[1]


def _headroom(level: str) -> Callable[[Solution, Summary], Value]:
    def read(solution: Solution, summary: Summary) -> Value:
        found = tightest_node(solution, level)
        return found[1] / 1e3 if found else None

    return read


def _headroom_share(level: str) -> Callable[[Solution, Summary], Value]:
    """Headroom over headroom and power: the share of what the node could carry."""

    def read(solution: Solution, summary: Summary) -> Value:
        found = tightest_node(solution, level)
        if found is None or found[1] + found[2] <= 0.0:
            return None
        return 100.0 * found[1] / (found[1] + found[2])

    return read


def _headroom_at(level: str) -> Callable[[Solution, Summary], Value]:
    def read(solution: Solution, summary: Summary) -> Value:
        found = tightest_node(solution, level)
        return found[0].name if found else None

    return read


def _metric(key: str) -> Callable[[Solution, Summary], Value]:
    def read(solution: Solution, summary: Summary) -> Value:
        value: Value = summary["metrics"][key]
        return value

    return read


def _warmest(table: str, key: str) -> Callable[[Solution, Summary], Value]:
    def read(solution: Solution, summary: Summary) -> Value:
        return _most(_of(summary, table, key))

    return read


def _facility(key: str, of_loops: bool) -> Callable[[Solution, Summary], Value]:
    """Of the warmest facility loop among those that rack loops hang on, or among the others."""

    def read(solution: Solution, summary: Summary) -> Value:
        named = {model.spec.facility for model, _ in solution.loops.values()}
        rows = [row for row in summary["facilities"] if (row["name"] in named) == of_loops]
        return _most([row[key] for row in rows if row[key] is not None])

    return read


def _of(summary: Summary, table: str, key: str) -> list[float]:
    return [row[key] for row in summary[table] if row[key] is not None]


def _column(summary: Summary, key: str) -> list[float]:
    return _of(summary, "racks", key)


def _most(values: list[float]) -> float | None:
    return max(values, default=None)


def _sum(values: list[float]) -> float | None:
    return sum(values) if values else None


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _hottest(summary: Summary) -> Summary | None:
    rows = [row for row in summary["racks"] if row["inlet_max_c"] is not None]
    return max(rows, key=lambda row: row["inlet_max_c"], default=None)


def _tightest(summary: Summary) -> Summary | None:
    rows = [row for row in summary["racks"] if row["inlet_max_c"] is not None]
    return min(rows, key=lambda row: row["inlet_limit_c"] - row["inlet_max_c"], default=None)


def _margin(row: Summary | None) -> float | None:
    return row["inlet_limit_c"] - row["inlet_max_c"] if row else None


def _at(row: Summary | None, key: str) -> Value:
    return row[key] if row else None
