"""Small halls, and inputs for them in which nothing happens unless a test says so."""

from dataclasses import dataclass, replace

import jax.numpy as jnp
import numpy as np
import pytest

from geometry.grid import Grid, build_grid
from geometry.hall import Hall
from geometry.voxels import VoxelModel, voxelise
from thermal.air.build import StreamTable, build_model
from thermal.air.model import AirInputs, AirModel, Work, at_rest
from thermal.air.solve import AirSolution, Settings, solve_steady

PRESSURE = 101325.0
T_REF = 293.15
FAR = 1e12


@dataclass(frozen=True)
class Case:
    """One hall on its grid, ready to solve."""

    hall: Hall
    grid: Grid
    voxels: VoxelModel
    model: AirModel
    streams: StreamTable

    def inputs(self, V_flow=None, heat=None, T_set=None, **changes) -> AirInputs:
        """Inputs by device name; what is not named is zero, at T_REF or adiabatic."""

        def per_stream(values, nothing, shared):
            values = values or {}
            share = self.streams.share if shared else np.ones(len(self.streams.name))
            return jnp.array(
                [values.get(n, nothing) * s for n, s in zip(self.streams.name, share, strict=True)]
            )

        n = len(self.streams.name)
        openings = sum(o.kind == "outdoor" for o in self.hall.openings)
        still = AirInputs(
            V_flow=per_stream(V_flow, 0.0, True),
            heat=per_stream(heat, 0.0, True),
            controlled=jnp.array([float(name in (T_set or {})) for name in self.streams.name]),
            T_set=per_stream(T_set, T_REF, False),
            conductance=jnp.full(n, FAR),
            T_coolant=jnp.full(n, 200.0),
            T_outdoor=jnp.array(T_REF),
            T_opening=jnp.full(openings, T_REF),
            T_wall=jnp.full(6, T_REF),
            U_wall=jnp.zeros(6),
            flux_wall=jnp.zeros(6),
            block_heat=jnp.zeros(len(self.hall.blocks) + len(self.hall.sources)),
        )
        return replace(still, **changes)

    def start(self, T: float = T_REF) -> Work:
        return at_rest(self.model, T)

    def solve(self, inputs: AirInputs, T: float = T_REF, **settings) -> AirSolution:
        start = self.start(T)
        return solve_steady(self.model, inputs, self.streams, start, Settings(**settings))


@pytest.fixture(scope="session")
def lay():
    """Return a function that lays a grid over a hall and builds its model."""

    def build(hall: Hall, cell: float | Grid, T_ref: float = T_REF, **options) -> Case:
        options.setdefault("dtype", np.float64)
        grid = cell if isinstance(cell, Grid) else build_grid(hall, cell)
        voxels = voxelise(hall, grid)
        model, streams = build_model(hall, voxels, PRESSURE, T_ref, **options)
        return Case(hall, grid, voxels, model, streams)

    return build
