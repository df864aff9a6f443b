"""Limits in time of made-up marches."""

from types import SimpleNamespace

import numpy as np
import pytest

from rehall.redundancy.passing import Inlets, passings
from rehall.redundancy.record import rows_of_limits
from rehall.redundancy.tables import _cells

ZERO = 273.15
KNOWN = 100.0
TIMES = np.linspace(0.0, 100.0, 101)


@pytest.fixture
def passed():
    """Coolant of a rack from 40 to so many degC, chips 20 K above; limits 45, 65 and 83 degC."""

    def run(highest: float):
        T = np.linspace(40.0, highest, 101)[:, None] + ZERO
        found = {
            "coolant_times": TIMES,
            "coolant_racks": np.array(["A01"]),
            "coolant_T_in": T,
            "coolant_T_hottest": T + 10.0,
            "coolant_T_chip": T + 20.0,
            "coolant_T_known": np.array([KNOWN + ZERO]),
            "coolant_limits": np.array([[45.0, 65.0, 83.0]]) + ZERO,
        }
        course = SimpleNamespace(spec=SimpleNamespace(events=()))
        return {p.limit.name: p for p in passings(None, course, found, Inlets({}, {}, 0.0))}

    return run


def test_coolant_within_what_is_known_of_it_has_its_own_temperatures(passed):
    found = passed(80.0)
    assert found["coolant_supply_max_transient"].limit.value == pytest.approx(80.0)
    assert found["coolant_return_max_transient"].limit.value == pytest.approx(90.0)
    assert found["chip_temperature_max_transient"].limit.value == pytest.approx(100.0)
    assert not any(p.beyond for p in found.values())


def test_coolant_beyond_what_is_known_of_it_is_told_as_at_least_that(passed):
    found = passed(240.0)
    assert all(p.beyond for p in found.values())
    assert found["coolant_supply_max_transient"].limit.value == pytest.approx(KNOWN)
    assert found["coolant_return_max_transient"].limit.value == pytest.approx(KNOWN)
    # Chips are above their coolant by what they were while it was known.
    assert found["chip_temperature_max_transient"].limit.value == pytest.approx(KNOWN + 10.0)
    assert found["coolant_supply_max_transient"].at == pytest.approx(2.5)
    rows = rows_of_limits([], list(found.values()))
    assert [_cells(row)[2] for row in rows] == [">100", ">100", ">110"]
