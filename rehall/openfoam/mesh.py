"""Our rectilinear grid as an OpenFOAM polyMesh: the cells that hold air, and the faces between.

Solids are left out; an airtight baffle is two wall faces at one place. Cells are numbered with z
running fastest, internal faces in upper-triangular order, as OpenFOAM wants them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geometry.voxels import Patch, VoxelModel
from rehall.openfoam.text import header

REST = "walls"
"""Patch of the boundary faces that no surface takes."""


@dataclass(frozen=True, eq=False)
class Surface:
    """Boundary faces that become one patch of OpenFOAM.

    `faces` [faces, 3] are indices as in voxels.py, `axis` [faces] their normals; `above` is True
    where the air lies on the upper side. `kind` is OpenFOAM's patch type; a cyclic one names its
    `partner`, whose faces come in the same order.
    """

    name: str
    kind: str
    axis: np.ndarray
    faces: np.ndarray
    above: np.ndarray
    partner: str | None = None


@dataclass(frozen=True, eq=False)
class FoamMesh:
    """A polyMesh. `cells` [cells, 3] are our indices of OpenFOAM's cells.

    `faces` [faces, 4] are points, internal faces first; `owner` has all faces, `neighbour` the
    internal ones. `patches` are name, type, first face, number of faces and partner.
    """

    points: np.ndarray
    faces: np.ndarray
    owner: np.ndarray
    neighbour: np.ndarray
    patches: tuple[tuple[str, str, int, int, str | None], ...]
    cells: np.ndarray

    def of(self, name: str) -> np.ndarray:
        """Numbers of a patch's faces."""
        for patch, _, start, count, _ in self.patches:
            if patch == name:
                return np.arange(start, start + count)
        raise KeyError(name)

    def area_vectors(self) -> np.ndarray:
        """Area of every face along its normal, which points out of its owner [m2]."""
        corner = self.points[self.faces]
        return np.cross(corner[:, 1] - corner[:, 0], corner[:, 3] - corner[:, 0])


def surface(name: str, kind: str, patches: Iterable[Patch]) -> Surface:
    """Patches of our voxels as one surface."""
    parts = [patch for patch in patches if len(patch.area)]
    axis = [np.full(len(patch.area), patch.axis) for patch in parts]
    faces = [np.asarray(patch.faces) for patch in parts]
    above = [np.asarray(patch.sign) > 0 for patch in parts]
    if not parts:
        return Surface(name, kind, np.zeros(0, int), np.zeros((0, 3), int), np.zeros(0, bool))
    return Surface(name, kind, np.concatenate(axis), np.concatenate(faces), np.concatenate(above))


def build_mesh(voxels: VoxelModel, surfaces: Sequence[Surface]) -> FoamMesh:
    """Mesh of the air. A face that several surfaces claim goes to the first of them.

    Surfaces that are left without faces are dropped; what no surface takes is the patch `walls`.
    """
    number = np.full(voxels.solid.shape, -1)
    number[~voxels.solid] = np.arange(int((~voxels.solid).sum()))
    inside = [_internal(voxels, axis) for axis in range(3)]
    axis, face, own, nei = _internal_faces(number, inside)
    free = [_boundary(number, inside[a], a) for a in range(3)]
    quads, owner = [face_corners(number.shape, axis, face)], [own]
    patches: list[tuple[str, str, int, int, str | None]] = []
    start = len(own)
    for part in (*surfaces, None):
        found = _rest(free) if part is None else _taken(part, free)
        name, kind, partner = (REST, "wall", None) if part is None else (
            part.name, part.kind, part.partner
        )  # fmt: skip
        if not len(found[0]):
            continue
        quad, cell = _outward(number, *found)
        quads.append(quad)
        owner.append(cell)
        patches.append((name, kind, start, len(cell), partner))
        start += len(cell)
    faces = np.concatenate(quads)
    used, renumbered = np.unique(faces, return_inverse=True)
    lines = np.meshgrid(*voxels.grid.faces, indexing="ij")
    return FoamMesh(
        points=np.stack([line.ravel()[used] for line in lines], axis=1),
        faces=renumbered.reshape(faces.shape),
        owner=np.concatenate(owner),
        neighbour=nei,
        patches=tuple(patches),
        cells=np.argwhere(~voxels.solid),
    )


def porous_faces(voxels: VoxelModel, axis: int) -> np.ndarray:
    """Faces normal to an axis that air crosses against a loss coefficient."""
    return ~voxels.closed[axis] & (voxels.loss[axis] > 0)


