"""One hall over several devices: fields cut along one axis, halos exchanged by the compiler.

The devices may be GPUs of one host, or of several after `jax.distributed.initialize` on each.
Arrays are cut along x, so that (nx + 1) must be a multiple of the devices; `padded` adds solid
cells beyond the hall where it is not. Lists of faces, streams and coarse graphs are small and live
on every device. The compiled iteration is the same; XLA inserts the exchange of halos.
"""

from dataclasses import replace
from typing import TypeVar

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from geometry.grid import Grid
from geometry.voxels import VoxelModel
from thermal.air.model import AirModel

Tree = TypeVar("Tree")


def device_mesh(devices: list[jax.Device] | None = None) -> Mesh:
    """All devices (or the given ones) in a row."""
    return Mesh(np.array(jax.devices() if devices is None else devices), ("x",))


def padded(voxels: VoxelModel, devices: int) -> VoxelModel:
    """The hall with solid cells beyond +x, until its arrays divide among the devices."""
    nx = voxels.grid.shape[0]
    more = -(nx + 1) % devices
    if not more:
        return voxels
    width = voxels.grid.widths[0][-1]
    x = np.append(voxels.grid.x, voxels.grid.x[-1] + width * np.arange(1, more + 1))

    def beyond(values: np.ndarray, fill: float | bool | int) -> np.ndarray:
        return np.pad(values, [(0, more), (0, 0), (0, 0)], constant_values=fill)

    def faces(triple: tuple, fill: float | bool) -> tuple:
        return tuple(beyond(values, fill) for values in triple)

    return replace(
        voxels,
        grid=Grid(x, voxels.grid.y, voxels.grid.z),
        solid=beyond(voxels.solid, True),
        closed=faces(voxels.closed, True),
        loss=faces(voxels.loss, 0.0),
        open_fraction=faces(voxels.open_fraction, 1.0),
        walls=faces(voxels.walls, False),
        wall_distance=beyond(voxels.wall_distance, 0.0),
        region=beyond(voxels.region, -1),
    )


def shard(tree: Tree, model: AirModel, mesh: Mesh) -> Tree:
    """A state, model or inputs on the devices of a mesh: fields cut along x, the rest everywhere.

    Raises ValueError where the fields do not divide among the devices.
    """
    nx = model.fluid.shape[0]
    if nx % mesh.size:
        raise ValueError(
            f"fields of {nx} layers along x do not divide among {mesh.size} devices; "
            "lay the hall on padded(voxels, devices)"
        )
    cut = NamedSharding(mesh, PartitionSpec("x"))
    whole = NamedSharding(mesh, PartitionSpec())

    def place(x: jax.Array) -> jax.Array:
        return jax.device_put(x, cut if x.ndim == 3 and x.shape[0] == nx else whole)

    return jax.tree.map(place, tree)
