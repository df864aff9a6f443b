"""Half of a plane turbulent channel, from an even inflow until it is developed.

Half height 1 m, friction velocity about 1 m/s, density 1: the viscosity is 1 over Re_tau.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from geometry.grid import Grid
from geometry.hall import Box, Hall, Opening
from thermal.air.gas import fluid
from thermal.air.inputs import Distributed
from thermal.air.room import Wall, lay

LENGTH, HEATED_LENGTH = 100.0, 1500.0  # until it is developed [m]; heat leaves a long channel late
ALONG, WIDTH = 48, 0.1  # cells, [m]
RATIO = 1.15  # largest ratio of neighbouring cells, away from the wall


@dataclass(frozen=True, eq=False)
class Channel:
    """The developed end: wall units of cell centres, U+, k+ and T+, bulk velocity over u_tau."""

    y_plus: np.ndarray
    U_plus: np.ndarray
    k_plus: np.ndarray
    T_plus: np.ndarray
    bulk: float
    still_developing: float

    @property
    def line(self) -> tuple[np.ndarray, np.ndarray]:
        """y+ and U+, with the wall."""
        return np.append(0.0, self.y_plus), np.append(0.0, self.U_plus)


def half_channel(
    Re_tau: float, bulk: float, first: float, heat: float = 0.0, prandtl: float = 0.71
) -> Channel:
    """Solve for a bulk velocity [m/s] with the first cell centre at y+ = `first`.

    `heat` [W/m3] everywhere, the wall held at T_ref. `still_developing` is the change of the
    friction velocity over the last third but the end [-]. Raises NotConverged.
    """
    length = HEATED_LENGTH if heat else LENGTH
    outlet = Opening("out", "outdoor", Box((length, 0.0, 0.0), (length, WIDTH, 1.0)))
    inlet = Opening("in", "supply", Box((0.0, 0.0, 0.0), (0.0, WIDTH, 1.0)))
    hall = Hall((length, WIDTH, 1.0), openings=(inlet, outlet), symmetry=("-y", "+y", "+z"))
    x, z = np.linspace(0, length, ALONG + 1), _lines(2 * first / Re_tau)
    laid = lay(
        hall,
        Grid(x, np.array([0, WIDTH]), z),
        gas=fluid(1.0, 1 / Re_tau, prandtl=prandtl),
        T_ref=300.0,
    )
    distributed = Distributed(heat=heat * laid.model.fluid) if heat else None
    inputs = laid.inputs(
        V_flow={"in": bulk * WIDTH},
        walls={"-z": Wall(T=300.0)} if heat else {},
        distributed=distributed,
    )
    # An even flow enters at the wall's temperature: the heat alone makes temperatures.
    solution = laid.settled(inputs, iterations=2000, drift=1e-3, change=1e-5, energy=0.01)
    p = np.asarray(solution.state.p)[:, 0, :].mean(1)

    def friction(end: int) -> float:
        return float(np.sqrt((p[end - 6] - p[end]) / (6 * x[1])))

    u_tau, end = friction(ALONG - 4), ALONG - 5
    u, k, T = (
        np.asarray(f)[end, 0, :] for f in (solution.state.u, solution.state.k, solution.state.T)
    )
    return Channel(
        y_plus=laid.grid.centres[2] * u_tau * Re_tau,
        U_plus=u / u_tau,
        k_plus=k / u_tau**2,
        T_plus=(T - 300.0) * 1000.0 * u_tau / heat if heat else np.zeros_like(T),
        bulk=bulk / u_tau,
        still_developing=friction(ALONG - 16) / u_tau - 1,
    )


def _lines(width: float) -> np.ndarray:
    """Faces from 0 to 1 whose first cell has about this width, growing by about RATIO."""
    if width > 0.08:
        return np.linspace(0, 1, round(1 / width) + 1)
    n = int(np.ceil(np.log1p((RATIO - 1) / width) / np.log(RATIO)))
    ratio = brentq(lambda r: width * (r**n - 1) / (r - 1) - 1, 1.0001, 3.0)
    lines = np.append(0.0, np.cumsum(width * ratio ** np.arange(n)))
    return lines / lines[-1]
