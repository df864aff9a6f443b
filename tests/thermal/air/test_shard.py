"""One hall over one, two and four devices: the same air."""

import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest

PROGRAM = """
import sys
import jax
jax.config.update("jax_enable_x64", True)
import numpy as np
from geometry.grid import build_grid
from geometry.hall import Box, Device, Hall, Opening
from geometry.voxels import voxelise
from thermal.air.build import build_model
from thermal.air.iterate import run
from thermal.air.room import Room
from thermal.air.shard import device_mesh, padded, shard

hall = Hall(
    (3.0, 1.6, 1.6),
    devices=(Device("rack", "rack", Box((0.8, 0.4, 0.0), (1.2, 1.2, 1.0)), "-x", "+x"),),
    openings=(
        Opening("supply", "supply", Box((0.0, 0.2, 0.0), (0.0, 1.0, 0.6))),
        Opening("out", "outdoor", Box((3.0, 0.4, 0.8), (3.0, 1.2, 1.4)), 2.0),
    ),
)
grid = build_grid(hall, 0.2)
devices = int(sys.argv[1])
voxels = padded(voxelise(hall, grid), devices)
model, streams = build_model(hall, voxels, dtype=np.float64)
room = Room(hall, grid, voxels, model, streams)
inputs = room.inputs(V_flow={"rack": 0.3, "supply": 0.35}, heat={"rack": 3000.0})
mesh = device_mesh(jax.devices()[:devices])
work, model, inputs = (shard(x, room.model, mesh) for x in (room.start(), model, inputs))
work, monitor = run(work, model, inputs, 40)
assert devices == 1 or not work.T.sharding.is_fully_replicated
cells = tuple(slice(n) for n in grid.shape)
np.savez(sys.argv[2], T=np.asarray(work.T)[cells], w=np.asarray(work.velocity[2])[cells])
"""


@pytest.mark.slow
def test_air_is_the_same_on_one_two_and_four_devices(tmp_path):
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count=4"
    own = os.environ | {"XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"}
    found = []
    for devices in (1, 2, 4):
        out = tmp_path / f"{devices}.npz"
        command = [sys.executable, "-c", textwrap.dedent(PROGRAM), str(devices), str(out)]
        subprocess.run(command, check=True, env=own, timeout=600)
        found.append(np.load(out))
    assert found[0]["T"].max() > 2.0
    for other in found[1:]:
        np.testing.assert_allclose(other["T"], found[0]["T"], atol=1e-8)
        np.testing.assert_allclose(other["w"], found[0]["w"], atol=1e-9)
