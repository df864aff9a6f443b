"""The power chain in the summary of a run: nodes, states after failures, what breaks."""

from typing import Any

from rehall.node_air import ambient
from rehall.nominal_power import thermal_clocks
from rehall.power_study import (
    PowerStudy,
    load_rows,
    node_rows,
    pair_rows,
    power_study,
    state_rows,
)
from rehall.simulate import Solution

Row = dict[str, Any]
TABLES = ("power_nodes", "power_states", "power_findings", "power_loads", "power_selectivity")


def study_of(solution: Solution) -> PowerStudy | None:
    """The study of a solved case in the air of its hall; None without a chain that is solved."""
    if solution.power is None or not solution.power[1].converged:
        return None
    case = solution.case
    side = solution.power[0]
    air = ambient(case, side.model, solution.node_air)
    return power_study(case, side, solution.powers, air, clocks=thermal_clocks(case))


def power_tables(solution: Solution) -> dict[str, list[Row]]:
    """The tables of a study; empty where there is none."""
    found = study_of(solution)
    if found is None:
        return {name: [] for name in TABLES}
    return {
        "power_nodes": node_rows(found),
        "power_states": state_rows(found),
        "power_findings": [finding.row() for finding in found.findings],
        "power_loads": load_rows(found),
        "power_selectivity": pair_rows(found),
    }
