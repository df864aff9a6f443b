import jax
import jax.numpy as jnp
import numpy as np
import pytest

from geometry.errors import InputError
from thermal.equipment.cooling_unit import (
    CoolingUnit,
    air_leaving,
    capacity,
    fan_power,
    water_leaving,
)

# STULZ CRS 560 CW, catalogue: 64.6 kW gross, 13000 m3/h at 37 degC, water 10/15 degC, 185 L/min.
UNIT = CoolingUnit("CRAH", 64.6e3, 13000 / 3600, 310.15, 185 / 60e3, 283.15, 3.9e3)
M_AIR = 13000 / 3600 * 101325.0 / (287.055 * 310.15)  # [kg/s]
M_WATER = 185 / 60.0 * 0.9997  # water at 10 degC has 999.7 kg/m3 [kg/s]


def test_unit_at_its_rated_point_gives_its_rated_capacity():
    heat = capacity(UNIT, 310.15, M_AIR, 283.15, M_WATER)
    assert float(heat) == pytest.approx(64.6e3, rel=1e-4)
    # The makers' own water and air temperatures follow from the flows.
    assert float(water_leaving(UNIT, heat, 283.15, M_WATER)) == pytest.approx(288.15, abs=0.05)
    assert float(air_leaving(heat, 3.9e3, 310.15, M_AIR)) == pytest.approx(296.15, abs=1.0)


def test_part_load_point_of_the_maker_is_met_within_its_rounding():
    # Same catalogue: 11200 m3/h gives 58.8 kW gross and takes 2.6 kW; water flow not given.
    part = 11200 / 13000
    heat = float(capacity(UNIT, 310.15, part * M_AIR, 283.15, M_WATER))
    assert heat == pytest.approx(58.8e3, rel=0.03)
    assert float(fan_power(UNIT, 11200 / 3600)) == pytest.approx(2.6e3, rel=0.05)


def test_capacity_grows_with_air_water_and_temperature_difference():
    here = float(capacity(UNIT, 305.0, 3.0, 285.0, 2.0))
    for warmer in ((306.0, 3.0, 285.0, 2.0), (305.0, 3.3, 285.0, 2.0), (305.0, 3.0, 285.0, 2.2)):
        assert float(capacity(UNIT, *warmer)) > here


def test_capacity_never_exceeds_what_either_stream_can_carry():
    m_air, m_water = (
        grid.ravel()
        for grid in jnp.meshgrid(jnp.geomspace(0.01, 50, 9), jnp.geomspace(0.01, 50, 9))
    )
    heat = capacity(UNIT, 310.0, m_air, 285.0, m_water)
    most = jnp.minimum(m_air * 1006.8, m_water * 4193.0) * 25.0
    assert (heat <= most * 1.001).all()
    assert (heat > 0.0).all()


@pytest.mark.parametrize(("m_air", "m_water", "T_water"), [(0, 3, 285), (3, 0, 285), (3, 3, 320)])
def test_no_air_no_water_or_warm_water_cool_nothing(m_air, m_water, T_water):
    heat = capacity(UNIT, 310.0, float(m_air), float(T_water), float(m_water))
    assert float(heat) == 0.0
    assert np.isfinite(float(water_leaving(UNIT, heat, float(T_water), float(m_water))))
    assert np.isfinite(float(air_leaving(heat, 0.0, 310.0, float(m_air))))


def test_unit_may_be_rated_for_the_first_time_inside_a_compiled_function():
    other = CoolingUnit("FW", 250e3, 19.0, 308.15, 548 / 60e3, 291.15, 15e3)
    inside = jax.jit(lambda T: capacity(other, T, 20.0, 291.15, 9.0))(305.0)
    assert float(inside) == pytest.approx(float(capacity(other, 305.0, 20.0, 291.15, 9.0)))


def test_impossible_rating_is_refused_by_name():
    wrong = CoolingUnit("FW9", 250e3, 5.0, 300.0, 548 / 60e3, 291.15, 15e3)
    with pytest.raises(InputError, match="FW9"):
        capacity(wrong, 305.0, 20.0, 291.15, 9.0)
