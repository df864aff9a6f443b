"""The shipped pod whose CDU and facility pump fail: what starts instead is in time."""

import pytest

from rehall.config import load
from rehall.coolant_march import march_coolant
from rehall.coolant_results import limits_of, part_of_summary
from rehall.coolant_to_air import water_changes
from rehall.events import words
from rehall.models import air_levels
from rehall.operation import air_inputs
from rehall.timeline import changes_of, stretches
from rehall.utilities import Plant, first_exchange, settle
from rehall.validation.runner import default_root

pytestmark = pytest.mark.slow
POD = default_root().parent / "configs" / "pod_failover.yaml"


@pytest.fixture(scope="module")
def pod():
    case = load(POD)
    plant, x = Plant.of(case), first_exchange(case)
    settle(case, plant, x)
    return case, x, march_coolant(case, plant.liquid, x)


def test_standby_unit_and_pump_keep_every_rack_within_its_limits(pod):
    case, _, found = pod
    assert [words(event) for event in case.transient.events] == [
        "10 s: CDU1 state off",
        "15 s: CDU2 state on",
        "50 s: fws pumps 0",
        "58 s: fws pumps 1",
    ]
    part = part_of_summary(found)
    limits = limits_of({"limits": []}, part)
    assert len(limits) == 16
    assert all(limit.holds for limit in limits)
    for row in part["racks"]:
        assert row["flow_least_pct"] < 50.0
        assert 10.0 < row["flow_low_at_s"] < 12.0
        assert row["flow_end_pct"] > 95.0
    # From 50 s on facility water coasts and comes back: the supply warms, and cools again.
    tcs = found.T_supply[:, found.circuits.index("tcs")]
    late = found.times > 45.0
    assert tcs[late].max() > tcs[0] + 1.0
    assert tcs[-1] < tcs[0] + 0.1


def test_air_takes_the_water_of_its_coil_over_time(pod):
    case, x, found = pod
    level = air_levels(case, 0.6)[-1]
    base = air_inputs(case, level, x)
    changes = changes_of(case, level, x, case.transient) + water_changes(case, level, found, base)
    plan = stretches(base, changes, case.transient)
    assert plan[-1].end == 90.0
