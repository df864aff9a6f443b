"""Flows of rack loops beside pandapipes; `make peers-check` runs these where it is installed."""

from importlib.util import find_spec

import pytest

LOOPS = 8
pytestmark = [
    pytest.mark.peers,
    pytest.mark.slow,
    pytest.mark.skipif(
        not find_spec("pandapipes"), reason="pandapipes is not installed: make peers-check"
    ),
    pytest.mark.filterwarnings("ignore"),  # those of pandapipes and pandas
]


@pytest.mark.parametrize("seed", range(LOOPS))
def test_flows_of_a_random_loop_with_failures_are_those_of_pandapipes(program, seed):
    found = program("networks").compare(seed)
    assert found.both, found.remarks
    assert found.difference < 1e-6, f"{found.loop}, {found.where}"


def test_failure_states_of_a_pod_have_the_flows_of_pandapipes(program):
    figures = program("failure_states").measure(12, sample=6)
    assert figures["12 failure states, largest difference of a flow [-]"] < 1e-6
