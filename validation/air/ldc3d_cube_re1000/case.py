import numpy as np
from scipy.interpolate import CubicSpline

from geometry.grid import Grid
from geometry.hall import Hall
from rehall.validation import Outcome, Profile, read_reference
from thermal.air.build import Boundaries
from thermal.air.gas import fluid
from thermal.air.room import lay

SOURCE, REYNOLDS = "Albensoeder and Kuhlmann (2005)", 1000.0


def stretched(cells: int) -> np.ndarray:
    """Grid lines over a side; the cells at the walls are 0.43 of the mean."""
    even = np.linspace(0.0, 1.0, cells + 1)
    return even - 0.09 * np.sin(2 * np.pi * even)


def solve(cells: int):
    """v along x and u along y through the centre; half of the cube, up to its plane of symmetry.

    The published z is y here, and the published y is z.
    """
    line, half = stretched(cells), cells // 2
    room = lay(
        Hall((1.0, 0.5, 1.0), symmetry=("+y",)),
        Grid(line, line[: half + 1], line),
        turbulence="laminar",
        scheme="central",
        gas=fluid(1.0, 1.0 / REYNOLDS),
        boundaries=Boundaries(moving={"-x": (0.0, 0.0, 1.0)}),
    )
    solution = room.settled(room.inputs(), iterations=10000, change=1e-5, average=False)
    u, w = np.asarray(solution.state.u), np.asarray(solution.state.w)

    def in_the_plane(values: np.ndarray) -> np.ndarray:
        return (9 * values[:, -1] - values[:, -2]) / 8  # a parabola without slope at the plane

    middle = np.concatenate([[-0.5], room.grid.centres[0] - 0.5, [0.5]])
    v_line = np.concatenate([[1.0], in_the_plane(w[:, :, half]), [0.0]])
    u_line = np.concatenate([[0.0], in_the_plane(u[half].T), [0.0]])
    at = np.linspace(-0.5, 0.5, 1001)
    return (at, CubicSpline(middle, v_line)(at)), (at, CubicSpline(middle, u_line)(at))


def run(reduced: bool) -> Outcome:
    table = read_reference(__file__)
    v, u = solve(32 if reduced else 64)
    profiles = [
        Profile("v along x", "x", "v over the lid's speed", v, (table["x"], table["v"])),
        Profile("u along y", "y", "u over the lid's speed", u, (table["y"], table["u"])),
    ]
    limit = 0.03 if reduced else 0.01
    return Outcome([profile.row(limit, source=SOURCE) for profile in profiles], profiles)
