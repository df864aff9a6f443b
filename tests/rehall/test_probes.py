import numpy as np
import pytest

from geometry.grid import Grid
from rehall.validation.probes import value_at


def test_probe_is_exact_for_a_linear_field_on_uneven_cells():
    grid = Grid(np.array([0, 0.2, 0.7, 1.5]), np.array([0, 1.0, 1.3]), np.array([0, 0.4, 1.0]))
    x, y, z = np.meshgrid(*grid.centres, indexing="ij")
    points = np.array([[0.3, 0.8, 0.5], [0.9, 1.0, 0.6]])
    found = value_at(2 * x - y + 3 * z, grid, points)
    assert found == pytest.approx(points @ [2, -1, 3])
