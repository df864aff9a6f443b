"""Voxels -> AirModel: the hall's patches become index lists, its streams get numbers."""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np

from geometry.hall import FACES, Hall
from geometry.voxels import Patch, VoxelModel
from thermal.air.aggregates import Aggregate, aggregates
from thermal.air.blocks import Blocks
from thermal.air.model import AirModel, HeatedCells, OutdoorFaces, PortFaces, WallFaces
from thermal.air.operators import triple
from thermal.air.staging import stage_flag
from thermal.air.transport import Metric
from thermal.properties import air_heat_capacity, air_viscosity


@dataclass(frozen=True, eq=False)
class StreamTable:
    """Which stream belongs to which device; the streams of a layered one from the floor up.

    `name` [streams] is the device or opening; `share` [streams] the part of its air flow.
    """

    name: tuple[str, ...]
    share: np.ndarray

    def of(self, name: str) -> np.ndarray:
        """Indices of a device's streams."""
        return np.flatnonzero(np.array(self.name) == name)


def build_model(
    hall: Hall,
    voxels: VoxelModel,
    pressure: float,
    T_ref: float,
    scheme: str = "limited",
    turbulence: str = "zero_equation",
    dtype: type = np.float32,
) -> tuple[AirModel, StreamTable]:
    """Arrays of the air model, and the table that names its streams.

    `pressure` is the site's [Pa]; `T_ref` [K] is subtracted from stored temperatures and sets the
    hydrostatic reference.
    """
    grid = voxels.grid
    builder = _Streams()
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
    widths = triple(_axis(np.append(w, w[-1]), a, dtype) for a, w in enumerate(grid.widths))
    outdoor = triple(_outdoor(hall, voxels, axis, full, dtype) for axis in range(3))
    opened = triple(_faces(1.0 - voxels.closed[a], a, dtype) for a in range(3))
    streams = StreamTable(tuple(builder.names), np.array(builder.shares))
    model = AirModel(
        scheme=scheme,
        turbulence=turbulence,
        streams=len(builder.names),
        aggregates=_aggregates(opened, voxels, dtype),
        width=widths,
        metric=cell_metric(grid.widths, dtype),
        fluid=_cells(1.0 - voxels.solid, dtype),
        open=opened,
        loss=triple(_faces(voxels.loss[a], a, dtype) for a in range(3)),
        walls=triple(_walls(voxels, a, dtype) for a in range(3)),
        wall_distance=_cells(voxels.wall_distance, dtype),
        intake=triple(builder.ports("intake", a, full, dtype) for a in range(3)),
        discharge=triple(builder.ports("discharge", a, full, dtype) for a in range(3)),
        outdoor=outdoor,
        shell=_shell(voxels, full, dtype),
        heated=_heated(hall, voxels, full, dtype),
        has_intake=jnp.array(builder.has_intake, dtype),
        has_discharge=jnp.array(builder.has_discharge, dtype),
        sealed=tuple(
            _cells((voxels.region == region).astype(float), dtype)
            for region, ports in sealed_regions(hall, voxels)
            if ports
        ),
        pressure=jnp.array(pressure, dtype),
        T_ref=jnp.array(T_ref, dtype),
        cp=air_heat_capacity(jnp.array(T_ref, dtype)),
        mu=air_viscosity(jnp.array(T_ref, dtype)),
        go=stage_flag(),
    )
    return model, streams


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


def _add_shares(net: dict, voxels: VoxelModel, name: str, patch: Patch, sign: int) -> None:
    regions = voxels.region[tuple(patch.cells.T)]
    for region in np.unique(regions):
        if int(region) in net:
            part = float(patch.area[regions == region].sum() / patch.area.sum())
            net[int(region)][name] = net[int(region)].get(name, 0.0) + sign * part


