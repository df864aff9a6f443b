"""Power chains beside pandapower; `make peers-check` runs these where it is installed."""

from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import pytest

HALLS = (0, 5, 9, 13, 18, 26, 30, 40)
"""Between them they have everything that the states of random halls can have."""
CASE = Path(__file__).parents[2] / "configs" / "ai_hall.yaml"
pytestmark = [
    pytest.mark.peers,
    pytest.mark.slow,
    pytest.mark.skipif(
        not find_spec("pandapower"), reason="pandapower is not installed: make peers-check"
    ),
    pytest.mark.filterwarnings("ignore"),  # those of pandapower and pandas
]


@pytest.mark.parametrize("seed", HALLS)
def test_voltages_and_currents_of_a_random_hall_with_failures_are_those_of_pandapower(
    program, seed
):
    found = program("halls").compare(seed)
    assert found.both == found.states
    assert found.voltage < 1e-6, f"{found.hall}, {found.voltage_at}"
    assert found.current < 1e-4, f"{found.hall}, {found.current_at}"
    assert found.fault < 1e-3, f"{found.hall}, {found.fault_at}"


def test_these_halls_have_ties_generators_batteries_bypasses_and_direct_current(program):
    seen = sum((program("halls").compare(seed).seen for seed in HALLS), Counter())
    assert {what for what, states in seen.items() if states} == {
        "with a closed tie",
        "with a switch on its second feed",
        "with a UPS in eco mode or on bypass",
        "with a UPS on battery",
        "with batteries being charged",
        "with direct current",
        "with generators",
        "with loads that are not served",
        "with part of a device's units",
        "with three phases",
    }


def test_chain_of_a_case_has_the_voltages_and_currents_of_pandapower_with_any_node_lost(program):
    found = program("halls").compare_case(CASE)
    assert found.holds, f"{found.voltage_at}, {found.current_at}"
