import jax
import jax.numpy as jnp
import numpy as np
import psychrolib
import pytest
from CoolProp.CoolProp import PropsSI
from CoolProp.HumidAirProp import HAPropsSI

from geometry.errors import InputError
from thermal import moist_air
from thermal.moist_air import W_MAX, check_moist_air
from thermal.properties import AIR_P_MAX, AIR_P_MIN, AIR_T_MAX, AIR_T_MIN

PRESSURES = (AIR_P_MIN, 70e3, 101325.0, AIR_P_MAX)
ZERO = 273.15


@pytest.fixture(scope="module", autouse=True)
def si():
    psychrolib.SetUnitSystem(psychrolib.SI)


def over_the_range(temperatures=15, humidities=(0.001, 0.01, 0.05, 0.2, 0.4, 0.6, 0.8, 1.0)):
    """T, relative humidity, p and w on a grid over the whole range."""
    T = np.linspace(AIR_T_MIN, AIR_T_MAX, temperatures)
    T, relative, p = (x.ravel() for x in np.meshgrid(T, humidities, PRESSURES))
    vapour = relative * [psychrolib.GetSatVapPres(t - ZERO) for t in T]
    w = 0.621945 * vapour / np.maximum(p - vapour, 1.0)
    held = (w <= W_MAX) & (vapour < p)
    return T[held], relative[held], p[held], w[held]


def arrays(*values):
    return tuple(jnp.asarray(value) for value in values)


def of_psychrolib(function, *arguments):
    return np.array([function(*one) for one in zip(*arguments, strict=True)])


def in_coolprop(quantity, T, p, **given):
    """Real moist air (Herrmann, Kretzschmar and Gatley 2009)."""
    (key, values), per_point = next(iter(given.items())), zip(T, p, strict=True)
    return np.array(
        [
            HAPropsSI(quantity, "T", t, "P", pressure, key, value)
            for (t, pressure), value in zip(per_point, values, strict=True)
        ]
    )


def test_saturation_pressure_agrees_with_psychrolib_from_173_to_473_kelvin():
    T = np.linspace(173.15, 473.15, 301)
    reference = of_psychrolib(psychrolib.GetSatVapPres, T - ZERO)
    np.testing.assert_allclose(moist_air.saturation_pressure(jnp.asarray(T)), reference, rtol=1e-9)


def test_water_boils_at_the_pressures_of_iapws():
    T = np.linspace(273.16, 473.15, 101)
    reference = [PropsSI("P", "T", t, "Q", 0, "Water") for t in T]
    ours = moist_air.saturation_pressure(jnp.asarray(T))
    np.testing.assert_allclose(ours, reference, rtol=3e-4)


def test_ice_sublimes_at_the_pressures_of_iapws():
    # IAPWS R14-08 (2011), eq. 6: 50 to 273.16 K.
    T = np.linspace(173.15, 273.16, 101)
    theta = T / 273.16
    series = -21.2144006 * theta**0.00333333333
    series += 27.3203819 * theta**1.20666667 - 6.1059813 * theta**1.70333333
    reference = 611.657 * np.exp(series / theta)
    ours = moist_air.saturation_pressure(jnp.asarray(T))
    np.testing.assert_allclose(ours, reference, rtol=4e-4)


def test_humidity_ratio_and_relative_humidity_agree_with_psychrolib_and_invert():
    T, relative, p, _ = over_the_range()
    reference = of_psychrolib(psychrolib.GetHumRatioFromRelHum, T - ZERO, relative, p)
    vapour = relative * moist_air.saturation_pressure(jnp.asarray(T))
    w = moist_air.humidity_ratio(vapour, jnp.asarray(p))
    np.testing.assert_allclose(w, reference, rtol=1e-9, atol=1.1e-7)  # its least ratio is 1e-7
    np.testing.assert_allclose(moist_air.vapour_pressure(w, jnp.asarray(p)), vapour, rtol=1e-12)
    back = moist_air.relative_humidity(jnp.asarray(T), w, jnp.asarray(p))
    np.testing.assert_allclose(back, relative, rtol=1e-12)


def test_real_air_holds_up_to_eight_thousandths_more_water():
    T, relative, p, _ = over_the_range()
    vapour = relative * moist_air.saturation_pressure(jnp.asarray(T))
    w = np.asarray(moist_air.humidity_ratio(vapour, jnp.asarray(p)))
    real = in_coolprop("W", T, p, R=relative)
    assert np.all(w / real - 1.0 < 1e-3)
    np.testing.assert_allclose(w, real, rtol=8e-3)


