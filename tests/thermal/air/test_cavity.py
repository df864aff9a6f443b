"""Air in a box that nothing but its lid moves."""

import numpy as np
import pytest

from geometry.grid import Grid
from geometry.hall import Hall
from thermal.air.build import Boundaries
from thermal.air.gas import fluid
from thermal.air.room import lay


@pytest.mark.slow
def test_flow_without_inlets_settles_instead_of_being_averaged():
    """No inlet can swing here, so only the velocities tell when the flow stands still."""
    line = np.linspace(0.0, 1.0, 17)
    room = lay(
        Hall((1.0, 1.0, 1.0), symmetry=("-y", "+y")),
        Grid(line, np.array([0.0, 1.0]), line),
        turbulence="laminar",
        gas=fluid(1.0, 1e-3),
        boundaries=Boundaries(moving={"+z": (1.0, 0.0, 0.0)}),
    )
    solution = room.settled(room.inputs(), iterations=4000, change=1e-8, average=False)
    assert not solution.averaged
    again = room.solve(room.inputs(), solution.work, iterations=25)
    np.testing.assert_allclose(again.state.u, solution.state.u, atol=1e-6)
