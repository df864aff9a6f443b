"""Rack loops of a case with units stopped: which racks keep their flow, and what limits say."""

import pytest

from rehall.config import load
from rehall.validation.runner import default_root

pytestmark = pytest.mark.slow
AI_HALL = default_root().parent / "configs" / "ai_hall.yaml"


@pytest.fixture(scope="module")
def limits_with(coolant_limits):
    """Limits of the coolant of the AI hall with some units switched off."""
    case = load(AI_HALL)
    return lambda *off: coolant_limits(case, off)


def test_numbers_of_limits_are_plain_so_that_a_summary_can_hold_them(limits_with):
    found = limits_with()
    assert {type(limit.value) for limit in found} == {float}
    assert all(limit.value == limit.value for limit in found)


def test_three_of_four_units_keep_every_rack_at_its_flow_and_temperature(limits_with):
    found = limits_with("CDU01")
    flows = [limit.value for limit in found if limit.name == "coolant_flow_min"]
    supplies = [limit.value for limit in found if limit.name == "coolant_supply_max"]
    assert len(flows) == 18
    assert min(flows) > 95.0
    assert max(supplies) == pytest.approx(43.0, abs=1e-3)


def test_racks_that_fall_below_their_flow_with_one_unit_left_are_named(limits_with):
    found = limits_with("CDU01", "CDU02", "CDU03")
    below = {x.where for x in found if x.name == "coolant_flow_min" and x.value < 95.0}
    assert {"A01", "B08"} <= below
