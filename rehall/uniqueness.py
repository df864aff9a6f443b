"""Whether a hall has a second steady state: the finest grid solved again from another start.

Two starts that end in the same state do not prove that there is no other; two that end in different
states prove that there are two, and neither is the right one.
"""

from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from rehall.config import Case
from rehall.models import AirLevel
from rehall.observe import DeviceAir, device_air
from rehall.operation import Exchange, air_flows, air_movers
from rehall.schema.entries import SERVERS, CoolingUnit
from rehall.simulate import Solution, Watch, couple
from rehall.start import ROOM, at_start, given_temperatures
from rehall.utilities import Plant, first_exchange
from rehall.verdict import Limit
from thermal.air.state import Work
from thermal.arrays import on_device
from thermal.properties import air_density

ZERO = 273.15
SAME_STATE = 0.2
"""Two mean inlets nearer than this are one state [K]: each run may stop a tenth of a kelvin from
where it would settle. Highest inlets, which swing, may differ by their swings as well."""
Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Second:
    """The solution from the second start, the air it shows at the devices, and the start in words.

    `air` is empty where the solution did not converge: it then shows nothing.
    """

    solution: Solution
    start: str
    air: dict[str, DeviceAir]

    @property
    def shown(self) -> bool:
        """Whether the second run converged, so that the states can be compared."""
        return not self.solution.reasons


def solve_again(solution: Solution, watch: Watch | None = None) -> Second:
    """Solve the finest grid of a solution from the second start, with a fresh exchange."""
    case, level = solution.case, solution.level
    T = warmest_air(case, level)
    words = (
        f"air at rest at {T - ZERO:.1f} degC everywhere (the warmest supply, warmed by all "
        "equipment), on the finest grid at once"
    )
    start = warm_start(case, level, T)
    found = couple(case, level, start, first_exchange(case), Plant.of(case), "second start", watch)
    air = {} if found.reasons else device_air(case, level, found.air)
    return Second(found, words, air)


def warmest_air(case: Case, level: AirLevel) -> float:
    """The warmest air that the hall gives, warmed by all its equipment [K]."""
    given = [T for found in given_temperatures(case, level).values() for T in found]
    flows = air_flows(case, Exchange())
    heating = [item for item in air_movers(case) if not isinstance(item.entry, CoolingUnit)]
    heat = sum(item.heat_to_air for item in heating)
    V_flow = sum(flows[item.name] for item in heating)
    model = level.model
    rho = float(air_density(jnp.asarray(float(model.T_ref)), float(model.pressure)))
    rise = heat / (rho * float(model.cp) * V_flow) if V_flow > 0 else 0.0
    return max(given, default=ROOM) + rise


def warm_start(case: Case, level: AirLevel, T: float) -> Work:
    """Still air at T [K] in every body of air."""
    start, model = at_start(case, level), level.model
    above = (T - float(model.T_ref)) * np.asarray(model.fluid)
    return eqx.tree_at(lambda work: work.T, start, on_device(above, model.fluid.dtype))


def compared(
    solution: Solution, air: dict[str, DeviceAir], second: Second, limits: list[Limit]
) -> Row:
    """Both states side by side, as `uniqueness` of the summary; `limits` know both."""
    found: Row = {
        "shown": second.shown,
        "reason": "; ".join(second.solution.reasons) or None,
        "start": second.start,
        "one_state": None,
        "averaged": solution.air.averaged or second.solution.air.averaged,
        "inlet_mean_difference_max_k": None,
        "inlet_max_difference_max_k": None,
        "inlet_max_difference_max_at": None,
        "limits_in_dispute": 0,
        "iterations": second.solution.air.iterations,
        "wall_s": round(second.solution.wall_s, 2),
    }
    servers = [i.name for i in solution.case.items if isinstance(i.entry, SERVERS)]
    rows = [_row(name, air[name], second.air[name]) for name in servers if name in second.air]
    if not second.shown or not rows:
        return found
    worst = max(rows, key=lambda row: abs(row["max_difference_k"]))
    disputed = [limit for limit in limits if limit.disputed]
    return found | {
        "one_state": all(row["same"] for row in rows),
        "inlet_mean_difference_max_k": max(abs(row["mean_difference_k"]) for row in rows),
        "inlet_max_difference_max_k": abs(worst["max_difference_k"]),
        "inlet_max_difference_max_at": worst["name"],
        "limits_in_dispute": len(disputed),
        "disputed": [
            {
                "name": limit.name,
                "where": limit.where,
                "value": limit.value,
                "second_value": limit.other,
                "limit": limit.limit,
                "unit": limit.unit,
            }
            for limit in disputed
        ],
        "racks": rows,
    }


def warnings_of(second: Second | None) -> list[str]:
    """What the summary warns of: a second run that shows nothing."""
    if second is None or second.shown:
        return []
    reasons = "; ".join(second.solution.reasons)
    return [f"uniqueness is not shown: the second start did not converge: {reasons}"]


def _row(name: str, first: DeviceAir, second: DeviceAir) -> Row:
    """One rack in both states."""
    mean, highest = second.T_in - first.T_in, second.T_in_max - first.T_in_max
    swings = first.amplitude_max + second.amplitude_max  # of one instant, not of means
    return {
        "name": name,
        "mean_first_c": first.T_in - ZERO,
        "mean_second_c": second.T_in - ZERO,
        "mean_difference_k": mean,
        "max_first_c": first.T_in_max - ZERO,
        "max_second_c": second.T_in_max - ZERO,
        "max_difference_k": highest,
        "swing_k": max(first.amplitude_max, second.amplitude_max),
        "same": abs(mean) <= SAME_STATE and abs(highest) <= SAME_STATE + swings,
    }
