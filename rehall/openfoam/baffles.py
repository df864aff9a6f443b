"""Porous baffles as OpenFOAM can bear them.

Its porousBafflePressure takes the pressure jump from the flow of the iteration before, which
diverges where the loss coefficient is large (a sheet with 2 % of leaks has 7,000). Such a sheet is
written as an airtight one with holes: the share s of its area, spread evenly, has the loss
coefficient K s^2, so that the same pressure difference drives the same flow through the sheet.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geometry.voxels import VoxelModel
from rehall.openfoam.mesh import face_corners, porous_faces

DIRECT = 5.0
"""Largest loss coefficient that is written as it is [-]."""
HOLE = 4.0
"""Loss coefficient of a hole, as near as whole faces allow [-]."""


@dataclass(frozen=True, eq=False)
class Porous:
    """Faces [faces, 3] normal to one axis that air crosses against the coefficient `loss`.

    They stand for a sheet of the coefficient `sheet_loss`, of which they are the share `share`.
    """

    axis: int
    faces: np.ndarray
    loss: float
    sheet_loss: float
    share: float


def porous_parts(voxels: VoxelModel) -> list[Porous]:
    """Porous faces of a hall by sheet and axis; sheets that resist strongly as holes."""
    axis, faces, loss, area = _all(voxels)
    parts = []
    for K in np.unique(loss).tolist():
        of_loss = np.flatnonzero(loss == K)
        sheet = _sheets(voxels.solid.shape, axis[of_loss], faces[of_loss])
        for number in range(int(sheet.max()) + 1):
            whole = of_loss[sheet == number]
            open_ = whole if K <= DIRECT else whole[_spread(len(whole), (HOLE / K) ** 0.5)]
            share = float(area[open_].sum() / area[whole].sum())
            for a in range(3):
                at = open_[axis[open_] == a]
                if len(at):
                    parts.append(Porous(a, faces[at], K * share**2, K, share))
    return parts


def _all(voxels: VoxelModel) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Axis, index, loss coefficient and area of all porous faces."""
    found = []
    for axis in range(3):
        faces = np.argwhere(porous_faces(voxels, axis))
        first, second = (a for a in range(3) if a != axis)
        widths = voxels.grid.widths
        area = widths[first][faces[:, first]] * widths[second][faces[:, second]]
        loss = voxels.loss[axis][tuple(faces.T)]
        found.append((np.full(len(faces), axis), faces, loss, area))
    axes, faces, loss, area = (np.concatenate(part) for part in zip(*found, strict=True))
    return axes, faces, loss, area


def _sheets(shape: tuple[int, ...], axis: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Number of the sheet that every face belongs to: faces that share a corner are one sheet."""
    corners = face_corners(shape, axis, faces)
    _, points = np.unique(corners, return_inverse=True)
    points = points.reshape(corners.shape)
    n = len(faces)
    rows = np.repeat(np.arange(n), 4)
    ones = np.ones(len(rows), bool)
    size = n + int(points.max(initial=-1)) + 1
    graph = coo_array((ones, (rows, n + points.ravel())), shape=(size, size))
    labels = connected_components(graph, directed=False)[1][:n]
    return np.unique(labels, return_inverse=True)[1]


def _spread(count: int, share: float) -> np.ndarray:
    """Evenly spaced indices that make up a share of `count`; one at least.

    >>> _spread(10, 0.2).tolist()
    [2, 7]
    """
    holes = max(1, round(share * count))
    return ((np.arange(holes) + 0.5) * count / holes).astype(int)
