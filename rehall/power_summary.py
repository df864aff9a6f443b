"""The power chain in the summary of a run: nodes, states after failures, what breaks."""

from typing import Any

from rehall.node_air import ambient
from rehall.nominal_power import thermal_clocks
from rehall.power_rows import tables_of
from rehall.power_study import power_study
from rehall.simulate import Solution

Row = dict[str, Any]
TABLES = (
    *("power_nodes", "power_states", "power_findings", "power_margins"),
    *("power_loads", "power_selectivity", "generator_steps"),
)


def power_tables(solution: Solution) -> dict[str, list[Row]]:
    """The tables of the study of a solved case in the air of its hall; empty without a chain.

    Also where the normal state has no solution: then they say where the voltage gives way.
    """
    if solution.power is None:
        return {name: [] for name in TABLES}
    case, side = solution.case, solution.power[0]
    air = ambient(case, side.model, solution.node_air)
    return tables_of(power_study(case, side, solution.powers, air, clocks=thermal_clocks(case)))
