"""Supply that follows the dew point of the air, beside psychrolib."""

import numpy as np
import psychrolib
import pytest

from rehall import dew_guard
from rehall.utilities import Plant
from rehall.weather import read_epw
from rehall.year import solve_year

psychrolib.SetUnitSystem(psychrolib.SI)
ZERO = 273.15
COLD = (
    ("supply: 36 degC", "supply: 16 degC"),
    ("of: dry_cooler_2mw", "of: air_cooled_chiller_1500"),
    ("supply: 40 degC", "supply: 20 degC, dew_point_margin: 2 K"),
)
DEW = psychrolib.GetTDewPointFromTWetBulb(30.0, 24.0, 101325.0)


@pytest.fixture
def cold(case_of, liquid_pod):
    """Return a function: the pod on chilled water, guarded; with texts replaced."""

    def case(*changes):
        text = liquid_pod
        for old, new in (*COLD, *changes):
            assert text.count(old) == 1
            text = text.replace(old, new)
        return case_of(text)

    return case


def test_units_supply_no_colder_than_the_margin_above_the_dew_point(cold):
    case = cold()
    (spec,) = case.liquid.loops
    assert dew_guard.guarded(case, spec).supply == pytest.approx(DEW + 2.0 + ZERO, abs=0.01)
    side = Plant.of(case).liquid
    np.testing.assert_allclose(side.scenario.T_set, DEW + 2.0 + ZERO, atol=0.01)
    (told,) = dew_guard.warnings(case)
    assert told == (
        f"loop tcs: supplies {DEW + 2.0:.1f} degC instead of 20.0, 2 K above the dew point of "
        f"the air ({DEW:.1f} degC)"
    )


def test_guard_does_nothing_in_dry_air_and_where_it_is_not_asked_for(cold):
    dry = cold(("wet_bulb: 24 degC", "wet_bulb: 18 degC"))
    assert dew_guard.guarded(dry, dry.liquid.loops[0]).supply == pytest.approx(20.0 + ZERO)
    assert dew_guard.warnings(dry) == []
    free = cold((", dew_point_margin: 2 K", ""))
    assert dew_guard.guarded(free, free.liquid.loops[0]).supply == pytest.approx(20.0 + ZERO)


def test_air_through_a_wet_pad_has_the_higher_dew_point(cold):
    pad = "{name: pad, of: evaporative_pad_150, wall: -x, from: [1 m, 0 m], to: [4 m, 2 m]}"
    case = cold(("size: [8 m, 6 m, 3 m]", f"size: [8 m, 6 m, 3 m], openings: [{pad}]"))
    # 80 % of the way from 30 to the wet bulb of 24 degC, which the air keeps.
    behind = psychrolib.GetTDewPointFromTWetBulb(30.0 - 0.8 * 6.0, 24.0, 101325.0)
    assert behind > DEW + 1.0
    assert dew_guard.entering_dew_point(case) == pytest.approx(behind + ZERO, abs=0.02)


@pytest.mark.slow
def test_set_point_follows_the_dew_point_hour_by_hour(cold, epw):
    case = cold()
    dew = np.where(np.arange(8760) % 2 == 0, 10.0, 22.0)
    year = solve_year(case, read_epw(epw(30.0, dew)))
    expected = np.where(dew > 18.0, 24.0, 20.0) + ZERO
    assert np.isfinite(year.coolant["tcs"]).all()
    np.testing.assert_allclose(year.coolant["tcs"], expected, atol=0.01)
