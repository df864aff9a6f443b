"""Values of a solved air flow at points between its cells."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import RegularGridInterpolator

from geometry.grid import Grid
from thermal.air.state import AirState


def velocity_at(state: AirState, grid: Grid, points: ArrayLike) -> np.ndarray:
    """Velocity at `points` [points, 3] in m, linear between faces: [points, 3] in m/s."""
    parts = [
        _at(values, grid, points, axis) for axis, values in enumerate((state.u, state.v, state.w))
    ]
    return np.stack(parts, axis=1)


def value_at(values: ArrayLike, grid: Grid, points: ArrayLike) -> np.ndarray:
    """Value of a field of the cells at `points` [points, 3] in m, linear between centres."""
    return _at(values, grid, points, None)


def _at(values: ArrayLike, grid: Grid, points: ArrayLike, face_axis: int | None) -> np.ndarray:
    lines = [grid.faces[a] if a == face_axis else grid.centres[a] for a in range(3)]
    where = np.asarray(points, float)
    inside = np.stack([np.clip(where[:, a], n[0], n[-1]) for a, n in enumerate(lines)], axis=1)
    return RegularGridInterpolator(lines, np.asarray(values, float))(inside)
