import jax
import jax.numpy as jnp
import numpy as np
import pytest

from thermal.exchanger import effectiveness, ua_from_rating
from thermal.plant.rejection import Chiller, DryCooler, chiller, dry_cooler, facility_pump_power

LPM = 1.0 / 60e3  # [m3/s]
COOLER = DryCooler("DC1", capacity=2e6, approach=6.0, fan_power=45e3, V_flow_nominal=2500 * LPM)
CHILLER = Chiller("CH1", capacity=1.5e6, cop=4.5, derate=0.012)
FLOW = 2500 * LPM


def test_dry_cooler_at_its_rating_runs_at_full_speed_with_its_rated_approach():
    state = dry_cooler(COOLER, 2e6, 305.15, FLOW, 311.15)
    assert float(state.speed) == pytest.approx(1.0, abs=1e-5)
    assert float(state.T_leaving) == pytest.approx(311.15, abs=1e-5)
    assert float(state.power) == pytest.approx(45e3, rel=1e-4)
    assert float(state.shortage) == pytest.approx(0.0, abs=50.0)


def test_hotter_outdoors_lifts_the_leaving_liquid_kelvin_for_kelvin_at_full_speed():
    T_outdoor = jnp.array([307.15, 309.15, 312.15])
    state = dry_cooler(COOLER, 2e6, T_outdoor, FLOW, 311.15)
    np.testing.assert_allclose(state.T_leaving - T_outdoor, 6.0, atol=1e-5)
    assert (state.shortage > 0.0).all()
    np.testing.assert_allclose(state.speed, 1.0)


def test_shortage_is_what_must_go_to_hold_the_set_point_again():
    state = dry_cooler(COOLER, 2e6, 307.15, FLOW, 311.15)
    # Heat is proportional to the approach at fixed flows: 4 K instead of 6 K carries two thirds.
    assert float(state.shortage) == pytest.approx(2e6 / 3.0, rel=1e-6)
    less = dry_cooler(COOLER, 2e6 - state.shortage, 307.15, FLOW, 311.15)
    assert float(less.T_leaving) == pytest.approx(311.15, abs=1e-6)


def test_fans_slow_down_in_cooler_air_and_their_power_follows_the_cube():
    T_outdoor = jnp.array([265.0, 285.0, 300.0])
    state = dry_cooler(COOLER, 2e6, T_outdoor, FLOW, 311.15)
    assert (jnp.diff(state.speed) > 0.0).all()
    np.testing.assert_allclose(state.T_leaving, 311.15)
    np.testing.assert_allclose(state.power, 45e3 * state.speed**3, rtol=1e-9)
    # The air that carries the heat cannot leave warmer than the liquid came in.
    C = 992.2 * 4179.0 * FLOW  # liquid at 40 degC; air at full speed has the same
    assert (T_outdoor + 2e6 / (state.speed * C) < 311.15 + 2e6 / C).all()


def test_slower_fans_lose_air_flow_and_half_of_the_conductance_as_the_films_do():
    state = dry_cooler(COOLER, 1.2e6, 300.0, FLOW, 311.15)
    speed = float(state.speed)
    C = 992.2 * 4178.5 * FLOW  # rated: both streams, [W/K]
    UA = ua_from_rating(2e6, C, C, 6.0 + 2e6 / C, 0.0, "crossflow")
    UA /= 0.5 + 0.5 * speed**-0.8
    per_kelvin = speed * C * float(effectiveness("crossflow", UA / (speed * C), speed))
    assert per_kelvin * (311.15 + 1.2e6 / C - 300.0) == pytest.approx(1.2e6, rel=1e-3)


@pytest.mark.parametrize(("heat", "V_flow", "short"), [(0.0, FLOW, 0.0), (1e6, 0.0, 1e6)])
def test_no_heat_and_no_flow_are_ordinary_states(heat, V_flow, short):
    state = dry_cooler(COOLER, heat, 300.0, V_flow, 311.15)
    assert all(np.isfinite(leaf).all() for leaf in jax.tree_util.tree_leaves(state))
    assert float(state.shortage) == pytest.approx(short)


def test_chiller_takes_its_cop_and_loses_capacity_above_35_degc():
    state = chiller(CHILLER, 1.2e6, jnp.array([300.0, 308.15, 318.15]), 1700 * LPM, 291.15)
    np.testing.assert_allclose(state.power, 1.2e6 / 4.5)
    np.testing.assert_allclose(state.shortage, 0.0)
    np.testing.assert_allclose(state.T_leaving, 291.15)
    hot = chiller(CHILLER, 1.5e6, 318.15, 1700 * LPM, 291.15)
    # 10 K over 35 degC at 1.2 % per kelvin: 12 % of 1.5 MW.
    assert float(hot.shortage) == pytest.approx(180e3, rel=1e-9)
    assert float(hot.power) == pytest.approx(1.32e6 / 4.5, rel=1e-9)
    C_water = 992.2 * 4179.0 * 1700 * LPM
    assert float(hot.T_leaving) - 291.15 == pytest.approx(180e3 / C_water, rel=1e-3)


def test_facility_pumps_take_an_eighth_at_half_flow():
    full = float(facility_pump_power(0.1, 0.1, 220e3, 0.7))
    assert full == pytest.approx(0.1 * 220e3 / 0.7)
    assert float(facility_pump_power(0.05, 0.1, 220e3, 0.7)) == pytest.approx(full / 8.0)
