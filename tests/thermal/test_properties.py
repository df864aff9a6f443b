import equinox as eqx
import jax.numpy as jnp
import numpy as np
import psychrolib
import pytest
from CoolProp.CoolProp import PropsSI

from geometry.errors import InputError
from thermal import properties
from thermal.properties import (
    AIR_P_MAX,
    AIR_P_MIN,
    AIR_T_MAX,
    AIR_T_MIN,
    check_range,
    fluid,
)

COOLPROP = {"pg25": "INCOMP::APG[0.25]", "water": "Water"}
# Largest relative error of our polynomials over the stated range, per property.
LIMITS = {
    "pg25": {"density": 2e-7, "heat_capacity": 2e-7, "conductivity": 2e-7, "viscosity": 2e-7},
    "water": {"density": 1e-4, "heat_capacity": 3e-4, "conductivity": 2.2e-3, "viscosity": 1.4e-3},
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


AIR = {  # key of CoolProp, largest relative error at 101325 Pa and from 45 to 110 kPa
    "air_density": ("D", 2e-3, 2e-3),
    "air_viscosity": ("V", 7e-3, 8e-3),
    "air_conductivity": ("L", 1e-3, 3e-3),
    "air_heat_capacity": ("C", 3e-5, 2e-3),
}


@pytest.mark.parametrize("p", [AIR_P_MIN, 101325.0, AIR_P_MAX])
@pytest.mark.parametrize("quantity", AIR)
def test_air_agrees_with_coolprop_over_its_whole_range(quantity, p):
    key, at_sea_level, elsewhere = AIR[quantity]
    T = np.linspace(AIR_T_MIN, AIR_T_MAX, 36)
    reference = [PropsSI(key, "T", t, "P", p, "Air") for t in T]
    pressure = {"p": p} if quantity == "air_density" else {}
    ours = getattr(properties, quantity)(jnp.asarray(T), **pressure)
    limit = at_sea_level if p == 101325.0 else elsewhere
    np.testing.assert_allclose(ours, reference, rtol=limit)


@pytest.mark.parametrize("altitude", [0.0, 250.0, 1500.0, 3000.0])
def test_pressure_falls_with_altitude_as_in_the_standard_atmosphere(altitude):
    psychrolib.SetUnitSystem(psychrolib.SI)
    reference = psychrolib.GetStandardAtmPressure(altitude)
    assert properties.pressure_at_altitude(altitude) == pytest.approx(reference, rel=1e-9)


@pytest.mark.parametrize(
    ("T", "told"),
    [
        (259.15, r"-14\.0 degC, 8\.0 K too cold"),
        (400.15, r"127\.0 degC, 32\.0 K too warm"),
        (float("nan"), "nan degC"),
        (np.array([300.0, 400.15]), r"127\.0 degC, 32\.0 K too warm"),
    ],
)
def test_temperature_outside_the_range_is_refused_with_place_and_distance(T, told):
    with pytest.raises(InputError, match=rf"tcs\.supply: pg25 at {told}.* from -6 to 95 degC"):
        check_range(fluid("pg25"), T, "tcs.supply")


def test_temperatures_at_both_ends_of_the_range_are_taken():
    check_range(fluid("pg25"), np.array([fluid("pg25").T_min, fluid("pg25").T_max]), "tcs.supply")


def test_unknown_fluid_is_refused_with_the_known_ones():
    with pytest.raises(InputError, match="known are water, pg10 to pg60 and eg10 to eg60"):
        fluid("mercury")


def test_liquids_can_be_fixed_parts_of_a_compiled_function():
    def heat(liquid, T):
        return liquid.density(T) * liquid.heat_capacity(T)

    compiled, T = eqx.filter_jit(heat), jnp.asarray(300.0)
    for name in ("water", "pg25", "pg30", "eg30"):
        assert float(compiled(fluid(name), T)) == pytest.approx(float(heat(fluid(name), T)))
    assert len({float(compiled(fluid(name), T)) for name in ("water", "pg25", "pg30")}) == 3


def test_properties_keep_the_precision_of_their_argument():
    T = jnp.asarray([280.0, 330.0], jnp.float32)
    for quantity in KEYS:
        ours = getattr(fluid("eg40"), quantity)
        assert ours(T).dtype == jnp.float32
        np.testing.assert_allclose(ours(T), ours(T.astype(float)), rtol=3e-6)
