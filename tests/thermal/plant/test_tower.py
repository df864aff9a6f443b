from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import psychrolib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from geometry.errors import InputError
from thermal.moist_air import moist_air_enthalpy
from thermal.plant.outdoor import (
    outdoor_at_dew_point,
    outdoor_at_wet_bulb,
    saturated_humidity,
    saturation_temperature,
)
from thermal.plant.tower import CoolingTower, cooling_tower, evaporation, merkel_number

psychrolib.SetUnitSystem(psychrolib.SI)
ZERO, P = 273.15, 101325.0
C_NOMINAL = 992.2 * 4178.5 * 0.129  # capacity rate of the tower's water [W/K]


def at(T_dry, T_wet, p=P):
    return outdoor_at_wet_bulb(T_dry + ZERO, T_wet + ZERO, p)


@pytest.mark.parametrize(
    ("leaving", "rise", "wet", "ratio"), [(29.4, 5.6, 23.9, 1.2), (26.0, 11.0, 20.0, 0.8)]
)
def test_merkel_number_is_the_integral_over_the_enthalpy_difference(leaving, rise, wet, ratio):
    h_in = psychrolib.GetSatAirEnthalpy(wet, P)

    def integrand(T):
        air = h_in + ratio * 4186.0 * (T - leaving)
        return 4186.0 / (psychrolib.GetSatAirEnthalpy(T, P) - air)

    exact, _ = quad(integrand, leaving, leaving + rise)
    ours = merkel_number(*map(jnp.array, (leaving + ZERO, rise, h_in, ratio, P)))
    assert float(ours) == pytest.approx(exact, rel=2e-4)


def test_tower_at_its_rating_runs_at_full_speed_with_its_rated_approach(tower):
    state = cooling_tower(tower, 3e6, at(33.9, 23.9), 0.129, 29.4 + ZERO)
    assert float(state.speed) == pytest.approx(1.0, abs=1e-4)
    assert float(state.T_leaving) == pytest.approx(29.4 + ZERO, abs=1e-4)
    assert float(state.power) == pytest.approx(38e3, rel=1e-3)
    assert float(state.shortage) == pytest.approx(0.0, abs=500.0)


def test_water_floats_above_a_set_point_out_of_reach_and_less_heat_would_hold_it(tower):
    outdoor = at(35.0, 26.0)
    state = cooling_tower(tower, 3e6, outdoor, 0.129, 29.4 + ZERO)
    assert float(state.speed) == 1.0
    assert float(state.T_leaving) > 29.4 + ZERO
    held = cooling_tower(tower, 3e6 - state.shortage, outdoor, 0.129, 29.4 + ZERO)
    assert float(held.T_leaving) == pytest.approx(29.4 + ZERO, abs=1e-6)
    assert float(held.shortage) == pytest.approx(0.0, abs=1.0)


def test_less_heat_and_drier_air_need_slower_fans(tower):
    heat = cooling_tower(tower, jnp.array([1e6, 2e6, 3e6]), at(25.0, 15.0), 0.129, 29.4 + ZERO)
    assert (jnp.diff(heat.speed) > 0.0).all()
    outdoor = outdoor_at_wet_bulb(jnp.full(3, 303.15), jnp.array([283.15, 290.15, 297.15]))
    air = cooling_tower(tower, 2.5e6, outdoor, 0.129, 29.4 + ZERO)
    assert (jnp.diff(air.speed) > 0.0).all()
    np.testing.assert_allclose(air.T_leaving, 29.4 + ZERO)


def test_air_that_leaves_saturated_carries_heat_and_water_away(tower):
    outdoor, heat = at(30.0, 20.0), jnp.array(2.5e6)
    state = cooling_tower(tower, heat, outdoor, 0.129, 27.0 + ZERO)
    G = float(state.speed) * C_NOMINAL / 4186.0 / 1.2
    evaporated = float(evaporation(tower, heat, outdoor, state.speed))
    w_out = float(outdoor.w) + evaporated / G
    T_out = psychrolib.GetTDewPointFromHumRatio(40.0, w_out, P)
    h_out = psychrolib.GetMoistAirEnthalpy(T_out, w_out)
    h_in = psychrolib.GetMoistAirEnthalpy(30.0, float(outdoor.w))
    assert G * (h_out - h_in) == pytest.approx(2.5e6, rel=1e-3)


def test_evaporation_is_near_the_rules_of_thumb_of_a_litre_per_kilowatt_hour(tower):
    # 1.08 and 1.24 L/kWh of heat are in use; 1.5 is all heat by evaporation, more needs dry air.
    outdoor = outdoor_at_wet_bulb(jnp.array([278.15, 290.15, 303.15]), jnp.array([276, 285, 295.0]))
    heat = jnp.full(3, 2.5e6)
    state = cooling_tower(tower, heat, outdoor, 0.129, 27.0 + ZERO)
    per_kwh = np.asarray(evaporation(tower, heat, outdoor, state.speed)) * 3600.0 / 2500.0
    assert ((per_kwh > 0.8) & (per_kwh < 1.6)).all()
    assert (np.diff(per_kwh) > 0.0).all()


