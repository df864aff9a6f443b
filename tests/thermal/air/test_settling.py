import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.signal import lfilter

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
            expelled=zero,
            m_flow=0 * T_in,
            T_in=T_in,
            T_out=T_in + jnp.array([8.0, 8.0, 4.0]) * (1 + 0.5 * swing),
            T_in_max=jnp.where(jnp.array([True, True, False]), T_in + 1.0, -jnp.inf),
            T_opening=jnp.array([7 + 2 * swing]),
            heat=HeatFlows(streams=0 * T_in, openings=zero, walls=zero, blocks=zero),
            T_mean=zero,
            V_mean=zero,
            change=zero,
        )

    monitor = jax.tree.map(lambda *x: jnp.stack(x), *[at(each) for each in swing])
    history = History()
    history.extend(monitor, np.array([[0.5, 0.5, 0.0], [0.0, 0.0, 1.0]]))
    mean, highest, out, opening = (
        np.ptp(history.last(name, 40), axis=0)
        for name in ("inlet", "inlet_max", "outlet", "opening")
    )
    np.testing.assert_allclose(mean, 0.0, atol=1e-12)
    np.testing.assert_allclose(highest, [np.ptp(np.abs(swing)), 0.0])
    np.testing.assert_allclose(out, [4 * np.ptp(swing), 2 * np.ptp(swing)])
    np.testing.assert_allclose(opening, 2 * np.ptp(swing))


LIMIT = 0.1
SPANS = range(4 * WINDOW, 8 * WINDOW + 1, 25)
PHASES = np.linspace(0, 2 * np.pi, 12, endpoint=False)


def swinging(left: float, decay: float, period: float, phase: float) -> History:
    """Two inlets, of which one swings by 0.5 K and has so far to go, with this decay."""
    t = np.arange(8 * WINDOW)
    inlet = left * np.exp(-t / decay) + 0.5 * np.sin(2 * np.pi * t / period + phase)
    return History(inlet=[np.column_stack([inlet, 0 * t])], hall=[np.zeros((len(t), 2))])


def held(history: History) -> list[int]:
    """Iterations of averaging, from its start, after which the mean holds."""
    cut = [
        History(inlet=[history.inlet[0][:span]], hall=[history.hall[0][:span]]) for span in SPANS
    ]
    return [span for span, one in zip(SPANS, cut, strict=True) if one.mean_holds(span, LIMIT)]


@pytest.mark.parametrize("period", [7, 30, 80])
@pytest.mark.parametrize(("left", "decay"), [(2.0, 800.0), (3.0, 1200.0), (5.0, 2000.0)])
def test_mean_of_a_swing_that_travels_by_kelvins_does_not_hold(left, decay, period):
    for phase in PHASES:
        assert held(swinging(left, decay, period, phase)) == []


@pytest.mark.parametrize(("period", "reasonable"), [(7, 200), (30, 200), (80, 300)])
def test_mean_of_a_swing_about_one_state_holds(period, reasonable):
    for phase in PHASES:
        assert min(held(swinging(0.0, 1.0, period, phase))) <= reasonable


def test_move_of_a_mean_is_most_of_what_it_has_to_go_and_not_more():
    history, span = swinging(2.0, 300.0, 7.0, 0.0), 8 * WINDOW
    still = np.mean(2.0 * np.exp(-np.arange(span) / 300.0))
    assert 0.6 * still < history.mean_move(span) < still


def test_noise_of_thirty_inlets_is_seldom_taken_for_a_drift():
    # Each remembers 1/e of what it was 20 iterations ago; standard deviation 0.1 K.
    memory, random = np.exp(-1 / 20), np.random.default_rng(1)
    pushed = random.normal(0.0, 0.1 * np.sqrt(1 - memory**2), (12 * WINDOW, 30, 20))
    noise = lfilter([1.0], [1.0, -memory], pushed, axis=0)[-8 * WINDOW :]
    still = np.zeros((8 * WINDOW, 2))
    halls = [History(inlet=[noise[..., n]], hall=[still]) for n in range(20)]
    assert sum(hall.mean_holds(8 * WINDOW, LIMIT) for hall in halls) >= 18
