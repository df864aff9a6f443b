"""A hall laid on a grid, ready to solve: what tests, validation and scripts start from.

room = lay(Hall((1, 0.1, 1), symmetry=("-y", "+y")), Grid(x, y, z), turbulence="laminar",
           gas=fluid(1.0, 0.01), boundaries=Boundaries(moving={"+z": (1, 0, 0)}))
solution = room.solve(room.inputs())
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import jax.numpy as jnp
import numpy as np

from geometry.errors import NotConverged
from geometry.grid import Grid, build_grid
from geometry.hall import FACES, Hall
from geometry.voxels import VoxelModel, voxelise
from thermal.air.build import build_model
from thermal.air.inputs import AirInputs
from thermal.air.model import AirModel
from thermal.air.settling import AirSolution, Settings
from thermal.air.solve import solve_steady
from thermal.air.state import Work, at_rest
from thermal.air.streams import StreamTable
from thermal.arrays import on_device

HELD = 1e9
"""Conductance of a wall held at a temperature [W/m2/K]."""
UNLIMITED = 1e12
"""Conductance of a coil or supply that holds its temperature whatever comes [W/K]."""
COLD = 1.0
"""Coolant temperature of such a coil [K]."""


@dataclass(frozen=True)
class Wall:
    """Thermal condition of a shell face or block: adiabatic unless told.

    `T` [K] behind `U` [W/m2/K] (held at the surface by default); `flux` [W/m2] into the air.
    """

    T: float | None = None
    U: float = HELD
    flux: float = 0.0


@dataclass(frozen=True, eq=False)
class Room:
    """One hall on its grid."""

    hall: Hall
    grid: Grid
    voxels: VoxelModel
    model: AirModel
    streams: StreamTable

    def inputs(
        self,
        V_flow: Mapping[str, float] | None = None,
        heat: Mapping[str, float] | None = None,
        T_set: Mapping[str, float] | None = None,
        walls: Mapping[str, Wall] | None = None,
        **changes: Any,
    ) -> AirInputs:
        """Inputs by name; what is not named does nothing, is at T_ref or adiabatic.

        `V_flow` [m3/s] and `heat` [W] of devices and openings, `T_set` [K] that they hold,
        `walls` by shell face ("-x") or block; `changes` replace whole arrays.
        """
        names, share = self.streams.name, self.streams.share
        T_ref, dtype = float(self.model.T_ref), self.model.fluid.dtype
        V, Q, T, conditions = V_flow or {}, heat or {}, T_set or {}, walls or {}
        sides = [*FACES, *(block.name for block in self.hall.blocks)]
        behind = [conditions.get(side, Wall(U=0.0)) for side in sides]
        openings = sum(o.kind == "outdoor" for o in self.hall.openings)

        def array(values: Any) -> jnp.ndarray:
            return on_device(values, dtype)

        n = len(names)
        still = AirInputs(
            V_flow=array([V.get(name, 0.0) for name in names] * share),
            heat=array([Q.get(name, 0.0) for name in names] * share),
            controlled=array([float(name in T) for name in names]),
            T_set=array([T.get(name, T_ref) for name in names]),
            conductance=array(np.full(n, UNLIMITED)),
            T_coolant=array(np.full(n, COLD)),
            T_outdoor=array(T_ref),
            T_opening=array(np.full(openings, T_ref)),
            T_wall=array([T_ref if w.T is None else w.T for w in behind]),
            U_wall=array([w.U if w.T is not None else 0.0 for w in behind]),
            flux_wall=array([w.flux for w in behind]),
            block_heat=array(np.zeros(len(self.hall.blocks) + len(self.hall.sources))),
        )
        return replace(still, **changes)

    def start(self, T: float | None = None) -> Work:
        """Air at rest, of one temperature [K]."""
        return at_rest(self.model, float(self.model.T_ref) if T is None else T)

    def solve(self, inputs: AirInputs, start: Work | None = None, **settings: Any) -> AirSolution:
        """Steady air; settings as in solve.Settings."""
        begin = self.start() if start is None else start
        return solve_steady(self.model, inputs, self.streams, begin, Settings(**settings))

    def settled(self, inputs: AirInputs, start: Work | None = None, **settings: Any) -> AirSolution:
        """Steady air that converged; raises NotConverged with the solver's reason."""
        solution = self.solve(inputs, start, **settings)
        if not solution.converged:
            raise NotConverged(solution.reason)
        return solution


def lay(hall: Hall, grid: Grid | float, **options: Any) -> Room:
    """Lay a grid, or one of a cell width [m], over a hall; options as in build_model.

    In double precision where nothing else is asked for; JAX must have it switched on.
    """
    options.setdefault("dtype", np.float64)
    laid = grid if isinstance(grid, Grid) else build_grid(hall, grid)
    voxels = voxelise(hall, laid)
    model, streams = build_model(hall, voxels, **options)
    return Room(hall, laid, voxels, model, streams)
