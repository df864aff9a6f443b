"""What counts as a change between two rounds of air, liquid and power."""

from types import SimpleNamespace

import jax.numpy as jnp
import numpy as np
import pytest

from rehall.models import air_levels
from rehall.operation import COIL, REAR_DOOR
from rehall.simulate import AGREEMENT, change
from thermal.air.inputs import AirInputs


@pytest.fixture
def model(case_of, duct):
    return air_levels(case_of(duct))[0].model


def given(kind, T_set, conductance, T_coolant, heat):
    """Boundary conditions of one stream that passes a coil."""
    values = {"T_set": T_set, "conductance": conductance, "T_coolant": T_coolant, "heat": heat}
    fields = {name: jnp.array([value]) for name, value in values.items()}
    none = dict.fromkeys(("T_opening", "T_wall", "U_wall", "flux_wall"), jnp.zeros(1))
    return AirInputs(
        V_flow=jnp.array([2.0]),
        T_outdoor=jnp.zeros(()),
        controlled=jnp.array([kind]),
        block_heat=jnp.zeros(1),
        **fields,
        **none,
    )


def air(T_in, T_out, m_flow):
    return SimpleNamespace(
        T_in=np.array([T_in]), T_out=np.array([T_out]), m_flow=np.array([m_flow])
    )


def test_rear_door_counts_with_water_warmer_than_the_rack_inlet(model):
    # 40 kW warm 2.4 kg/s from 24 to 40.6 degC; the door is driven by that, not by the inlet.
    before = given(REAR_DOOR, 299.15, 1800.0, 299.15, 40e3)
    after = given(REAR_DOOR, 304.15, 1800.0, 304.15, 40e3)
    # Heat taken: 1800 (40.57 - 26) before and 1800 (40.57 - 31) after, of 26 kW a third less.
    wanted = (304.15 - 299.15) / (297.15 + 40e3 / (2.4 * 1006) - 299.15)
    found = change(before, after, air(297.15, 302.85, 2.4), model)
    assert found == pytest.approx(wanted, rel=0.02)


def test_rear_door_counts_when_its_water_becomes_colder(model):
    # What its outlet may not fall below is the water: not that of the round before.
    before = given(REAR_DOOR, 304.15, 2300.0, 304.15, 40e3)
    after = given(REAR_DOOR, 299.15, 2300.0, 299.15, 40e3)
    heated = 297.15 + 40e3 / (2.4 * 1006)
    found = change(before, after, air(297.15, 304.6, 2.4), model)
    assert found == pytest.approx((304.15 - 299.15) / (heated - 304.15), rel=0.02)


def test_cooling_unit_short_by_less_than_its_fans_counts(model):
    C = 14 * 1006
    needed = C * (308.15 - 295.15)
    before = given(COIL, 295.15, (needed + 19e3) / 21, 287.15, 20e3)
    after = given(COIL, 295.15, (needed + 9e3) / 21, 287.15, 20e3)
    found = change(before, after, air(308.15, 295.15 + 1e3 / C, 14.0), model)
    # 10 kW less, of the 20 kW that all equipment gives to the air.
    assert found == pytest.approx(0.5, rel=0.02)


def test_water_that_a_coil_still_holds_its_set_point_with_is_no_change(model):
    before = given(COIL, 295.15, 20e3, 287.15, 20e3)
    after = given(COIL, 295.15, 20e3, 290.15, 20e3)
    assert change(before, after, air(308.15, 295.15, 14.0), model) < AGREEMENT
