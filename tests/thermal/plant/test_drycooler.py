import jax
import jax.numpy as jnp
import numpy as np
import psychrolib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thermal.exchanger import effectiveness, ua_from_rating
from thermal.plant.drycooler import AdiabaticCooler, DryCooler, adiabatic_cooler, dry_cooler
from thermal.plant.machines import made_up, pump_power
from thermal.plant.outdoor import outdoor_at_wet_bulb

psychrolib.SetUnitSystem(psychrolib.SI)
ZERO = 273.15
LPM = 1.0 / 60e3  # [m3/s]
FLOW = 2500 * LPM
COOLER = DryCooler("DC1", capacity=2e6, approach=6.0, fan_power=45e3, V_flow_nominal=FLOW)
ADIABATIC = AdiabaticCooler(COOLER, effectiveness=0.8, cycles=3.0)


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


def test_pads_stay_dry_as_long_as_dry_running_holds_the_set_point():
    outdoor = outdoor_at_wet_bulb(
        jnp.array([280.0, 300.0, 303.0]), jnp.array([275.0, 290.0, 290.0])
    )
    state = adiabatic_cooler(ADIABATIC, 2e6, outdoor, FLOW, 311.15)
    dry = dry_cooler(COOLER, 2e6, outdoor.T_dry, FLOW, 311.15)
    np.testing.assert_allclose(state.water, 0.0)
    np.testing.assert_allclose(state.power, dry.power)


def test_wet_pads_cool_the_intake_by_their_share_of_the_way_to_the_wet_bulb():
    # 40 degC dry, 25 degC wet: the pads give 40 - 0.8 * 15 = 28 degC, and the cooler holds
    # 6 K above that at its rated heat.
    outdoor = outdoor_at_wet_bulb(40.0 + ZERO, 25.0 + ZERO)
    state = adiabatic_cooler(ADIABATIC, 2e6, outdoor, FLOW, 30.0 + ZERO)
    assert float(state.T_leaving) == pytest.approx(34.0 + ZERO, abs=1e-5)
    assert float(state.speed) == 1.0


def test_water_of_the_pads_is_the_humidity_that_the_air_gains_and_what_is_bled():
    outdoor = outdoor_at_wet_bulb(40.0 + ZERO, 25.0 + ZERO)
    state = adiabatic_cooler(ADIABATIC, 2e6, outdoor, FLOW, 30.0 + ZERO)
    gained = psychrolib.GetHumRatioFromTWetBulb(28.0, 25.0, 101325.0)
    gained -= psychrolib.GetHumRatioFromTWetBulb(40.0, 25.0, 101325.0)
    m_air = 992.2 * 4178.5 * FLOW / 1006.0  # same capacity rate as the liquid
    # Three cycles: a third of the fresh water is bled.
    assert float(state.water) == pytest.approx(1.5 * m_air * gained, rel=2e-3)


def test_heat_of_evaporation_is_what_cools_the_air_behind_the_pads():
    outdoor = outdoor_at_wet_bulb(40.0 + ZERO, 25.0 + ZERO)
    state = adiabatic_cooler(ADIABATIC, 2e6, outdoor, FLOW, 30.0 + ZERO)
    m_air = 992.2 * 4178.5 * FLOW / 1006.0
    latent = float(state.water) / 1.5 * 2.43e6  # near 30 degC, ASHRAE Fundamentals (2017), ch. 1
    assert latent == pytest.approx(m_air * 1023.0 * 12.0, rel=0.01)  # 1 % of vapour in the air


def test_pads_do_not_run_in_frost():
    outdoor = outdoor_at_wet_bulb(274.0, 271.0)
    state = adiabatic_cooler(ADIABATIC, 2e6, outdoor, FLOW, 276.0)
    assert float(state.water) == 0.0
    assert float(state.shortage) > 0.0


@settings(deadline=None)
@given(
    heat=st.floats(1e4, 6e6),
    T_dry=st.floats(-20.0, 45.0),
    depression=st.floats(0.0, 8.0),
    T_set=st.floats(5.0, 50.0),
)
def test_no_liquid_leaves_colder_than_the_air_that_cools_it(heat, T_dry, depression, T_set):
    outdoor = outdoor_at_wet_bulb(T_dry + ZERO, T_dry - depression + ZERO)
    dry = dry_cooler(COOLER, heat, T_dry + ZERO, FLOW, T_set + ZERO)
    assert float(dry.T_leaving) >= T_dry + ZERO - 1e-6
    wet = adiabatic_cooler(ADIABATIC, heat, outdoor, FLOW, T_set + ZERO)
    assert float(wet.T_leaving) >= T_dry - 0.8 * depression + ZERO - 1e-6
    assert float(wet.T_leaving) <= float(dry.T_leaving) + 1e-6


def test_coolers_keep_the_precision_of_their_arguments():
    T_dry, T_wet = jnp.array([307.0, 290.0], jnp.float32), jnp.array([297.0, 280.0], jnp.float32)
    outdoor = outdoor_at_wet_bulb(T_dry, T_wet, jnp.full(2, 101325.0, jnp.float32))
    coarse = adiabatic_cooler(ADIABATIC, 2e6, outdoor, FLOW, 305.0)
    fine = adiabatic_cooler(
        ADIABATIC, 2e6, jax.tree.map(lambda a: a.astype(jnp.float64), outdoor), FLOW, 305.0
    )
    assert all(leaf.dtype == jnp.float32 for leaf in jax.tree.leaves(coarse))
    for a, b in zip(jax.tree.leaves(coarse), jax.tree.leaves(fine), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-3)


def test_bleed_and_drift_carry_away_the_salts_that_evaporation_leaves():
    # In steady state the salts of the fresh water leave at `cycles` times its concentration.
    evaporated, cycles, drift = 2.0, 4.0, 0.1
    fresh = float(made_up(jnp.array(evaporated), cycles, drift))
    assert fresh * 1.0 == pytest.approx((fresh - evaporated) * cycles)
    # Drift beyond that leaves nothing to bleed, and thins the water.
    assert float(made_up(jnp.array(evaporated), cycles, 5.0)) == pytest.approx(7.0)


def test_pumps_take_an_eighth_at_half_flow_and_the_lift_stays():
    full = float(pump_power(0.1, 0.1, 220e3, 0.7))
    assert full == pytest.approx(0.1 * 220e3 / 0.7)
    assert float(pump_power(0.05, 0.1, 220e3, 0.7)) == pytest.approx(full / 8.0)
    lifted = float(pump_power(0.05, 0.1, 220e3, 0.7, 100e3))
    assert lifted == pytest.approx(0.05 * (100e3 + 120e3 / 4.0) / 0.7)
