"""Limits that follow from inlets and flows are as uncertain as these."""

from types import SimpleNamespace

import numpy as np
import pytest

from rehall import derived
from rehall.derived import Uncertainty, uncertainty_of
from rehall.limits_air import spread


def grid(T, m, reason="", width=0.3):
    """A solved grid: inlets [K] and flows [kg/s] of two devices."""
    cells = SimpleNamespace(effective_width=width, cells=1000)
    voxels = SimpleNamespace(intakes={})
    level = SimpleNamespace(grid=cells, voxels=voxels, T=T, m=m)
    return level, SimpleNamespace(reason=reason)


def solution(fine, *coarser, study=False):
    return SimpleNamespace(
        level=fine[0],
        air=fine[1],
        coarser=coarser,
        study=study,
        case=SimpleNamespace(items=(), solver=SimpleNamespace(scheme="limited")),
        entered=SimpleNamespace(bounds={"A": (0.008, 0.008)}),
    )


@pytest.fixture(autouse=True)
def known(monkeypatch):
    """What is observed on a grid is what it was made with."""

    def observed(_, level, air):
        return dict(zip("AB", level.T, strict=True)), dict(zip("AB", level.m, strict=True))

    monkeypatch.setattr(derived, "observed", observed)


AIR = {name: SimpleNamespace(amplitude=0.1) for name in "AB"}
FINE = grid((293.0, 295.0), (1.0, 2.0))
COARSE = grid((294.0, 295.0), (1.0, 2.1), width=0.6)


def test_two_grids_give_flows_and_inlets_the_index_of_roache():
    found = uncertainty_of(solution(FINE, COARSE), AIR, {}, 2.0)
    # 3 / (2^2 - 1) = 1: the difference itself, of inlets no less than the mean square, and swing.
    assert found.T_in["A"] == pytest.approx(1.0 + 0.1)
    assert found.T_in["B"] == pytest.approx(np.sqrt(0.5) + 0.1)
    assert found.flow["A"] == pytest.approx(0.0)
    assert found.flow["B"] == pytest.approx(0.05)


def test_grids_nearer_than_twice_as_wide_are_further_from_the_answer():
    near = grid((294.0, 295.0), (1.0, 2.1), width=0.45)
    found = uncertainty_of(solution(FINE, near), AIR, {}, 2.0)
    # 3 / (1.5^2 - 1) = 2.4
    assert found.flow["B"] == pytest.approx(2.4 * 0.05)


def test_grid_nearly_as_fine_tells_nothing():
    near = grid((294.0, 295.0), (1.0, 2.1), width=0.38)
    assert uncertainty_of(solution(FINE, near), AIR, {}, 2.0).flow == {}


def test_grid_study_gives_flows_the_index_of_three_grids():
    # Second order, 2 + 0.01 h^2 over the finest: the index is 1.25 of the step to the limit.
    grids = [grid((293.0, 295.0), (1.0, 2.0 + 0.01 * r**2), width=0.1 * r) for r in (4, 2)]
    fine = grid((293.0, 295.0), (1.0, 2.01), width=0.1)
    found = uncertainty_of(solution(fine, *grids, study=True), AIR, {}, 2.0)
    assert found.flow["B"] == pytest.approx(1.25 * 0.01 / 2.01, rel=1e-6)
    assert found.flow["A"] == pytest.approx(0.0, abs=1e-12)


def test_grid_that_did_not_converge_or_is_missing_tells_nothing():
    for coarser in ((), (grid((294.0, 295.0), (1.0, 2.1), "open balance", 0.6),)):
        found = uncertainty_of(solution(FINE, *coarser), AIR, {}, 2.0)
        assert (found.T_in, found.flow) == ({}, {})


def test_value_of_an_inlet_goes_as_far_as_the_inlet_can():
    item = SimpleNamespace(name="A")
    unsure = Uncertainty(T_in={"A": 0.5})
    assert spread(lambda T: 4.0 * T, 290.0, item, unsure) == pytest.approx(2.0)
    # Held at 290 K: only the warmer side changes it.
    assert spread(lambda T: max(T, 290.0), 290.0, item, unsure) == pytest.approx(0.5)
    assert spread(lambda T: max(T, 290.0), 280.0, item, unsure) == 0.0
    assert spread(lambda T: T, 290.0, item, Uncertainty()) is None
