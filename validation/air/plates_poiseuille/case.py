import numpy as np

from geometry.grid import Grid
from geometry.hall import Box, Hall, Opening
from rehall.validation import Outcome, Profile, Row, read_reference
from thermal.air.room import lay

GAP, LENGTH, DEPTH, SPEED = 0.02, 0.16, 100.0, 0.02  # [m], [m], [m], [m/s]
ALONG = 32  # cells
SOURCE = "Poiseuille's law"


def solve(across: int):
    """Height of the cell centres over the gap, u over its mean, and the gradient over the exact."""
    hall = Hall(
        (LENGTH, DEPTH, GAP),
        openings=(
            Opening("in", "supply", Box((0.0, 0.0, 0.0), (0.0, DEPTH, GAP))),
            Opening("out", "outdoor", Box((LENGTH, 0.0, 0.0), (LENGTH, DEPTH, GAP))),
        ),
    )
    lines = (
        np.linspace(0, LENGTH, ALONG + 1),
        np.array([0, DEPTH]),
        np.linspace(0, GAP, across + 1),
    )
    laid = lay(hall, Grid(*lines), turbulence="laminar", scheme="central")
    solution = laid.settled(laid.inputs(V_flow={"in": SPEED * GAP * DEPTH}), iterations=600)
    p, u = np.asarray(solution.state.p)[:, 0, :], np.asarray(solution.state.u)[:, 0, :]
    gradient = float((p[20] - p[26]).mean()) / (6 * LENGTH / ALONG)
    exact = 12 * float(laid.model.mu) * SPEED / GAP**2
    return laid.grid.centres[2] / GAP, u[24] / SPEED, gradient / exact


def run(reduced: bool) -> Outcome:
    table = read_reference(__file__)
    z, u, gradient = solve(12)
    rows = []
    if not reduced:
        coarse = gradient
        z, u, gradient = solve(24)
        order = float(np.log2(abs(coarse - 1) / abs(gradient - 1)))
        rows = [Row("order of its error", order, 2.0, 0.1, source="formal order of the scheme")]
    profile = Profile(
        "velocity between plates",
        "height over the gap",
        "velocity over its mean",
        (np.concatenate([[0], z, [1]]), np.concatenate([[0], u, [0]])),
        (table["z_over_H"], table["u_over_U"]),
    )
    first = Row("pressure gradient over the exact", gradient, 1.0, 0.015, source=SOURCE)
    return Outcome([first, *rows, profile.row(0.03, source=SOURCE)], [profile])
