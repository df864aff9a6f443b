import jax.numpy as jnp
import numpy as np
import psychrolib
import pytest
from CoolProp.CoolProp import PropsSI

from geometry.errors import InputError
from thermal import properties
from thermal.properties import check_range, fluid

COOLPROP = {"pg25": "INCOMP::APG[0.25]", "water": "Water"}
# Largest relative error of our polynomials over the stated range, per property.
LIMITS = {
    "pg25": {"density": 2e-7, "heat_capacity": 2e-7, "conductivity": 2e-7, "viscosity": 2e-7},
    "water": {"density": 4e-5, "heat_capacity": 6e-5, "conductivity": 1e-3, "viscosity": 4e-4},
}
KEYS = {"density": "D", "heat_capacity": "C", "conductivity": "L", "viscosity": "V"}


@pytest.mark.parametrize("quantity", KEYS)
@pytest.mark.parametrize("name", COOLPROP)
def test_liquid_agrees_with_coolprop_over_its_whole_range(name, quantity):
    liquid = fluid(name)
    T = np.linspace(liquid.T_min, liquid.T_max, 37)
    reference = [PropsSI(KEYS[quantity], "T", t, "P", 2e5, COOLPROP[name]) for t in T]
    ours = getattr(liquid, quantity)(jnp.asarray(T))
    np.testing.assert_allclose(ours, reference, rtol=LIMITS[name][quantity])


def test_pg25_is_a_quarter_glycol_by_volume_as_in_a_makers_table():
    # Airedale CDU manual, 25 % propylene glycol: density and heat capacity at 20, 30, 40, 45 degC.
    T = jnp.array([20.0, 30.0, 40.0, 45.0]) + 273.15
    np.testing.assert_allclose(
        fluid("pg25").density(T), [1023.7, 1019.2, 1014.3, 1011.6], rtol=3e-4
    )
    cp = fluid("pg25").heat_capacity(T)
    np.testing.assert_allclose(cp, [3910.0, 3940.0, 3960.0, 3970.0], rtol=1.5e-3)


@pytest.mark.parametrize(
    ("quantity", "key", "rtol"),
    [
        ("air_density", "D", 1e-3),
        ("air_viscosity", "V", 7e-3),
        ("air_conductivity", "L", 2e-4),
        ("air_heat_capacity", "C", 1e-4),
    ],
)
def test_air_agrees_with_coolprop(quantity, key, rtol):
    T = np.linspace(250.0, 360.0, 23)
    reference = [PropsSI(key, "T", t, "P", 101325.0, "Air") for t in T]
    np.testing.assert_allclose(getattr(properties, quantity)(jnp.asarray(T)), reference, rtol=rtol)


@pytest.mark.parametrize("altitude", [0.0, 250.0, 1500.0, 3000.0])
def test_pressure_falls_with_altitude_as_in_the_standard_atmosphere(altitude):
    psychrolib.SetUnitSystem(psychrolib.SI)
    reference = psychrolib.GetStandardAtmPressure(altitude)
    assert properties.pressure_at_altitude(altitude) == pytest.approx(reference, rel=1e-9)


def test_dew_point_agrees_with_psychrolib_above_and_below_freezing():
    psychrolib.SetUnitSystem(psychrolib.SI)
    T, humidity = np.meshgrid([-5.0, 10.0, 24.0, 35.0, 45.0], [0.1, 0.3, 0.6, 1.0])
    pairs = zip(T.ravel(), humidity.ravel(), strict=True)
    reference = [psychrolib.GetTDewPointFromRelHum(t, rh) for t, rh in pairs]
    ours = properties.dew_point_at_humidity(
        jnp.asarray(T.ravel() + 273.15), jnp.asarray(humidity.ravel())
    )
    np.testing.assert_allclose(ours - 273.15, reference, atol=2e-3)


def test_saturated_air_has_its_own_temperature_as_dew_point():
    T = jnp.linspace(240.0, 320.0, 17)
    np.testing.assert_allclose(
        properties.dew_point(properties.saturation_pressure(T)), T, atol=1e-6
    )


def test_humidity_ratio_agrees_with_psychrolib_and_inverts():
    psychrolib.SetUnitSystem(psychrolib.SI)
    vapour = 0.3 * properties.saturation_pressure(jnp.asarray(308.15))
    w = properties.humidity_ratio(vapour)
    assert float(w) == pytest.approx(
        psychrolib.GetHumRatioFromRelHum(35.0, 0.3, 101325.0), rel=1e-5
    )
    assert float(properties.vapour_pressure(w)) == pytest.approx(float(vapour), rel=1e-12)


@pytest.mark.parametrize("T", [270.0, 400.0, float("nan"), np.array([300.0, 400.0])])
def test_temperature_outside_the_range_is_refused_with_its_place(T):
    with pytest.raises(InputError, match=r"tcs\.supply: pg25 at .* from 5 to 95 degC"):
        check_range(fluid("pg25"), T, "tcs.supply")


def test_unknown_fluid_is_refused_with_the_known_ones():
    with pytest.raises(InputError, match="known are pg25, water"):
        fluid("mercury")