def test_dew_point_agrees_with_psychrolib_over_ice_and_water():
    T, _, p, w = over_the_range()
    vapour = of_psychrolib(psychrolib.GetVapPresFromHumRatio, w, p)
    held = vapour > 0.2  # 200 K
    reference = of_psychrolib(psychrolib.GetTDewPointFromVapPres, T - ZERO, vapour)
    ours = moist_air.dew_point(jnp.asarray(vapour[held]))
    np.testing.assert_allclose(ours - ZERO, reference[held], atol=2e-3)


def test_dew_point_of_real_air_is_up_to_an_eighth_of_a_kelvin_lower():
    T, _, p, w = over_the_range(temperatures=8)
    vapour = moist_air.vapour_pressure(*arrays(w, p))
    held = np.asarray(vapour) > 0.2
    real = in_coolprop("D", T[held], p[held], W=w[held])
    above = np.asarray(moist_air.dew_point(vapour))[held] - real
    assert above.min() > 0.0
    assert above.max() < 0.13


def test_saturated_air_has_its_own_temperature_as_dew_point():
    T = jnp.linspace(200.0, 370.0, 341)
    vapour = moist_air.saturation_pressure(T)
    np.testing.assert_allclose(moist_air.dew_point(vapour), T, atol=1e-5)
    relative = jnp.ones_like(T)
    np.testing.assert_allclose(moist_air.dew_point_at_humidity(T, relative), T, atol=1e-5)


def test_wet_bulb_agrees_with_psychrolib_over_ice_and_water():
    T, _, p, w = over_the_range()
    ours = np.asarray(moist_air.wet_bulb(*arrays(T, w, p))) - ZERO
    reference = of_psychrolib(psychrolib.GetTWetBulbFromHumRatio, T - ZERO, w, p)
    # About freezing a wet and an iced bulb both solve the equations, and the two may differ.
    single = (ours < -1.0) | (ours > 1.0)
    assert 0.9 < single.mean() < 1.0
    np.testing.assert_allclose(ours[single], reference[single], atol=1.1e-3)  # its tolerance
    np.testing.assert_allclose(ours[~single], reference[~single], atol=1.0)


def test_wet_bulb_of_real_air_is_up_to_an_eighth_of_a_kelvin_lower():
    T, _, p, w = over_the_range(temperatures=8)
    ours = np.asarray(moist_air.wet_bulb(*arrays(T, w, p)))
    held = np.abs(ours - ZERO) > 1.0
    above = (ours - in_coolprop("B", T, p, W=w))[held]
    assert above.min() > -1e-3
    assert above.max() < 0.12


def test_wet_bulb_gives_back_its_humidity_ratio_everywhere():
    T, _, p, w = arrays(*over_the_range(temperatures=141, humidities=np.linspace(0.0, 1.0, 21)))
    T_wet = moist_air.wet_bulb(T, w, p)
    assert np.all(T_wet <= T + 1e-9)
    back = moist_air.humidity_ratio_at_wet_bulb(T, T_wet, p)
    np.testing.assert_allclose(back, w, atol=1e-12)
    rows = T.size // 2 * 2
    doubled = moist_air.wet_bulb(*(x[:rows].reshape(2, -1) for x in (T, w, p)))
    np.testing.assert_allclose(doubled.ravel(), T_wet[:rows], rtol=1e-14)


def test_wet_bulb_of_saturated_air_is_its_temperature():
    T = jnp.linspace(AIR_T_MIN, 320.0, 97)
    saturated = moist_air.humidity_ratio(moist_air.saturation_pressure(T))
    np.testing.assert_allclose(moist_air.wet_bulb(T, saturated), T, atol=1e-9)


@pytest.mark.parametrize(("T", "w"), [(308.15, 0.010), (293.15, 0.0005), (262.15, 0.001)])
def test_wet_bulb_rises_with_temperature_and_water_at_the_slope_of_its_differences(T, w):
    by_T, by_w = jax.grad(moist_air.wet_bulb, argnums=(0, 1))(*arrays(T, w))

    def at(T, w):
        return float(moist_air.wet_bulb(*arrays(T, w)))

    assert float(by_T) == pytest.approx((at(T + 1e-3, w) - at(T - 1e-3, w)) / 2e-3, rel=1e-5)
    assert float(by_w) == pytest.approx((at(T, w + 1e-6) - at(T, w - 1e-6)) / 2e-6, rel=1e-4)
    assert by_T > 0.0
    assert by_w > 0.0


