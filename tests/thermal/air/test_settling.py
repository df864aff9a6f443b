import jax
import jax.numpy as jnp
import numpy as np
import pytest

from thermal.air.energy import HeatFlows
from thermal.air.history import WINDOW, History
from thermal.air.iterate import Monitor


@pytest.mark.parametrize(("decay", "calming"), [(0.99, True), (1.0, False)])
def test_air_of_one_temperature_calms_as_long_as_its_velocities_change_less(decay, calming):
    done = 4 * WINDOW
    history = History(inlet=[np.zeros((done, 2))], change=[0.1 * decay ** np.arange(done)])
    assert history.calming(done) is calming


def test_hot_spot_that_moves_over_an_intake_swings_its_highest_inlet_but_not_its_mean():
    """Two devices, the first of two streams whose temperatures swing against each other."""
    swing = np.sin(np.arange(40.0))

    def at(swing):
        T_in = jnp.array([5 + swing, 5 - swing, 3.0])
        zero = jnp.zeros(())
        return Monitor(
            moved=zero + 1.0,
            net_mass=zero,
            m_flow=0 * T_in,
            T_in=T_in,
            T_out=T_in + jnp.array([8.0, 8.0, 4.0]) * (1 + 0.5 * swing),
            T_in_max=jnp.where(jnp.array([True, True, False]), T_in + 1.0, -jnp.inf),
            heat=HeatFlows(streams=0 * T_in, openings=zero, walls=zero, blocks=zero),
            T_mean=zero,
            V_mean=zero,
            change=zero,
        )

    monitor = jax.tree.map(lambda *x: jnp.stack(x), *[at(each) for each in swing])
    history = History()
    history.extend(monitor, np.array([[0.5, 0.5, 0.0], [0.0, 0.0, 1.0]]))
    mean, highest, out = (
        np.ptp(history.last(name, 40), axis=0) for name in ("inlet", "inlet_max", "outlet")
    )
    np.testing.assert_allclose(mean, 0.0, atol=1e-12)
    np.testing.assert_allclose(highest, [np.ptp(np.abs(swing)), 0.0])
    np.testing.assert_allclose(out, [4 * np.ptp(swing), 2 * np.ptp(swing)])