def write_mesh(
    mesh: FoamMesh,
    folder: Path,
    face_zones: dict[str, np.ndarray],
    cell_zones: dict[str, np.ndarray],
) -> None:
    """Write constant/polyMesh; zones hold numbers of faces and of cells."""
    folder.mkdir(parents=True, exist_ok=True)
    count = f"nPoints:{len(mesh.points)} nCells:{len(mesh.cells)} nFaces:{len(mesh.faces)} "
    note = count + f"nInternalFaces:{len(mesh.neighbour)}"
    points = (f"({x:.9g} {y:.9g} {z:.9g})" for x, y, z in mesh.points.tolist())
    quads = (f"4({a} {b} {c} {d})" for a, b, c, d in mesh.faces.tolist())
    _write_list(folder / "points", "vectorField", points, len(mesh.points))
    _write_list(folder / "faces", "faceList", quads, len(mesh.faces))
    for name, labels in (("owner", mesh.owner), ("neighbour", mesh.neighbour)):
        _write_list(folder / name, "labelList", map(str, labels.tolist()), len(labels), note)
    _write_list(folder / "boundary", "polyBoundaryMesh", _boundary_entries(mesh), len(mesh.patches))
    faces = (_zone(n, "faceZone", "faceLabels", at, True) for n, at in face_zones.items())
    cells = (_zone(n, "cellZone", "cellLabels", at, False) for n, at in cell_zones.items())
    _write_list(folder / "faceZones", "regIOobject", faces, len(face_zones))
    _write_list(folder / "cellZones", "regIOobject", cells, len(cell_zones))


def _internal(voxels: VoxelModel, axis: int) -> np.ndarray:
    """Faces normal to an axis between two cells of air, without baffles."""
    return ~voxels.closed[axis] & ~porous_faces(voxels, axis)


def _internal_faces(number: np.ndarray, inside: list[np.ndarray]) -> tuple[np.ndarray, ...]:
    """Axis, index, lower and upper cell of the internal faces, in upper-triangular order."""
    parts = []
    for axis in range(3):
        face = np.argwhere(inside[axis])
        below = face.copy()
        below[:, axis] -= 1
        own, nei = number[tuple(below.T)], number[tuple(face.T)]
        parts.append((np.full(len(face), axis), face, own, nei))
    axes, faces, own, nei = (np.concatenate(part) for part in zip(*parts, strict=True))
    order = np.lexsort((nei, own))
    return axes[order], faces[order], own[order], nei[order]


def _boundary(number: np.ndarray, inside: np.ndarray, axis: int) -> list[np.ndarray]:
    """Whether a face bounds the air on its lower side, and on its upper side."""
    sides = []
    for above in (False, True):
        air = np.zeros(inside.shape, bool)
        at = [slice(None)] * 3
        at[axis] = slice(None, -1) if above else slice(1, None)
        air[tuple(at)] = number >= 0
        sides.append(air & ~inside)
    return sides


def _taken(part: Surface, free: list[list[np.ndarray]]) -> tuple[np.ndarray, ...]:
    """Axis, index and side of a surface's faces that are still free; they no longer are."""
    keep = np.zeros(len(part.axis), bool)
    for n, (axis, face, above) in enumerate(zip(part.axis, part.faces, part.above, strict=True)):
        side = free[axis][int(above)]
        keep[n] = side[tuple(face)]
        side[tuple(face)] = False
    return part.axis[keep], part.faces[keep], part.above[keep]


def _rest(free: list[list[np.ndarray]]) -> tuple[np.ndarray, ...]:
    """Axis, index and side of all faces that are still free."""
    parts = []
    for axis in range(3):
        for above in (False, True):
            face = np.argwhere(free[axis][int(above)])
            parts.append((np.full(len(face), axis), face, np.full(len(face), above)))
    axes, faces, sides = (np.concatenate(part) for part in zip(*parts, strict=True))
    return axes, faces, sides


def _outward(
    number: np.ndarray, axis: np.ndarray, face: np.ndarray, above: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Points of boundary faces, turned out of their cells, and the cells."""
    quads = face_corners(number.shape, axis, face)
    quads[above] = quads[above][:, [0, 3, 2, 1]]
    cell = face - (~above)[:, None] * np.eye(3, dtype=int)[axis]
    return quads, number[tuple(cell.T)]


def face_corners(shape: tuple[int, ...], axis: np.ndarray, face: np.ndarray) -> np.ndarray:
    """Corner points of faces [faces, 4], their normal along the axis."""
    points = tuple(n + 1 for n in shape)
    unit = np.eye(3, dtype=int)
    first, second = unit[(axis + 1) % 3], unit[(axis + 2) % 3]
    corners = (face, face + first, face + first + second, face + second)
    return np.stack([np.ravel_multi_index(tuple(c.T), points) for c in corners], axis=1)


def _boundary_entries(mesh: FoamMesh) -> Iterable[str]:
    for name, kind, start, count, partner in mesh.patches:
        pair = f" neighbourPatch {partner}; transform coincidentFullMatch;" if partner else ""
        yield f"{name} {{ type {kind};{pair} nFaces {count}; startFace {start}; }}"


def _zone(name: str, kind: str, key: str, labels: np.ndarray, flips: bool) -> str:
    listed = " ".join(map(str, labels.tolist()))
    flip = f" flipMap List<bool> {len(labels)}{{0}};" if flips else ""
    return f"{name} {{ type {kind}; {key} List<label> {len(labels)}({listed});{flip} }}"


def _write_list(path: Path, kind: str, items: Iterable[str], count: int, note: str = "") -> None:
    with path.open("w") as file:
        file.write(header(kind, path.name, "constant/polyMesh", note))
        file.write(f"{count}\n(\n")
        file.writelines(f"{item}\n" for item in items)
        file.write(")\n")