class _Streams:
    """Collects the streams and the faces where they leave and enter the air."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.shares: list[float] = []
        self.has_intake: list[float] = []
        self.has_discharge: list[float] = []
        self.faces: dict[str, list[tuple[Patch, np.ndarray, int]]] = {"intake": [], "discharge": []}

    def add_device(self, name: str, intake: Patch, discharge: Patch, layered: bool) -> None:
        """One stream for each height both faces have in common, or one for the whole device."""
        levels = np.intersect1d(intake.faces[:, 2], discharge.faces[:, 2])
        same = set(intake.faces[:, 2]) == set(discharge.faces[:, 2]) == set(levels)
        if not (layered and same and intake.axis != 2 and discharge.axis != 2):
            self.add(name, intake, discharge)
            return
        for level in levels:
            at_in = np.flatnonzero(intake.faces[:, 2] == level)
            at_out = np.flatnonzero(discharge.faces[:, 2] == level)
            part = float(intake.area[at_in].sum() / intake.area.sum())
            self.add(name, intake, discharge, at_in, at_out, part)

    def add(
        self,
        name: str,
        intake: Patch | None,
        discharge: Patch | None,
        at_in: np.ndarray | None = None,
        at_out: np.ndarray | None = None,
        share: float = 1.0,
    ) -> None:
        """Register one stream with its faces."""
        number = len(self.names)
        self.names.append(name)
        self.shares.append(share)
        self.has_intake.append(float(intake is not None))
        self.has_discharge.append(float(discharge is not None))
        for kind, patch, at in (("intake", intake, at_in), ("discharge", discharge, at_out)):
            if patch is not None:
                chosen = np.arange(len(patch.area)) if at is None else at
                self.faces[kind].append((patch, chosen, number))

    def ports(self, kind: str, axis: int, full: tuple[int, ...], dtype: type) -> PortFaces:
        """All faces of one kind normal to an axis."""
        parts = [part for part in self.faces[kind] if part[0].axis == axis]
        face = [np.ravel_multi_index(tuple(p.faces[at].T), full) for p, at, _ in parts]
        cell = [np.ravel_multi_index(tuple(p.cells[at].T), full) for p, at, _ in parts]
        return PortFaces(
            face=_join(face, np.int32),
            cell=_join(cell, np.int32),
            stream=_join([np.full(len(at), number) for _, at, number in parts], np.int32),
            sign=_join([p.sign[at] for p, at, _ in parts], dtype),
            share=_join([p.area[at] / p.area[at].sum() for p, at, _ in parts], dtype),
            area=_join([p.area[at] for p, at, _ in parts], dtype),
        )


def _outdoor(hall: Hall, voxels: VoxelModel, axis: int, full: tuple, dtype: type) -> OutdoorFaces:
    openings = [o for o in hall.openings if o.kind == "outdoor"]
    chosen = [
        (number, o, voxels.openings[o.name])
        for number, o in enumerate(openings)
        if voxels.openings[o.name].axis == axis
    ]
    z = voxels.grid.centres[2]
    return OutdoorFaces(
        face=_join([np.ravel_multi_index(tuple(p.faces.T), full) for _, _, p in chosen], np.int32),
        cell=_join([np.ravel_multi_index(tuple(p.cells.T), full) for _, _, p in chosen], np.int32),
        opening=_join([np.full(len(p.area), number) for number, _, p in chosen], np.int32),
        sign=_join([p.sign for _, _, p in chosen], dtype),
        area=_join([p.area for _, _, p in chosen], dtype),
        height=_join([z[p.cells[:, 2]] for _, _, p in chosen], dtype),
        loss=_join([np.full(len(p.area), o.loss_coefficient) for _, o, p in chosen], dtype),
    )


def _shell(voxels: VoxelModel, full: tuple, dtype: type) -> WallFaces:
    patches = [voxels.shell[face] for face in FACES]
    widths = voxels.grid.widths
    return WallFaces(
        cell=_join([np.ravel_multi_index(tuple(p.cells.T), full) for p in patches], np.int32),
        side=_join([np.full(len(p.area), n) for n, p in enumerate(patches)], np.int32),
        area=_join([p.area for p in patches], dtype),
        distance=_join([0.5 * widths[p.axis][p.cells[:, p.axis]] for p in patches], dtype),
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
    return HeatedCells(_join(cells, np.int32), _join(numbers, np.int32), _join(shares, dtype))


def _walls(voxels: VoxelModel, axis: int, dtype: type) -> jnp.ndarray:
    """Number of a cell's faces normal to an axis that drag on the air: closed, and no patch."""
    wall = voxels.closed[axis].copy()
    groups = (voxels.intakes, voxels.discharges, voxels.openings)
    for patch in (p for group in groups for p in group.values()):
        if patch.axis == axis:
            wall[tuple(patch.faces.T)] = False
    n = voxels.solid.shape[axis]
    both = np.take(wall, np.arange(n), axis).astype(float) + np.take(
        wall, np.arange(1, n + 1), axis
    )
    return _cells(both * ~voxels.solid, dtype)


def _join(parts: list[np.ndarray], dtype: type) -> jnp.ndarray:
    return jnp.array(np.concatenate(parts) if parts else np.zeros(0), dtype)


def _axis(values: np.ndarray, axis: int, dtype: type) -> jnp.ndarray:
    shape = [1, 1, 1]
    shape[axis] = len(values)
    return jnp.array(values.reshape(shape), dtype)


def _cells(values: np.ndarray, dtype: type) -> jnp.ndarray:
    return jnp.array(np.pad(values, [(0, 1)] * 3), dtype)


def _faces(values: np.ndarray, axis: int, dtype: type) -> jnp.ndarray:
    return jnp.array(np.pad(values, [(0, int(a != axis)) for a in range(3)]), dtype)
