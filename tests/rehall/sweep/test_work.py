"""What a process does for a variant, without solving one."""

from dataclasses import replace
from types import SimpleNamespace

import jax.numpy as jnp
import numpy as np
import pytest

from geometry.errors import InputError, ProjectError
from rehall import summary as summary_module
from rehall.operation import Exchange
from rehall.runtime import code
from rehall.sweep import solving
from rehall.sweep import work as work_module
from rehall.sweep.solving import fitted, levels_of, read_solved, write_solved
from rehall.sweep.study import Asked, plan
from rehall.sweep.variants import groups_of
from rehall.sweep.work import Job, air_path, read_told, told_path, work
from thermal.air.state import at_rest, to_state


@pytest.fixture(scope="module")
def pair(hall):
    """Grids of the hall with its fourth rack and without it, which are the same, by presence."""
    every = plan(hall, Asked(("A04 = present, absent",))).variants
    (group,) = groups_of(every, None)
    return [levels_of(one.case, group.halls, None) for one in every]


@pytest.fixture
def solution(pair):
    """Return a function: still air of 310 K on both grids, or of what is wanted on the fine one."""

    def make(fine=310.0):
        airs = [
            SimpleNamespace(state=to_state(at_rest(level.model, T), level.model))
            for level, T in zip(pair[0], (310.0, fine), strict=True)
        ]
        coarser = ((pair[0][0], airs[0]),)
        x = Exchange(T_in={"A01": 295.0}, T_facility={"chw": 291.15})
        return SimpleNamespace(air=airs[1], coarser=coarser, exchange=x, reasons=["air: diverged"])

    return make


@pytest.fixture
def job(hall, tmp_path, monkeypatch, pair, solution):
    """A job whose solution is made up."""
    monkeypatch.setattr(work_module, "_prepare_once", lambda: None)
    monkeypatch.setattr(solving, "levels_of", lambda *given: pair[0])
    monkeypatch.setattr(solving, "solve_variant", lambda *given: solution())
    monkeypatch.setattr(summary_module, "summarise", lambda found: {"verdict": "pass"})
    return Job(3, hall, (), None, tmp_path, None, code())


def test_solved_variant_leaves_what_it_told_and_its_air(job, solution):
    assert work(job) is True
    told = read_told(job.folder, [2, 3])[3]
    assert told["summary"] == {"verdict": "pass"}
    assert (told["usable"], told["start"], told["reason"]) == (True, None, "")
    found, made = read_solved(air_path(job.folder, 3)), solution()
    assert found.x == made.exchange
    for there, here in zip(found.states, (made.coarser[0][1], made.air), strict=True):
        for name in ("T", "u", "w", "epsilon"):
            np.testing.assert_array_equal(getattr(there, name), getattr(here.state, name))


def test_air_that_is_on_other_grids_is_no_start(job, solution, monkeypatch):
    given = []

    def solve(case, levels, near):
        given.append(near)
        return solution()

    monkeypatch.setattr(solving, "solve_variant", solve)
    write_solved(air_path(job.folder, 1), solution())
    work(replace(job, start=1))
    write_solved(air_path(job.folder, 2), SimpleNamespace(**vars(solution()) | {"coarser": ()}))
    work(replace(job, start=2, number=4))
    told = read_told(job.folder, [3, 4])
    assert [near is None for near in given] == [False, True]
    assert [told[3]["start"], told[4]["start"]] == [1, None]


def test_air_that_diverged_is_no_result_and_no_start(job, solution, monkeypatch):
    monkeypatch.setattr(solving, "solve_variant", lambda *given: solution(np.nan))
    assert work(job) is False
    told = read_told(job.folder, [3])[3]
    assert (told["summary"], told["reason"]) == (None, "air: diverged")
    assert not air_path(job.folder, 3).exists()


def test_number_that_is_not_finite_is_never_written(job, monkeypatch):
    monkeypatch.setattr(summary_module, "summarise", lambda found: {"pue": float("nan")})
    with pytest.raises(ValueError, match="not JSON compliant"):
        work(job)
    assert not told_path(job.folder, 3).exists()


def test_hall_that_only_a_grid_refuses_is_told_with_the_reason(job, monkeypatch):
    def refuse(*given):
        raise InputError.of("A", "stands at a closed body of air")

    monkeypatch.setattr(solving, "levels_of", refuse)
    assert work(job) is False
    assert read_told(job.folder, [3])[3]["reason"] == "A: stands at a closed body of air"


def test_process_with_other_code_or_without_the_folder_says_so(job, tmp_path):
    with pytest.raises(ProjectError, match="the sweep is of rehall 0"):
        work(replace(job, code="rehall 0"))
    with pytest.raises(ProjectError, match="is not there; all machines of a sweep share"):
        work(replace(job, folder=tmp_path / "gone"))


def test_air_of_another_hall_has_its_mean_where_that_had_none(pair):
    """Of the hall with four racks, in the hall with three: where the fourth stood."""
    (_, full), (_, fewer) = pair
    assert full.grid.shape == fewer.grid.shape
    state = to_state(at_rest(full.model, 310.0), full.model)
    warm = jnp.where(state.epsilon > 0, state.T.at[:4].add(2.0), state.T)
    mean = float(warm[np.asarray(state.epsilon) > 0].mean())
    found = to_state(fitted(replace(state, T=warm), fewer.model), fewer.model)
    new = ~fewer.voxels.solid & full.voxels.solid
    assert new.any()
    np.testing.assert_allclose(np.asarray(found.T)[new], mean, rtol=1e-5)
    assert (np.asarray(found.epsilon)[~fewer.voxels.solid] > 0).all()
    old = ~full.voxels.solid
    np.testing.assert_allclose(np.asarray(found.T)[old], np.asarray(warm)[old], rtol=1e-6)
