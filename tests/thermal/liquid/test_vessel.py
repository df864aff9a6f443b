import jax.numpy as jnp
import pytest
from CoolProp.CoolProp import PropsSI

from thermal.liquid.vessel import expansion, suction_head
from thermal.properties import fluid

ZERO = 273.15


def test_suction_head_of_water_is_that_of_the_steam_table():
    # At 50 degC water boils at 12.352 kPa and weighs 988.1 kg/m3 (Cengel and Boles, table A-4).
    head = suction_head(jnp.asarray(150e3), jnp.asarray(50.0 + ZERO), fluid("water"))
    assert float(head) == pytest.approx((150e3 - 12.352e3) / (988.1 * 9.80665), rel=1e-3)


def test_nothing_is_left_before_a_pump_of_boiling_water():
    head = suction_head(jnp.asarray(84.609e3), jnp.asarray(95.0 + ZERO), fluid("water"))
    assert float(head) == pytest.approx(0.0, abs=0.01)  # table A-4


@pytest.mark.parametrize(
    ("name", "of_coolprop"), [("water", "Water"), ("pg25", "INCOMP::APG[0.25]")]
)
def test_liquid_expands_as_coolprop_says(name, of_coolprop):
    cold, hot = 10.0 + ZERO, 80.0 + ZERO
    lighter = [PropsSI("D", "T", T, "P", 2e5, of_coolprop) for T in (cold, hot)]
    litres = expansion(fluid(name), 1000.0, jnp.asarray(cold), jnp.asarray(hot))
    assert float(litres) == pytest.approx(1000.0 * (lighter[0] / lighter[1] - 1.0), rel=2e-3)
    assert float(litres) > 28.0
