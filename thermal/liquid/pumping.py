"""Electrical power of pumps, also where they push against closed valves.

    eta = eta_n r (2 - r),  r = V / (s V_n)

at the flow V and the speed s of full, with the rated point V_n, eta_n: a parabola through rest and
its top at the rated point, moved with the speed as the affinity laws have it. Power is then

    P = dp V / eta = dp s V_n / (eta_n (2 - r)),

half of the rated flow's worth at shut-off. That the rated point is the best one, and the form of
the parabola, are assumed: makers draw it for every pump.
"""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from thermal.liquid.circuits import CircuitsModel, Name, Places, Scenario
from thermal.liquid.laws import raised
from thermal.liquid.solve import CircuitsState

LARGEST = 1.5
"""Flow over that of the rated point up to which the parabola is taken [-]."""
Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Rated:
    """Rated points of the pumps of all circuits, by link; NaN where a link has none."""

    V_flow: Values  # [m3/s]
    efficiency: Values  # hydraulic over electrical power [-]

    @classmethod
    def of(cls, points: dict[Name, tuple[float, float]], places: Places) -> "Rated":
        """Flow [m3/s] and efficiency of the pumps of these links."""
        both = np.full((2, len(places.link)), np.nan)
        for name, point in points.items():
            both[:, places.link[name]] = point
        return cls(*both)


def pump_powers(
    state: CircuitsState, rated: Rated, model: CircuitsModel, scenario: Scenario
) -> Values:
    """Electrical power of the pumps of every link [W]; none of those that stand still."""
    rises, speeds, first = [], np.zeros(len(rated.V_flow)), 0
    for speed, network, given in zip(state.speed, model.networks, scenario.hydraulic, strict=True):
        own = slice(first, first + len(given.density))
        m_flow = jnp.asarray(state.m_flow)[own]
        rises.append(np.asarray(raised(m_flow, jnp.asarray(speed), network, given)))
        turning = np.asarray(given.running) * np.asarray(speed)[np.asarray(network.pumps.group)]
        speeds[first + np.asarray(network.pumps.link)] = turning
        first = own.stop
    density = np.concatenate([np.asarray(given.density) for given in scenario.hydraulic])
    V_flow = np.maximum(np.asarray(state.m_flow) / density, 0.0)
    turns = (speeds > 0.0) & np.isfinite(rated.V_flow)
    most = np.where(turns, speeds * rated.V_flow, 1.0)
    share = np.minimum(V_flow / most, LARGEST)
    efficiency = np.where(turns, rated.efficiency, 1.0)
    power = np.maximum(np.concatenate(rises), 0.0) * most / (efficiency * (2.0 - share))
    # Beyond the parabola's end power goes on with the flow.
    return np.where(turns, power * np.maximum(V_flow / most / LARGEST, 1.0), 0.0)
