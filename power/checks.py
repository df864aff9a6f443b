"""Rules that every node must keep, with the source of each."""

from dataclasses import dataclass

import numpy as np

from power.network import PowerModel
from power.nodes import FULLY_RATED, Line, Load, Node, Ups, Utility
from power.solve import PowerState

BRANCH_DROP = 0.03  # NEC 210.19(A) and 215.2(A), informational notes
TOTAL_DROP = 0.05  # the same notes: feeder and branch circuit together
DROP_SOURCE = "NEC 210.19(A) and 215.2(A), informational notes"
CONTINUOUS_SOURCE = "NEC 210.20(A), 215.3: overcurrent device >= 125 % of the continuous load"
FULLY_RATED_SOURCE = "NEC 210.20(A), 215.3, exception: listed for 100 % of its rating"
RATING_SOURCE = {
    "transformer": "IEC 60076-1: rated power is for continuous loading",
    "ups": "IEC 62040-3: rated output apparent and active power",
    "utility": "rating of the grid connection",
}


@dataclass(frozen=True)
class Check:
    """One rule at one node (or load): `holds` is value <= limit, in `unit` (1: a ratio).

    An informational rule is a recommendation: breaking it is reported and fails nothing.
    """

    node: str
    rule: str
    value: float
    limit: float
    unit: str
    holds: bool
    source: str
    informational: bool = False


def checks(model: PowerModel, state: PowerState) -> list[Check]:
    """Every rule at every live node, and whether every load is served."""
    found: list[Check] = []
    for place in np.flatnonzero(state.live):
        found += _node_checks(model.nodes[place], state, place)
    for load, unserved in zip(model.loads, state.unserved, strict=True):
        found.append(_served(load, float(unserved)))
    return found


def _node_checks(node: Node, state: PowerState, place: np.intp) -> list[Check]:
    load, power = float(state.load[place]), float(state.power[place])
    found = []
    if node.rating > 0:
        found.append(_continuous(node, load))
    match node:
        case Ups():
            limit = node.continuous_factor * node.rated_power
            found.append(_check(node, "real power", power, limit, "W", RATING_SOURCE["ups"]))
        case Utility() if node.demand_limit < np.inf:
            limit = node.demand_limit
            found.append(_check(node, "contracted demand", power, limit, "W", "supply contract"))
        case Line():
            found.append(_drop(node, "voltage drop", float(state.own_drop[place]), BRANCH_DROP))
            total = float(state.feeder_drop[place])
            found.append(_drop(node, "voltage drop since transformer or UPS", total, TOTAL_DROP))
    return found


def _continuous(node: Node, load: float) -> Check:
    """Loading against the share of the rating that a continuous load (3 h or more) may take."""
    fully = FULLY_RATED_SOURCE if node.continuous_factor == FULLY_RATED else CONTINUOUS_SOURCE
    source = RATING_SOURCE.get(node.kind, fully)
    return _check(node, "loading", load, node.continuous_factor * node.rating, "VA", source)


def _drop(node: Node, rule: str, value: float, limit: float) -> Check:
    return Check(node.name, rule, value, limit, "1", value <= limit, DROP_SOURCE, True)


def _check(node: Node, rule: str, value: float, limit: float, unit: str, source: str) -> Check:
    return Check(node.name, rule, value, limit, unit, value <= limit, source)


def _served(load: Load, unserved: float) -> Check:
    return Check(load.name, "unserved power", unserved, 0.0, "W", unserved <= 0, "no live feed")