def test_wet_bulb_in_single_precision_is_good_to_a_thousandth_of_a_kelvin():
    T, _, p, w = over_the_range(temperatures=57)
    single = moist_air.wet_bulb(*(jnp.asarray(x, jnp.float32) for x in (T, w, p)))
    assert single.dtype == jnp.float32
    exact = np.asarray(moist_air.wet_bulb(*arrays(T, w, p)))
    np.testing.assert_allclose(single, exact, atol=1e-3)


def test_humidity_ratio_at_wet_bulb_agrees_with_psychrolib_over_ice_and_water():
    T, _, p, w = over_the_range()
    T_wet = of_psychrolib(psychrolib.GetTWetBulbFromHumRatio, T - ZERO, w, p) + ZERO
    reference = of_psychrolib(psychrolib.GetHumRatioFromTWetBulb, T - ZERO, T_wet - ZERO, p)
    ours = moist_air.humidity_ratio_at_wet_bulb(*arrays(T, T_wet, p))
    np.testing.assert_allclose(ours, reference, rtol=1e-9, atol=1.1e-7)
    dew = moist_air.dew_point_at_wet_bulb(*arrays(T, T_wet, p))
    moist = reference > 1e-5
    vapour = of_psychrolib(psychrolib.GetVapPresFromHumRatio, reference, p)
    expected = of_psychrolib(psychrolib.GetTDewPointFromVapPres, T - ZERO, vapour) + ZERO
    np.testing.assert_allclose(dew[moist], expected[moist], atol=2e-3)


def test_enthalpy_agrees_with_psychrolib_and_with_real_air():
    T, _, p, w = over_the_range()
    ours = moist_air.moist_air_enthalpy(*arrays(T, w))
    reference = of_psychrolib(psychrolib.GetMoistAirEnthalpy, T - ZERO, w)
    np.testing.assert_allclose(ours, reference, rtol=1e-9, atol=0.3)  # its least ratio is 1e-7
    np.testing.assert_allclose(ours, in_coolprop("H", T, p, W=w), atol=500.0)


def test_density_agrees_with_psychrolib_and_with_real_air():
    T, _, p, w = over_the_range()
    ours = moist_air.moist_air_density(*arrays(T, w, p))
    reference = of_psychrolib(psychrolib.GetMoistAirDensity, T - ZERO, w, p)
    np.testing.assert_allclose(ours, reference, rtol=6e-5)  # gas constants 287.055 and 287.042
    volume = (1.0 + w) / np.asarray(ours)
    np.testing.assert_allclose(volume, in_coolprop("V", T, p, W=w), rtol=2e-3)


def test_heat_capacity_is_the_slope_of_enthalpy_and_within_a_hundredth_of_real_air():
    T, _, p, w = over_the_range()
    ours = moist_air.moist_air_heat_capacity(jnp.asarray(w))
    slope = jax.vmap(jax.grad(moist_air.moist_air_enthalpy))(*arrays(T, w))
    np.testing.assert_allclose(ours, slope, rtol=1e-12)
    np.testing.assert_allclose(ours, in_coolprop("C", T, p, W=w), rtol=1e-2)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"T": 373.15}, r"air at 100\.0 degC, 10\.0 K too warm; .* from -50 to 90 degC"),
        ({"p": 30e3}, r"air at 30\.0 kPa; .* from 45 to 110 kPa"),
        ({"w": -0.001}, r"-0\.001 kg/kg of water in air at 25\.0 degC; .* from 0 to 0\.02008"),
        ({"w": 0.03}, r"0\.03 kg/kg of water in air at 25\.0 degC; .* from 0 to 0\.02008"),
        ({"T": 353.15, "w": 0.2}, r"0\.2 kg/kg of water in air at 80\.0 degC; .* from 0 to 0\.1 "),
        ({"w": np.array([0.01, np.nan])}, r"nan kg/kg"),
    ],
)
def test_moist_air_outside_its_range_is_refused_with_place_and_range(changed, told):
    with pytest.raises(InputError, match=rf"weather\.hour: {told}"):
        check_moist_air(**{"T": 298.15, "w": 0.01, "p": 101325.0, **changed}, where="weather.hour")


def test_moist_air_within_its_range_is_taken_saturated_air_included():
    T, _, p, w = over_the_range()
    check_moist_air(T, w, p, "weather.hour")
