"""The hall on its grid: solid cells, blocked and porous faces, and named patches of faces.

Faces normal to an axis are indexed like cells with one more along that axis: face i is the lower
face of cell i. A *patch* is a set of faces with the fluid cell that each belongs to.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from geometry.errors import Finding, InputError
from geometry.grid import Grid
from geometry.hall import FACES, Box, Hall, axis_of, side_of


@dataclass(frozen=True, eq=False)
class Patch:
    """Faces of one thing that meet air.

    `faces` and `cells` are index arrays [faces, 3]; `sign` is +1 where flow along +axis enters
    the fluid cell; `area` is in m2; `requested_area` is what the thing has before other things
    cover part of it.
    """

    name: str
    axis: int
    faces: np.ndarray
    cells: np.ndarray
    sign: np.ndarray
    area: np.ndarray
    requested_area: float


@dataclass(frozen=True, eq=False)
class VoxelModel:
    """What the air solver needs to know of the hall.

    `solid` [nx, ny, nz]; per axis: `closed` faces (walls, airtight baffles, patches), the `loss`
    coefficient of open faces (0 where free) and their `open_fraction` (1 where free). `walls` are
    the closed faces that drag on air: no patches, no planes of symmetry. Patches by the name of
    their device, opening, block or shell face; `sources` are the cells [cells, 3] of boxes that
    give off heat; `region` numbers the connected bodies of air (-1 in solids).
    """

    grid: Grid
    solid: np.ndarray
    closed: tuple[np.ndarray, np.ndarray, np.ndarray]
    loss: tuple[np.ndarray, np.ndarray, np.ndarray]
    open_fraction: tuple[np.ndarray, np.ndarray, np.ndarray]
    intakes: dict[str, Patch]
    discharges: dict[str, Patch]
    openings: dict[str, Patch]
    shell: dict[str, Patch]
    blocks: dict[str, tuple[Patch, ...]]
    sources: dict[str, np.ndarray]
    walls: tuple[np.ndarray, np.ndarray, np.ndarray]
    wall_distance: np.ndarray
    region: np.ndarray


def voxelise(hall: Hall, grid: Grid) -> VoxelModel:
    """Map the hall onto its grid. Refuses a device or opening that no air can reach."""
    solid = np.zeros(grid.shape, bool)
    for box in [b.box for b in hall.blocks] + [d.box for d in hall.devices]:
        solid[_cells(grid, box)] = True
    closed, loss, open_fraction = _face_states(hall, grid, solid)
    intakes = {d.name: _box_patch(d.name, grid, solid, d.box, d.intake) for d in hall.devices}
    discharges = {d.name: _box_patch(d.name, grid, solid, d.box, d.discharge) for d in hall.devices}
    openings = {o.name: _opening_patch(o.name, grid, solid, o.rectangle) for o in hall.openings}
    _refuse_covered(intakes, discharges, openings)
    shell = {face: _shell_patch(face, grid, solid, openings) for face in FACES}
    blocks = {
        b.name: tuple(_box_patch(b.name, grid, solid, b.box, face) for face in FACES)
        for b in hall.blocks
    }
    walls = _walls(grid, solid, closed, (intakes, discharges, openings), shell, hall.symmetry)
    return VoxelModel(
        grid=grid,
        solid=solid,
        closed=closed,
        loss=loss,
        open_fraction=open_fraction,
        intakes=intakes,
        discharges=discharges,
        openings=openings,
        shell=shell,
        blocks=blocks,
        sources={s.name: _free_cells(s.name, grid, solid, s.box) for s in hall.sources},
        walls=walls,
        wall_distance=_wall_distance(grid, solid, walls),
        region=_regions(solid, closed),
    )


def mirrored(hall: Hall, axis: int) -> Hall:
    """Return the hall as seen in a mirror normal to an axis; for checks of symmetry."""
    length = hall.size[axis]

    def flip_box(box: Box) -> Box:
        lower, upper = list(box.lower), list(box.upper)
        lower[axis], upper[axis] = length - box.upper[axis], length - box.lower[axis]
        return Box((lower[0], lower[1], lower[2]), (upper[0], upper[1], upper[2]))

    def flip_face(face: str) -> str:
        return ("-" if side_of(face) > 0 else "+") + face[1] if axis_of(face) == axis else face

    return replace(
        hall,
        blocks=tuple(replace(b, box=flip_box(b.box)) for b in hall.blocks),
        devices=tuple(
            replace(
                d, box=flip_box(d.box), intake=flip_face(d.intake), discharge=flip_face(d.discharge)
            )
            for d in hall.devices
        ),
        openings=tuple(replace(o, rectangle=flip_box(o.rectangle)) for o in hall.openings),
        baffles=tuple(replace(b, rectangle=flip_box(b.rectangle)) for b in hall.baffles),
        sources=tuple(replace(s, box=flip_box(s.box)) for s in hall.sources),
        symmetry=tuple(flip_face(face) for face in hall.symmetry),
    )


def _range(grid: Grid, box: Box, axis: int) -> slice:
    return slice(grid.index(axis, box.lower[axis]), grid.index(axis, box.upper[axis]))


def _cells(grid: Grid, box: Box) -> tuple[slice, slice, slice]:
    return _range(grid, box, 0), _range(grid, box, 1), _range(grid, box, 2)


def _rectangle_faces(grid: Grid, rectangle: Box, axis: int) -> tuple[np.ndarray, ...]:
    """Index arrays of the faces that a rectangle normal to `axis` covers."""
    ranges = [np.arange(*_range(grid, rectangle, a).indices(10**9)) for a in range(3)]
    ranges[axis] = np.array([grid.index(axis, rectangle.lower[axis])])
    return tuple(index.ravel() for index in np.meshgrid(*ranges, indexing="ij"))


def _free_cells(name: str, grid: Grid, solid: np.ndarray, box: Box) -> np.ndarray:
    """Cells of a box that are air; a box thinner than a cell takes the cell it lies in."""
    ranges = []
    for axis in range(3):
        first, last = grid.index(axis, box.lower[axis]), grid.index(axis, box.upper[axis])
        first = min(first, grid.shape[axis] - 1)
        ranges.append(np.arange(first, max(last, first + 1)))
    cells = np.stack([i.ravel() for i in np.meshgrid(*ranges, indexing="ij")], axis=1)
    free = cells[~solid[tuple(cells.T)]]
    if not len(free):
        raise InputError([Finding(name, "gives off heat, but lies inside solid equipment")])
    return free


def _neighbour_solid(solid: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Whether the lower and the upper cell of every face normal to `axis` are solid or outside."""
    pad = [(1, 1) if a == axis else (0, 0) for a in range(3)]
    padded = np.pad(solid, pad, constant_values=True)
    n = solid.shape[axis] + 1
    return (
        np.take(padded, np.arange(n), axis=axis),
        np.take(padded, np.arange(1, n + 1), axis=axis),
    )


