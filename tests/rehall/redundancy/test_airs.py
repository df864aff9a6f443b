"""Which air is solved on the fine grid, and which is settled further."""

from types import SimpleNamespace

import numpy as np
import pytest

from rehall.redundancy import airs
from rehall.redundancy.airs import COARSE_ONLY, FAN_HEAD, EndAir, screened
from rehall.redundancy.ground import FINE
from rehall.redundancy.solving import Solving
from rehall.redundancy.tasks import DRIFT, STEADY, Task
from rehall.verdict import Limit
from thermal.air.settling import Settings


def inlet(value: float, unsure: float | None, where: str = "A01") -> Limit:
    return Limit("rack_inlet_max", where, value, 27.0, "degC", unsure)


@pytest.fixture
def task():
    return Task(STEADY, "key", None, None, FINE)


@pytest.fixture
def settled_more(tmp_path, task):
    """Whether a state that ends with these limits is settled further, and how far."""

    def run(*limits: Limit) -> float | None:
        normal = SimpleNamespace(ground=SimpleNamespace(grids={}), limits={})
        solving = Solving(normal, tmp_path, lambda tasks: iter(()), None, 1)
        found = solving.settled_more({0: EndAir("solved", list(limits))}, {0: task})
        return found[0].drift if found else None

    return run


@pytest.mark.parametrize(
    "limits",
    [
        (inlet(26.6, 0.4 + 0.9 * DRIFT), inlet(20.0, 0.2, "A02")),  # all would hold
        (inlet(27.3, 0.2 + DRIFT), inlet(26.9, None, "A02")),  # one would be broken for sure
    ],
)
def test_state_that_would_be_decided_is_settled_as_a_run_is(settled_more, limits):
    assert settled_more(*limits) == Settings().drift


@pytest.mark.parametrize(
    "limits",
    [
        (inlet(26.0, 0.3), inlet(20.0, 0.2, "A02")),  # decided already
        (inlet(28.0, 0.3), inlet(26.9, 0.3, "A02")),
        (inlet(26.6, 0.4 + 0.9 * DRIFT), inlet(26.9, 5.0, "A02")),  # the other stays undecided
        (inlet(26.6, 0.4 + 0.9 * DRIFT), inlet(20.0, None, "A02")),
    ],
)
def test_state_that_is_decided_or_would_not_be_is_left_as_it_is(settled_more, limits):
    assert settled_more(*limits) is None


@pytest.mark.parametrize("reason", ["", "the energy balance is open by 0.6 %"])
def test_pressure_that_no_fan_builds_up_needs_no_fine_grid(monkeypatch, task, tmp_path, reason):
    beyond = Limit("hall_pressure_max", "hall", 5.0 * FAN_HEAD, 50.0, "Pa", 0.0)
    solution = SimpleNamespace(air=SimpleNamespace(T_in=np.full(2, 300.0)), exchange=None)
    monkeypatch.setattr(airs, "told", lambda task, folder: {"reason": reason})
    monkeypatch.setattr(airs, "read_solution", lambda *given: solution)
    monkeypatch.setattr(airs, "judged", lambda solution: None)
    monkeypatch.setattr(airs, "air_limits", lambda *given: [inlet(40.0, 0.1), beyond])
    normal = SimpleNamespace(ground=None, limits={}, coarse=SimpleNamespace(limits=[]))
    found = screened(normal, task, tmp_path)
    assert (found.how, found.reason) == (COARSE_ONLY, "")
    assert "5000 Pa" in found.note
    assert reason in found.note
    assert [limit.holds for limit in found.limits] == [None, False]
