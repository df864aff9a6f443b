"""A GPU gives the air that a CPU gives."""

import jax
import numpy as np
import pytest

from geometry.grid import build_grid
from geometry.hall import Box, Device, Hall, Opening
from geometry.voxels import voxelise
from thermal.air.build import build_model
from thermal.air.iterate import run
from thermal.air.room import Room

HALL = Hall(
    (3.0, 1.6, 1.6),
    devices=(Device("rack", "rack", Box((0.8, 0.4, 0.0), (1.2, 1.2, 1.0)), "-x", "+x"),),
    openings=(
        Opening("supply", "supply", Box((0.0, 0.2, 0.0), (0.0, 1.0, 0.6))),
        Opening("out", "outdoor", Box((3.0, 0.4, 0.8), (3.0, 1.2, 1.4)), 2.0),
    ),
)


def solved(device: jax.Device, dtype: type, iterations: int) -> np.ndarray:
    """Temperatures of the hall's cells [K above reference] after some iterations on a device."""
    with jax.default_device(device):
        grid = build_grid(HALL, 0.1)
        voxels = voxelise(HALL, grid)
        model, streams = build_model(HALL, voxels, dtype=dtype)
        room = Room(HALL, grid, voxels, model, streams)
        inputs = room.inputs(V_flow={"rack": 0.3, "supply": 0.35}, heat={"rack": 3000.0})
        work, _ = run(room.start(), room.model, inputs, iterations)
    return np.asarray(work.T)


@pytest.mark.gpu
@pytest.mark.parametrize(("dtype", "within"), [(np.float64, 1e-8), (np.float32, 0.05)])
def test_a_gpu_gives_the_air_of_a_cpu(dtype, within):
    gpu, cpu = (solved(jax.devices(kind)[0], dtype, 200) for kind in ("gpu", "cpu"))
    assert cpu.max() > 2.0
    np.testing.assert_allclose(gpu, cpu, atol=within)