def _face_states(hall: Hall, grid: Grid, solid: np.ndarray) -> tuple[tuple, tuple, tuple]:
    closed, loss, open_fraction = [], [], []
    for axis in range(3):
        lower, upper = _neighbour_solid(solid, axis)
        resistance, holes = np.zeros(lower.shape), np.ones(lower.shape)
        for baffle in hall.baffles:
            if baffle.rectangle.flat_axis == axis:
                faces = _rectangle_faces(grid, baffle.rectangle, axis)
                resistance[faces] = baffle.loss_coefficient
                holes[faces] = baffle.open_fraction
        closed.append(lower | upper | np.isinf(resistance))
        loss.append(np.where(closed[axis], 0.0, resistance))
        open_fraction.append(np.where(closed[axis], 1.0, holes))
    return tuple(closed), tuple(loss), tuple(open_fraction)


def _patch(name: str, grid: Grid, axis: int, faces: tuple, sign: int, solid: np.ndarray) -> Patch:
    """Faces of one orientation, without those whose cell is solid or outside the hall."""
    index = np.stack(faces, axis=1)
    cells = index.copy()
    if sign < 0:
        cells[:, axis] -= 1
    others = [a for a in range(3) if a != axis]
    widths = grid.widths
    area = widths[others[0]][index[:, others[0]]] * widths[others[1]][index[:, others[1]]]
    inside = (cells[:, axis] >= 0) & (cells[:, axis] < grid.shape[axis])
    free = inside.copy()
    free[inside] = ~solid[tuple(cells[inside].T)]
    return Patch(
        name=name,
        axis=axis,
        faces=index[free],
        cells=cells[free],
        sign=np.full(int(free.sum()), sign),
        area=area[free],
        requested_area=float(area.sum()),
    )


def _box_patch(name: str, grid: Grid, solid: np.ndarray, box: Box, face: str) -> Patch:
    """Outer faces of a solid box on one of its sides; air lies outside the box."""
    rectangle = box.face(face)
    axis = axis_of(face)
    return _patch(name, grid, axis, _rectangle_faces(grid, rectangle, axis), side_of(face), solid)


