"""A hall on a grid of its own, solved for its air alone: what the air cases are built from."""

from dataclasses import dataclass, replace
from typing import Any

import jax.numpy as jnp
import numpy as np

from geometry.errors import NotConverged
from geometry.grid import Grid, build_grid
from geometry.hall import Hall
from geometry.voxels import voxelise
from thermal.air.build import StreamTable, build_model
from thermal.air.model import AirInputs, AirModel, at_rest
from thermal.air.solve import AirSolution, Settings, solve_steady

PRESSURE = 101325.0  # [Pa]
T_REF = 293.15  # of everything that a case does not say otherwise [K]
UNLIMITED = 1e12  # conductance of a coil that always reaches its set point [W/K]


@dataclass(frozen=True)
class LaidHall:
    """One hall with its grid and air model, ready to solve."""

    hall: Hall
    grid: Grid
    model: AirModel
    streams: StreamTable

    def inputs(
        self,
        V_flow: dict[str, float] | None = None,
        heat: dict[str, float] | None = None,
        T_set: dict[str, float] | None = None,
        **changes: Any,
    ) -> AirInputs:
        """Flow [m3/s], heat [W] and set point [K] by device; the rest is zero, T_REF, adiabatic.

        `changes` replace fields of AirInputs.
        """
        share, names = self.streams.share, self.streams.name
        n, set_points = len(names), T_set or {}
        outdoor = sum(opening.kind == "outdoor" for opening in self.hall.openings)
        still = AirInputs(
            V_flow=jnp.array([(V_flow or {}).get(name, 0.0) for name in names]) * share,
            heat=jnp.array([(heat or {}).get(name, 0.0) for name in names]) * share,
            controlled=jnp.array([float(name in set_points) for name in names]),
            T_set=jnp.array([set_points.get(name, T_REF) for name in names]),
            conductance=jnp.full(n, UNLIMITED),
            T_coolant=jnp.full(n, 200.0),
            T_outdoor=jnp.array(T_REF),
            T_opening=jnp.full(outdoor, T_REF),
            T_wall=jnp.full(6, T_REF),
            U_wall=jnp.zeros(6),
            flux_wall=jnp.zeros(6),
            block_heat=jnp.zeros(len(self.hall.blocks) + len(self.hall.sources)),
        )
        return replace(still, **changes)

    def solve(self, inputs: AirInputs, **settings: Any) -> AirSolution:
        """Steady air from rest; raises NotConverged with the solver's reason."""
        start = at_rest(self.model, T_REF)
        solution = solve_steady(self.model, inputs, self.streams, start, Settings(**settings))
        if not solution.converged:
            raise NotConverged(solution.reason)
        return solution


def lay(hall: Hall, cell: float | Grid, **options: Any) -> LaidHall:
    """Lay a grid of cells of that width [m], or a given one, over a hall; float64.

    `options` are those of `build_model`: scheme and turbulence.
    """
    grid = cell if isinstance(cell, Grid) else build_grid(hall, cell)
    voxels = voxelise(hall, grid)
    model, streams = build_model(hall, voxels, PRESSURE, T_REF, dtype=np.float64, **options)
    return LaidHall(hall, grid, model, streams)
