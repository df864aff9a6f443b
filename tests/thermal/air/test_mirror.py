"""A flow and its mirror image."""

import numpy as np
import pytest

from geometry.grid import Grid
from geometry.hall import Box, Hall, Opening
from thermal.air.gas import fluid
from thermal.air.room import lay

LINE = np.linspace(0.0, 1.0, 9)


def crossing(scheme: str, turn: int):
    """Flow along x (turn 1) or against it from the lower to the upper half of two walls."""
    start, end = (0.0, 1.0)[::turn]
    hall = Hall(
        (1.0, 1.0, 1.0),
        openings=(
            Opening("in", "supply", Box((start, 0.0, 0.0), (start, 1.0, 0.5))),
            Opening("out", "exhaust", Box((end, 0.0, 0.5), (end, 1.0, 1.0))),
        ),
        symmetry=("-y", "+y"),
    )
    room = lay(
        hall,
        Grid(LINE, np.array([0.0, 1.0]), LINE),
        turbulence="laminar",
        scheme=scheme,
        gas=fluid(1.0, 0.02),
    )
    flows = {"in": 0.5, "out": 0.5}
    return room.settled(room.inputs(V_flow=flows), change=1e-8, average=False).state


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["central", "limited"])
def test_flow_against_an_axis_is_the_mirror_image_of_that_along_it(scheme):
    along, against = crossing(scheme, 1), crossing(scheme, -1)
    np.testing.assert_allclose(against.w[::-1], along.w, atol=1e-6)
    np.testing.assert_allclose(-against.u[::-1], along.u, atol=1e-6)
