"""Sealed rooms that fans join: their pressures follow from the fans' curves."""

import jax.numpy as jnp
import numpy as np
import pytest

from geometry.hall import Baffle, Box, Device, Hall
from thermal.air.gas import fluid
from thermal.air.inputs import Fans
from thermal.air.room import lay


@pytest.mark.slow
def test_two_fans_against_each_other_share_their_pressure():
    """Both have one curve shape, so Q^2 (a + b) = dp1 with dp = b Q^2 between the rooms."""
    hall = Hall(
        (3.2, 0.8, 0.8),
        devices=(
            Device("fan", "fan", Box((1.2, 0.0, 0.4), (2.0, 0.8, 0.8)), "-x", "+x", "mixed"),
            Device("duct", "fan", Box((1.2, 0.0, 0.0), (2.0, 0.8, 0.4)), "+x", "-x", "mixed"),
        ),
        baffles=(Baffle("wall", Box((1.6, 0.0, 0.0), (1.6, 0.8, 0.8))),),
    )
    room = lay(hall, 0.4, turbulence="laminar", gas=fluid(1.2, 1e-2), T_ref=300.0)
    fans = Fans(
        shutoff=jnp.array([100.0, 0.0]),
        slope=jnp.array([1e4, 3e4]),
        T_law=jnp.array([[250.0, 350.0]] * 2),
        speed=jnp.ones((2, 2)),
    )
    solution = room.settled(room.inputs(fans=fans), change=1e-5, average=False)
    p = np.asarray(solution.state.p)
    assert solution.m_flow[0] / 1.2 == pytest.approx(0.05, rel=0.01)
    assert p[-1].mean() - p[0].mean() == pytest.approx(75.0, rel=0.01)
