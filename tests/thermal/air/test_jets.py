import jax
import numpy as np
import pytest

from geometry.grid import Grid
from geometry.hall import Baffle, Box, Hall, Opening
from thermal.air.gas import fluid
from thermal.air.room import lay

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("open_fraction", [1.0, 0.4])
def test_sheet_across_a_duct_costs_its_loss_whatever_its_holes_give_back(open_fraction):
    """The jets merge in the duct, so that their momentum comes back as pressure."""
    jax.config.update("jax_enable_x64", True)
    loss, speed = 2.0, 1.5
    hall = Hall(
        (4.0, 1.0, 1.0),
        openings=(
            Opening("in", "supply", Box((0.0, 0.0, 0.0), (0.0, 1.0, 1.0))),
            Opening("out", "outdoor", Box((4.0, 0.0, 0.0), (4.0, 1.0, 1.0))),
        ),
        baffles=(Baffle("sheet", Box((2.0, 0.0, 0.0), (2.0, 1.0, 1.0)), loss, open_fraction),),
        symmetry=("-y", "+y", "-z", "+z"),
    )
    lines = np.linspace(0, 1, 2)
    room = lay(hall, Grid(np.linspace(0, 4, 21), lines, lines), gas=fluid(1.2, 1e-3))
    p = np.asarray(room.settled(room.inputs(V_flow={"in": speed})).state.p)[:, 0, 0]
    assert p[5] - p[15] == pytest.approx(loss * 0.6 * speed**2, rel=0.01)