def _opening_patch(name: str, grid: Grid, solid: np.ndarray, rectangle: Box) -> Patch:
    """Faces of an opening in the hall's shell; air lies inside the hall."""
    axis = rectangle.flat_axis
    assert axis is not None, f"{name}: an opening is a rectangle"
    at_lower = grid.index(axis, rectangle.lower[axis]) == 0
    faces = _rectangle_faces(grid, rectangle, axis)
    return _patch(name, grid, axis, faces, 1 if at_lower else -1, solid)


def _shell_patch(face: str, grid: Grid, solid: np.ndarray, openings: dict[str, Patch]) -> Patch:
    """Faces of one side of the hall that are wall, openings left out."""
    axis = axis_of(face)
    whole = Box((0.0, 0.0, 0.0), (grid.x[-1], grid.y[-1], grid.z[-1])).face(face)
    patch = _patch(face, grid, axis, _rectangle_faces(grid, whole, axis), -side_of(face), solid)
    taken = np.zeros([n + (a == axis) for a, n in enumerate(grid.shape)], bool)
    for opening in openings.values():
        if opening.axis == axis:
            taken[tuple(opening.faces.T)] = True
    wall = ~taken[tuple(patch.faces.T)]
    return Patch(
        face,
        axis,
        patch.faces[wall],
        patch.cells[wall],
        patch.sign[wall],
        patch.area[wall],
        patch.requested_area,
    )


def _refuse_covered(*groups: dict[str, Patch]) -> None:
    findings = [
        Finding(name, "no air reaches its opening: all of it is covered; move what stands there")
        for group in groups
        for name, patch in group.items()
        if not len(patch.area)
    ]
    if findings:
        raise InputError(findings)


def _walls(
    grid: Grid,
    solid: np.ndarray,
    closed: tuple,
    patches: tuple[dict[str, Patch], ...],
    shell: dict[str, Patch],
    symmetry: tuple[str, ...],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Closed faces beside air that are neither patches nor planes of symmetry."""
    walls = []
    for axis in range(3):
        lower, upper = _neighbour_solid(solid, axis)
        wall = closed[axis] & ~(lower & upper)
        others = [p for group in patches for p in group.values()]
        others += [shell[face] for face in symmetry]
        for patch in others:
            if patch.axis == axis:
                wall[tuple(patch.faces.T)] = False
        walls.append(wall)
    x, y, z = walls
    return x, y, z


def _wall_distance(grid: Grid, solid: np.ndarray, walls: tuple) -> np.ndarray:
    """Distance of every cell centre to the nearest wall face [m], 0 in solids.

    The nearest of the centres of all wall faces; exact in cells next to a wall. The hall's
    diagonal where there is no wall at all.
    """
    centres, faces = grid.centres, grid.faces
    points = []
    for axis in range(3):
        wall = np.argwhere(walls[axis])
        lines = [faces[a] if a == axis else centres[a] for a in range(3)]
        points.append(np.stack([lines[a][wall[:, a]] for a in range(3)], axis=1))
    distance = np.zeros(grid.shape)
    diagonal = float(np.linalg.norm([line[-1] - line[0] for line in faces]))
    fluid = np.argwhere(~solid)
    at = np.stack([centres[a][fluid[:, a]] for a in range(3)], axis=1)
    everywhere = np.concatenate(points)
    distance[~solid] = cKDTree(everywhere).query(at)[0] if len(everywhere) else diagonal
    return distance


def _regions(solid: np.ndarray, closed: tuple) -> np.ndarray:
    """Number of the connected body of air that every cell belongs to, -1 in solids."""
    number = np.arange(solid.size).reshape(solid.shape)
    rows, columns = [], []
    for axis in range(3):
        inner = [slice(None)] * 3
        inner[axis] = slice(1, -1)
        joined = ~closed[axis][tuple(inner)]
        lower = np.take(number, np.arange(solid.shape[axis] - 1), axis=axis)
        upper = np.take(number, np.arange(1, solid.shape[axis]), axis=axis)
        rows.append(lower[joined])
        columns.append(upper[joined])
    row, column = np.concatenate(rows), np.concatenate(columns)
    graph = coo_array((np.ones(len(row), bool), (row, column)), shape=(solid.size, solid.size))
    labels = connected_components(graph, directed=False)[1].reshape(solid.shape)
    labels[solid] = -1
    _, labels[~solid] = np.unique(labels[~solid], return_inverse=True)
    return labels
