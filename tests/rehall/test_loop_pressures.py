"""Pressure of loops against what their parts bear and their pumps need, by hand."""

import pytest

from geometry.errors import InputError

pytestmark = pytest.mark.slow
GRAVITY = 9.80665


@pytest.fixture(scope="module")
def limits_with(case_of, liquid_pod, coolant_limits):
    """Limits of the pod's coolant by name and place, with texts replaced and units off."""

    def solved(*changes, off=()):
        text = liquid_pod
        for old, new in changes:
            assert text.count(old) == 1
            text = text.replace(old, new)
        found = coolant_limits(case_of(text), off)
        return {(limit.name, limit.where): limit for limit in found}

    return solved


def test_pressure_of_a_loop_lies_between_its_vessel_and_what_its_parts_bear(limits_with):
    found = limits_with()
    lowest, highest = found["loop_pressure_min", "tcs"], found["loop_pressure_max", "tcs"]
    assert (lowest.value, lowest.limit) == (pytest.approx(150.0), 28.0)
    # Behind the pumps: what is held across the racks, and 10 % of 180 kPa at the rated flow within
    # the unit, at 158 L/min of a rack by its law (110 / 100)^(1 / 1.75).
    each = 1.5 * 150.0 * 1.1 ** (1 / 1.75)
    assert highest.value == pytest.approx(150.0 + 110.0 + 18.0 * (each / 450.0) ** 2, abs=1.0)
    assert highest.limit == 690.0
    assert lowest.holds
    assert highest.holds


def test_weakest_part_sets_the_highest_pressure(limits_with):
    found = limits_with(("facility_flow: 450", "pressure_max: 250 kPa, facility_flow: 450"))
    highest = found["loop_pressure_max", "tcs"]
    assert highest.limit == 250.0
    assert highest.holds is False


def test_racks_above_their_units_have_the_weight_of_the_coolant_less(limits_with):
    raised = ("size: [8 m, 6 m, 3 m]", "size: [8 m, 6 m, 20 m]")
    found = limits_with(raised, ("name: R,", "name: R, z: 13 m,"))
    # Propylene glycol of 25 % weighs 1014 kg/m3 at 40 degC (CoolProp).
    lowest = found["loop_pressure_min", "tcs"]
    assert lowest.value == pytest.approx(150.0 - 1.014 * GRAVITY * 13.0, abs=0.2)
    assert lowest.holds is False


def test_water_on_a_roof_has_the_pressure_of_the_vessel_less_its_height(limits_with):
    found = limits_with()["loop_pressure_min", "fws"]
    assert found.value == pytest.approx(150.0 - 0.9937 * GRAVITY * 8.0, abs=0.05)
    assert found.holds
    higher = limits_with(("elevation: 8 m", "elevation: 13 m"))["loop_pressure_min", "fws"]
    assert higher.holds is False


def test_height_without_the_pressure_below_it_is_refused(case_of, liquid_pod):
    text = liquid_pod.replace("pressure: 150 kPa, elevation", "elevation")
    with pytest.raises(InputError, match="elevation: wanted pressure too"):
        case_of(text)


def test_pressure_of_a_facility_that_nobody_gave_is_not_judged(limits_with):
    found = limits_with(("pressure: 150 kPa, elevation: 8 m, ", ""))
    assert ("loop_pressure_min", "fws") not in found


def test_suction_head_is_what_lies_above_boiling_before_each_running_pump(limits_with):
    found = limits_with()
    # 300 kW and the pumps' heat in 475 L/min warm the coolant from 40 by 9.4 K; water boils at
    # 12.0 kPa at 49.4 degC, and the coolant weighs 1010 kg/m3.
    expected = (150e3 + 101325.0 - 12.0e3) / (1010.0 * GRAVITY)
    for unit in ("CDU01", "CDU02"):
        limit = found["pump_suction_head_min", unit]
        assert limit.value == pytest.approx(expected, abs=0.1)
        assert (limit.limit, limit.holds) == (8.0, True)
    needy = limits_with(("npsh: 8 m", "npsh: 25 m"), off=("CDU02",))
    assert needy["pump_suction_head_min", "CDU01"].holds is False
    assert ("pump_suction_head_min", "CDU02") not in needy


def test_temperature_of_coolant_that_stands_is_not_called_good(limits_with):
    found = limits_with(off=("CDU01", "CDU02"))
    assert found["coolant_supply_max", "R01"].holds is None
    assert found["coolant_return_max", "tcs"].holds is None
    assert found["dew_point_margin_min", "tcs"].holds is None
    assert found["coolant_heat_unmet", "R01"].holds is False
    assert found["coolant_flow_min", "R01"].holds is False
