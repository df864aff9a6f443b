"""The power study of a case as tables: nodes, states, margins, loads, breakers, generators."""

from collections.abc import Callable
from typing import Any

import numpy as np

from power import backup
from power.headroom import Headroom
from power.solve import PowerState
from rehall.config import Case
from rehall.electrical import PowerSide
from rehall.layout import Item
from rehall.power_study import NORMAL, SHOWN, WHEN, PowerStudy, Row, finite
from rehall.schema.entries import Rack


def rack_kind(case: Case) -> Item | None:
    """The kind of rack with most power in the hall, of which more may be wanted; None without."""
    servers = [item for item in case.items if isinstance(item.entry, Rack) and item.power > 0]
    servers = servers or [item for item in case.items if hasattr(item.entry, "hashrate")]
    total: dict[str, float] = {}
    for item in servers:
        total[item.entry.name] = total.get(item.entry.name, 0.0) + item.power
    if not total:
        return None
    most = max(total, key=lambda name: total[name])
    return next(item for item in servers if item.entry.name == most)


def feeders(case: Case, side: PowerSide) -> np.ndarray:
    """Places of the nodes on which servers hang."""
    critical = [load for load in side.model.loads if load.critical]
    names = dict.fromkeys(feed for load in critical for feed in load.feeds)
    return np.array([side.model.index[name] for name in names], dtype=int)


def state_rows(found: PowerStudy) -> list[Row]:
    """One row for each failure: the tightest feeder, what ends it, unserved load, what breaks."""
    places, rack = feeders(found.case, found.side), rack_kind(found.case)
    nodes, rows = found.side.model.nodes, []
    for n, failure in enumerate(found.study.failures):
        live = found.study.state.live[found.study.settled(n)][places]
        room = np.where(live, found.room.path[n, places], np.inf)
        at = int(np.argmin(room)) if len(places) else 0  # a NaN is less than all
        known = len(places) > 0 and np.isfinite(room[at])
        binding = int(found.room.binding[n, places[at]]) if known else -1
        lost, broken = found.study.unserved(n), found.broken(n)
        rows.append(
            {
                "state": str(failure),
                "headroom_kw": float(room[at]) / 1e3 if known else None,
                "headroom_racks": _racks(float(room[at]), rack) if known else None,
                "at": nodes[places[at]].name if known else None,
                "binding": nodes[binding].name if binding >= 0 else None,
                "unserved_kw": float(lost.sum()) / 1e3,
                "unserved_loads": int((lost > 0).sum()),
                "broken": len(broken),
                "worst": f"{broken[0].check.rule} of {broken[0].check.node}" if broken else None,
                "converged": found.study.solved(n),
            }
        )
    return rows


def _racks(room: float, rack: Item | None) -> int | None:
    return None if rack is None else int(np.floor(room / rack.power + 1e-9))


def node_rows(found: PowerStudy) -> list[Row]:
    """One row for each node: the normal state, and its headroom after the worst failure."""
    state = found.study.state.at(found.study.settled(NORMAL))
    rack = rack_kind(found.case)
    live = found.study.state.live[
        [found.study.settled(n) for n in range(len(found.study.failures))]
    ]
    after = np.where(live, found.room.path, np.inf)  # NaN, less than all, without a solution
    rows = []
    for n in range(len(found.side.model.nodes)):
        worst = int(np.argmin(after[:, n]))
        rows.append(
            node_row(found.side, state, found.room, n, NORMAL)
            | {
                "continuous_pct": _continuous(found, n),
                "headroom_racks": _whole(found.room.path[NORMAL, n], rack),
                "worst_headroom_kw": finite(after[worst, n] / 1e3),
                "worst_headroom_racks": _whole(after[worst, n], rack),
                "worst_state": str(found.study.failures[worst]),
                "short_circuit_ka": _current(found.faults.largest[:, n], np.max),
                "short_circuit_least_ka": _current(found.faults.smallest[:, n], np.min),
                "derating_pct": 100 * float(found.study.limits.derating[n]),
                "air_c": finite(float(found.air[n]) - 273.15),
            }
        )
    return rows


def node_row(side: PowerSide, state: PowerState, room: Headroom, n: int, row: int) -> Row:
    """What is known of one node in one state."""
    node = side.model.nodes[n]
    rated, names = node.rating > 0, [other.name for other in side.model.nodes]
    binding, feed = int(room.binding[row, n]), int(state.fed_from[n])
    return {
        "name": node.name,
        "kind": node.kind,
        "fed_by": list(node.fed_by),
        "fed_from": names[feed] if feed >= 0 else None,
        "live": bool(state.live[n]),
        "rating_kva": node.rating / 1e3 if rated else None,
        "load_kva": finite(state.load[n] / 1e3),
        "load_kw": finite(state.power[n] / 1e3),
        "loading_pct": finite(100 * state.loading[n]) if rated else None,
        "headroom_kw": finite(float(room.path[row, n]) / 1e3),
        "headroom_ends_at": names[binding] if binding >= 0 else None,
        "voltage_v": finite(state.voltage[n]),
        "voltage_drop_pct": finite(100 * state.voltage_drop[n]),
        "losses_kw": finite(state.losses[n] / 1e3),
    }


