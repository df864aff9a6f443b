"""Voxels -> AirModel: the hall's patches become index lists, its streams get numbers."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

import jax
import jax.numpy as jnp
import numpy as np

from geometry.hall import FACES, Hall, axis_of
from geometry.voxels import Patch, VoxelModel
from thermal.air.aggregates import Aggregate, aggregates
from thermal.air.blocks import Blocks
from thermal.air.gas import Gas, air
from thermal.air.model import (
    AirModel,
    DragCells,
    HeatedCells,
    OutdoorFaces,
    WallFaces,
)
from thermal.air.operators import triple
from thermal.air.staging import stage_flag
from thermal.air.streams import Streams, StreamTable, join
from thermal.air.transport import Metric
from thermal.arrays import on_device, roomy

DRAG_PARTS = 16
"""Parts of a power of two that numbers of cells beside walls are rounded up to, so that halls that
differ little have one program."""


@dataclass(frozen=True)
class Boundaries:
    """How the shell meets the air, where it is not a wall at rest with an even inflow.

    `moving` gives the velocity of a face of the shell [m/s]; `profiles` the inflow of a supply
    opening over its area, a function of the face centres [faces, 3] in m, of any scale.
    """

    moving: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)
    profiles: Mapping[str, Callable[[np.ndarray], np.ndarray]] = field(default_factory=dict)


def build_model(
    hall: Hall,
    voxels: VoxelModel,
    pressure: float = 101325.0,
    T_ref: float = 293.15,
    scheme: str = "limited",
    turbulence: str = "k_epsilon",
    dtype: type = np.float32,
    buoyant_turbulence: bool = False,
    gas: Gas | None = None,
    boundaries: Boundaries = Boundaries(),
    yielding: Collection[str] = (),
) -> tuple[AirModel, StreamTable]:
    """Arrays of the air model, and the table that names its streams.

    `pressure` is the site's [Pa]; `T_ref` [K] is subtracted from stored temperatures and sets the
    hydrostatic reference. `gas` replaces air of these two. `yielding` names devices and openings
    whose flow follows the pressure (inputs.Fans): they join the pressures of what they stand
    between.
    """
    grid = voxels.grid
    builder = Streams(voxels, boundaries.profiles)
    for device in hall.devices:
        builder.add_device(
            device.name,
            voxels.intakes[device.name],
            voxels.discharges[device.name],
            layered=device.streams == "layers",
        )
    for opening in hall.openings:
        patch = voxels.openings[opening.name]
        if opening.kind == "exhaust":
            builder.add(opening.name, patch, None)
        elif opening.kind == "supply":
            builder.add(opening.name, None, patch)
    full = tuple(n + 1 for n in grid.shape)
    opened = triple(_faces(1.0 - voxels.closed[a], a, dtype) for a in range(3))
    gas = air(pressure, T_ref) if gas is None else gas
    model = AirModel(
        scheme=scheme,
        turbulence=turbulence,
        buoyant_turbulence=buoyant_turbulence,
        streams=len(builder.names),
        gas=jax.tree.map(lambda x: on_device(x, dtype), gas),
        aggregates=_aggregates(opened, voxels, dtype),
        width=triple(_axis(np.append(w, w[-1]), a, dtype) for a, w in enumerate(grid.widths)),
        metric=cell_metric(grid.widths, dtype),
        fluid=_cells(1.0 - voxels.solid, dtype),
        open=opened,
        loss=triple(_faces(voxels.loss[a], a, dtype) for a in range(3)),
        jet=_jets(voxels, dtype),
        drag=triple(_drag(voxels, a, full, dtype, boundaries) for a in range(3)),
        wall_distance=_cells(voxels.wall_distance, dtype),
        intake=triple(builder.ports("intake", a, full, dtype) for a in range(3)),
        discharge=triple(builder.ports("discharge", a, full, dtype) for a in range(3)),
        outdoor=triple(_outdoor(hall, voxels, axis, full, dtype) for axis in range(3)),
        shell=_shell(hall, voxels, full, dtype),
        heated=_heated(hall, voxels, full, dtype),
        has_intake=on_device(builder.has_intake, dtype),
        has_discharge=on_device(builder.has_discharge, dtype),
        height=on_device(builder.height, dtype),
        sealed=tuple(
            _cells(np.isin(voxels.region, regions).astype(float), dtype)
            for regions in free_levels(hall, voxels, yielding)
        ),
        go=stage_flag(),
    )
    return model, StreamTable(tuple(builder.names), np.array(builder.shares))


def _aggregates(opened: tuple, voxels: VoxelModel, dtype: type) -> tuple[Blocks | Aggregate, ...]:
    loss = tuple(np.asarray(_faces(voxels.loss[axis], axis, dtype)) for axis in range(3))
    fluid = np.asarray(_cells(1.0 - voxels.solid, dtype))
    faces = tuple(np.asarray(face) for face in opened)
    return aggregates(faces, loss, fluid, voxels.grid.widths, dtype)


def cell_metric(widths: tuple[np.ndarray, ...], dtype: type) -> Metric:
    """Distances between cell centres and from centres to faces."""
    spacing, half = [], []
    for axis, width in enumerate(widths):
        middle = 0.5 * (width[1:] + width[:-1])
        spacing.append(_axis(np.concatenate([width[:1], middle, width[-1:]]), axis, dtype))
        half.append(_axis(0.5 * np.append(width, width[-1]), axis, dtype))
    return Metric(triple(spacing), triple(half), triple(half))


def sealed_regions(hall: Hall, voxels: VoxelModel) -> list[tuple[int, dict[str, float]]]:
    """Bodies of air without an outdoor opening, and the share of each port's flow in them.

    A device's name maps to discharge minus intake share: 0 where both lie in the region.
    """
    outdoor = {
        int(region)
        for o in hall.openings
        if o.kind == "outdoor"
        for region in np.unique(voxels.region[tuple(voxels.openings[o.name].cells.T)])
    }
    net: dict[int, dict[str, float]] = {
        int(r): {} for r in np.unique(voxels.region) if r >= 0 and int(r) not in outdoor
    }
    for sign, patches in ((-1, voxels.intakes), (1, voxels.discharges)):
        for name, patch in patches.items():
            _add_shares(net, voxels, name, patch, sign)
    for o in hall.openings:
        if o.kind != "outdoor":
            _add_shares(
                net, voxels, o.name, voxels.openings[o.name], 1 if o.kind == "supply" else -1
            )
    return sorted(net.items())


def free_levels(hall: Hall, voxels: VoxelModel, yielding: Collection[str]) -> list[tuple[int, ...]]:
    """Bodies of air whose pressure level nothing sets, those joined by yielding devices together.

    A body without outdoor opening takes its level from another where a yielding device stands
    between the two, and from outdoors where a yielding fan does.
    """
    moved = {region for region, ports in sealed_regions(hall, voxels) if ports or not hall.openings}
    groups = [{region} for region in sorted(moved)]
    outside = -2  # whatever has a level; -1 is solid
    shell = {o.name: voxels.openings[o.name] for o in hall.openings if o.kind != "outdoor"}
    for name in yielding:
        patches = (
            [shell[name]] if name in shell else [voxels.intakes[name], voxels.discharges[name]]
        )
        beside = {int(r) for p in patches for r in np.unique(voxels.region[tuple(p.cells.T)])}
        joined = {r if r in moved else outside for r in beside}
        if name in shell:
            joined.add(outside)
        touched = [group for group in groups if group & joined]
        groups = [group for group in groups if not group & joined]
        groups.append(joined.union(*touched))
    return [tuple(sorted(group)) for group in groups if outside not in group]


def _add_shares(net: dict, voxels: VoxelModel, name: str, patch: Patch, sign: int) -> None:
    regions = voxels.region[tuple(patch.cells.T)]
    for region in np.unique(regions):
        if int(region) in net:
            part = float(patch.area[regions == region].sum() / patch.area.sum())
            net[int(region)][name] = net[int(region)].get(name, 0.0) + sign * part


def _outdoor(hall: Hall, voxels: VoxelModel, axis: int, full: tuple, dtype: type) -> OutdoorFaces:
    openings = [o for o in hall.openings if o.kind == "outdoor"]
    chosen = [
        (number, o, voxels.openings[o.name])
        for number, o in enumerate(openings)
        if voxels.openings[o.name].axis == axis
    ]
    z = voxels.grid.centres[2]
    return OutdoorFaces(
        face=join([np.ravel_multi_index(tuple(p.faces.T), full) for _, _, p in chosen], np.int32),
        cell=join([np.ravel_multi_index(tuple(p.cells.T), full) for _, _, p in chosen], np.int32),
        opening=join([np.full(len(p.area), number) for number, _, p in chosen], np.int32),
        sign=join([p.sign for _, _, p in chosen], dtype),
        area=join([p.area for _, _, p in chosen], dtype),
        height=join([z[p.cells[:, 2]] for _, _, p in chosen], dtype),
        loss=join([np.full(len(p.area), o.loss_coefficient) for _, o, p in chosen], dtype),
    )


def _shell(hall: Hall, voxels: VoxelModel, full: tuple, dtype: type) -> WallFaces:
    """Walls that may pass heat: the six faces of the shell, then the faces of the blocks."""
    sides: list[tuple[Patch, ...]] = [
        () if face in hall.symmetry else (voxels.shell[face],) for face in FACES
    ]
    sides += [voxels.blocks[block.name] for block in hall.blocks]
    numbered = [(n, patch) for n, patches in enumerate(sides) for patch in patches]
    widths = voxels.grid.widths
    return WallFaces(
        cell=join([np.ravel_multi_index(tuple(p.cells.T), full) for _, p in numbered], np.int32),
        side=join([np.full(len(p.area), n) for n, p in numbered], np.int32),
        axis=join([np.full(len(p.area), p.axis) for _, p in numbered], np.int32),
        area=join([p.area for _, p in numbered], dtype),
        distance=join([0.5 * widths[p.axis][p.cells[:, p.axis]] for _, p in numbered], dtype),
    )


def _heated(hall: Hall, voxels: VoxelModel, full: tuple, dtype: type) -> HeatedCells:
    cells, numbers, shares = [], [], []
    for number, block in enumerate(hall.blocks):
        patches = voxels.blocks[block.name]
        area = np.concatenate([p.area for p in patches])
        index = np.concatenate([p.cells for p in patches])
        if not len(area):
            continue
        cells.append(np.ravel_multi_index(tuple(index.T), full))
        numbers.append(np.full(len(area), number))
        shares.append(area / area.sum())
    volume = voxels.grid.volume
    for number, source in enumerate(hall.sources, start=len(hall.blocks)):
        index = voxels.sources[source.name]
        part = volume[tuple(index.T)]
        cells.append(np.ravel_multi_index(tuple(index.T), full))
        numbers.append(np.full(len(part), number))
        shares.append(part / part.sum())
    return HeatedCells(join(cells, np.int32), join(numbers, np.int32), join(shares, dtype))


def _drag(
    voxels: VoxelModel, axis: int, full: tuple, dtype: type, boundaries: Boundaries
) -> DragCells:
    """Cells with walls normal to an axis."""
    wall = voxels.walls[axis]
    motion = np.zeros((*wall.shape, 3))
    for face, velocity in boundaries.moving.items():
        if axis_of(face) == axis:
            motion[tuple(voxels.shell[face].faces.T)] = velocity
    n = voxels.solid.shape[axis]
    sides = [np.take(wall, np.arange(start, n + start), axis) for start in (0, 1)]
    number = (sides[0].astype(float) + sides[1]) * ~voxels.solid
    moved = np.take(motion, np.arange(n), axis) + np.take(motion, np.arange(1, n + 1), axis)
    cells = np.argwhere(number > 0)
    at = tuple(cells.T)
    moving = any(axis_of(face) == axis for face in boundaries.moving)
    spare = _outside(full)[: roomy(len(cells), DRAG_PARTS) - len(cells)]
    more = [(0, len(spare))]
    distance = 0.5 * voxels.grid.widths[axis][cells[:, axis]]
    return DragCells(
        cell=on_device(np.concatenate([np.ravel_multi_index(at, full), spare]), np.int32),
        walls=on_device(np.pad(number[at], more), dtype),
        distance=on_device(np.pad(distance, more, constant_values=1.0), dtype),
        motion=on_device(np.pad(moved[at], [*more, (0, 0)]), dtype) if moving else None,
    )


def _outside(full: tuple[int, ...]) -> np.ndarray:
    """Places of the solver's arrays that hold no cell of the grid (see operators.py)."""
    inside = np.zeros(full, bool)
    inside[:-1, :-1, :-1] = True
    return np.flatnonzero(~inside)


def _jets(voxels: VoxelModel, dtype: type) -> tuple | None:
    """1 / open fraction - 1 of porous faces; None where no face tells its open fraction."""
    if not any((x < 1.0).any() for x in voxels.open_fraction):
        return None
    return triple(_faces(1.0 / voxels.open_fraction[a] - 1.0, a, dtype) for a in range(3))


def _axis(values: np.ndarray, axis: int, dtype: type) -> jnp.ndarray:
    shape = [1, 1, 1]
    shape[axis] = len(values)
    return on_device(values.reshape(shape), dtype)


def _cells(values: np.ndarray, dtype: type) -> jnp.ndarray:
    return on_device(np.pad(values, [(0, 1)] * 3), dtype)


def _faces(values: np.ndarray, axis: int, dtype: type) -> jnp.ndarray:
    return on_device(np.pad(values, [(0, int(a != axis)) for a in range(3)]), dtype)