def test_drift_counts_where_it_takes_more_salt_than_is_to_be_bled(tower):
    outdoor = at(30.0, 20.0)
    fine = cooling_tower(tower, 2e6, outdoor, 0.129, 300.15)
    poor = cooling_tower(replace(tower, drift=0.02), 2e6, outdoor, 0.129, 300.15)
    evaporated = float(fine.water) * 3.0 / 4.0
    water = C_NOMINAL / 4186.0
    assert float(poor.water) == pytest.approx(evaporated + 0.02 * water, rel=1e-3)


def test_lower_pressure_takes_more_water_vapour_and_cools_better(tower):
    state = [
        cooling_tower(tower, 3e6, at(33.9, 23.9, p), 0.129, 290.0).T_leaving for p in (P, 80e3)
    ]
    assert float(state[1]) < float(state[0])


@pytest.mark.parametrize(("heat", "V_flow", "short"), [(0.0, 0.129, 0.0), (1e6, 0.0, 1e6)])
def test_no_heat_and_no_flow_are_ordinary_states(tower, heat, V_flow, short):
    state = cooling_tower(tower, heat, at(30.0, 20.0), V_flow, 300.15)
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(state))
    assert float(state.shortage) == pytest.approx(short, abs=1e-3)
    assert float(state.water) == 0.0


@settings(deadline=None, max_examples=50)
@given(
    heat=st.floats(1e4, 9e6),
    T_wet=st.floats(-15.0, 32.0),
    depression=st.floats(0.0, 15.0),
    T_set=st.floats(5.0, 40.0),
)
def test_water_never_leaves_below_the_wet_bulb(heat, T_wet, depression, T_set):
    machine = CoolingTower(
        "CT", 3e6, 5.5, 23.9 + ZERO, 0.129, 38e3, 1.2, 0.6, cycles=4.0, drift=5e-5
    )
    dew = T_wet - depression
    outdoor = outdoor_at_dew_point(T_wet + 0.5 * depression + ZERO, dew + ZERO)
    state = cooling_tower(machine, heat, outdoor, 0.129, T_set + ZERO)
    assert float(state.T_leaving) > float(outdoor.T_wet) or T_set + ZERO < float(outdoor.T_wet)
    assert float(state.T_leaving) >= float(outdoor.T_wet) - 1e-9 or float(state.shortage) == 0.0
    if float(state.shortage) > 0.0:
        assert float(state.T_leaving) >= float(outdoor.T_wet)


def test_rated_point_that_no_tower_reaches_is_refused():
    hopeless = CoolingTower("CT9", 3e6, 0.5, 23.9 + ZERO, 0.05, 38e3, 3.0, 0.6, 4.0, 0.0)
    with pytest.raises(InputError, match=r"CT9: cooling by 14\.5 K to 0\.5 K above the wet bulb"):
        cooling_tower(hopeless, 3e6, at(33.9, 23.9), 0.05, 300.0)


def test_hours_of_a_year_are_a_batch(tower):
    outdoor = outdoor_at_wet_bulb(jnp.linspace(280.0, 305.0, 5), jnp.linspace(278.0, 295.0, 5))
    together = cooling_tower(tower, 2e6, outdoor, 0.129, 299.15)
    mapped = jax.vmap(lambda air: cooling_tower(tower, 2e6, air, 0.129, 299.15))(outdoor)
    for a, b in zip(jax.tree.leaves(together), jax.tree.leaves(mapped), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


@pytest.mark.parametrize(("T", "RH", "p"), [(35.0, 0.3, P), (5.0, 0.8, P), (-8.0, 0.7, 90e3)])
def test_air_of_a_weather_file_has_the_wet_bulb_of_psychrolib(T, RH, p):
    dew = psychrolib.GetTDewPointFromRelHum(T, RH)
    outdoor = outdoor_at_dew_point(T + ZERO, dew + ZERO, p)
    assert float(outdoor.T_wet) - ZERO == pytest.approx(
        psychrolib.GetTWetBulbFromRelHum(T, RH, p), abs=0.02
    )


def test_saturation_temperature_is_where_saturated_air_has_that_enthalpy():
    T, p = jnp.array([258.15, 290.15, 320.15]), jnp.full(3, 95e3)
    h = moist_air_enthalpy(T, saturated_humidity(T, p))
    np.testing.assert_allclose(saturation_temperature(h, p), T, atol=1e-9)