def _continuous(found: PowerStudy, n: int) -> float | None:
    """Share of its rating that a node carries for hours in its air, in the normal state [%]."""
    limit = found.study.limits.apparent[found.study.settled(NORMAL), n]
    rating = found.side.model.rating[n]
    return finite(100 * float(limit) / rating) if rating > 0 else None


def _current(of_states: np.ndarray, which: Callable[[np.ndarray], Any]) -> float | None:
    """The largest or smallest short-circuit current at a node of all states in which it is live."""
    known = of_states[np.isfinite(of_states) & (of_states > 0)]
    return float(which(known)) / 1e3 if len(known) else None


def pair_rows(found: PowerStudy) -> list[Row]:
    """One row for each pair of overcurrent devices in series."""
    return [
        {
            "upper": pair.upper,
            "lower": pair.lower,
            "upper_a": pair.upper_rating,
            "lower_a": pair.lower_rating,
            "ratio": pair.ratio,
            "wanted": pair.wanted,
            "holds": pair.holds,
            "upper_feeds_only_this": pair.alone,
            "ups": pair.ups or None,
            "inverter_trips_it": pair.trips,
        }
        for pair in found.pairs
    ]


def _whole(room: float, rack: Item | None) -> int | None:
    return _racks(float(room), rack) if np.isfinite(room) else None


def margin_rows(found: PowerStudy) -> list[Row]:
    """One row for each rule at each node or load: the state in which its margin is least."""
    rows = []
    for rule in found.study.rules:
        scale, unit = SHOWN.get(rule.unit, (1.0, rule.unit))
        left = np.where(rule.applies, rule.margin, np.inf)
        for thing in map(int, np.flatnonzero(rule.applies.any(axis=0))):
            row = int(np.argmin(left[:, thing]))
            check = rule.check(row, thing)
            rows.append(
                {
                    "rule": check.rule,
                    "where": check.node,
                    "state": str(found.study.failures[row // len(found.study.moments)]),
                    "when": WHEN[found.study.moments[row % len(found.study.moments)]],
                    "value": finite(check.value * scale),
                    "limit": finite(check.limit * scale),
                    "unit": unit,
                    "margin_pct": finite(100 * check.margin) if check.limit else None,
                    "holds": check.holds,
                    "informational": check.informational,
                    "source": check.source,
                }
            )
    return rows


def step_rows(found: PowerStudy) -> list[Row]:
    """The sequence of loads on every generator, in the failure in which a step is worst."""
    worst: dict[str, tuple[float, int, list[backup.Step]]] = {}
    for n, steps in found.sequences:
        share = max(step.power / step.limit if step.limit else np.inf for step in steps)
        if steps[0].generator not in worst or share > worst[steps[0].generator][0]:
            worst[steps[0].generator] = share, n, steps
    return [
        {
            "generator": step.generator,
            "state": str(found.study.failures[n]),
            "time_s": step.time,
            "through": list(step.what),
            "at_once_kw": step.power / 1e3,
            "limit_kw": step.limit / 1e3,
            "ramped_kw": step.ramped / 1e3,
        }
        for _, n, steps in worst.values()
        for step in steps
    ]


def tables_of(found: PowerStudy) -> dict[str, list[Row]]:
    """Every table of a study, by its name in the summary."""
    return {
        "power_nodes": node_rows(found),
        "power_states": state_rows(found),
        "power_findings": [finding.row() for finding in found.findings],
        "power_margins": margin_rows(found),
        "power_loads": load_rows(found),
        "power_selectivity": pair_rows(found),
        "generator_steps": step_rows(found),
    }


def load_rows(found: PowerStudy) -> list[Row]:
    """One row for each load in the normal state."""
    state = found.study.state.at(found.study.settled(NORMAL))
    kinds = {item.name: item.kind for item in found.case.items}
    kinds |= {opening.name: "exhaust_fan" for opening in found.case.openings}
    return [
        {
            "name": load.name,
            "group": kinds.get(load.name, "facility"),
            "feeds": list(load.feeds),
            "power_kw": float(found.study.wanted[n]) / 1e3,
            "served_kw": float(state.served[n]) / 1e3,
        }
        for n, load in enumerate(found.side.model.loads)
    ]
