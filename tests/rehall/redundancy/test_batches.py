"""A state of a batch is the same as the state solved alone; more standby breaks nothing."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from power.study import NORMAL
from power.study import study as chain_study
from rehall.config import Case
from rehall.redundancy.batched import solve_together
from rehall.redundancy.chosen import SINGLE, State, chosen
from rehall.redundancy.course import Course, chains_of, course
from rehall.redundancy.ground import COARSE, FINE, WORK, Ground, OnGrid, make_ground
from rehall.redundancy.outages import outages
from rehall.redundancy.prepared import prepared
from rehall.redundancy.stored import read_air
from rehall.redundancy.tasks import STEADY, Task, solve_task
from rehall.simulate import solution_of
from rehall.utilities import Plant, Utilities, first_exchange, settle, settle_states

AIR = ("FW01 fans stop", "FW02 without water")
FIVE = ("CDU01 off", "CDU02 filter clogged", "fws pump 2 trips", "UA lost", "FW01 without water")


def states_of(case: Case, plant: Plant) -> list[State]:
    return chosen(case, plant.side, outages(case, plant.side))


def courses_of(case: Case, plant: Plant, states: list[State]) -> list[Course]:
    rows = {NORMAL: 0}
    for state in states:
        for _, failure in chains_of(state.parts):
            rows.setdefault(failure, len(rows))
    side = plant.side
    assert side is not None
    x = first_exchange(case)
    powers = settle(case, plant, x).powers
    found = chain_study(side.model, side.in_order(powers), list(rows))
    return [course(case, state.parts, found, rows, 60.0) for state in states]


def normal(case: Case) -> tuple[Ground, list[State], list[Course]]:
    """The circuits and the chain of a case with its first guess of the air; no air is solved."""
    plant = Plant.of(case)
    x = first_exchange(case)
    settle(case, plant, x)
    states = states_of(case, plant)
    on = OnGrid(None, None, x)  # type: ignore[arg-type]
    return Ground(case, plant, {FINE: on}), states, courses_of(case, plant, states)


def alike(batched: Utilities, alone: Utilities) -> None:
    a, b = batched.circuits, alone.circuits
    assert a is not None
    assert b is not None
    np.testing.assert_allclose(a.m_flow, b.m_flow, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(a.T, b.T, atol=1e-5)
    for name, power in alone.powers.items():
        assert batched.powers[name] == pytest.approx(power, rel=1e-8, abs=1e-3)
    assert batched.power is not None
    assert alone.power is not None
    np.testing.assert_allclose(batched.power.load, alone.power.load, rtol=1e-8, atol=1e-3)
    np.testing.assert_allclose(batched.power.voltage, alone.power.voltage, rtol=1e-9)


def test_five_states_of_a_batch_are_those_solved_alone(tmp_path, sound_text, case_of):
    ground, states, courses = normal(case_of(tmp_path, sound_text))
    x = ground.fine.x
    picked = [n for n, state in enumerate(states) if state.name in FIVE]
    batch = [prepared(ground, courses[n], x) for n in picked]
    together = settle_states([(one.case, one.plant, one.x) for one in batch])
    assert len(picked) == len(FIVE)
    for n, batched in zip(picked, together, strict=True):
        one = prepared(ground, courses[n], x)
        alike(batched, settle(one.case, one.plant, one.x))


@pytest.mark.slow
def test_air_of_a_batch_is_that_solved_alone(tmp_path, sound_text, case_of):
    case = case_of(tmp_path, sound_text.replace("cell: 0.45 m", "cell: 0.5 m"))
    case = replace(case, solver=case.solver.model_copy(update={"precision": "float64"}))
    folder = tmp_path / WORK
    ground = make_ground(case, None, folder)
    states = states_of(case, ground.plant)
    courses = courses_of(case, ground.plant, states)
    picked = [n for n, state in enumerate(states) if state.name in AIR]
    tasks = [Task(STEADY, f"together{n}", courses[n], ground.fine.x, FINE) for n in picked]
    solve_together(tasks, ground, folder)
    for task in tasks:
        alone = replace(task, key=f"alone-{task.key}")
        solve_task(alone, ground, folder)
        level = ground.fine.level
        (air, x), (same, y) = (read_air(folder / f"{t.name}.h5", level) for t in (task, alone))
        assert air.iterations == same.iterations
        np.testing.assert_allclose(air.T_in, same.T_in, atol=1e-4)
        np.testing.assert_allclose(air.state.T, same.state.T, atol=1e-3)
        for name, heat in y.coil_heat.items():
            assert x.coil_heat[name] == pytest.approx(heat, rel=1e-5, abs=1.0)
    assert COARSE not in [task.grid for task in tasks]


def holding(ground: Ground, states: list[State], courses: list[Course]) -> dict[str, set]:
    """Limits of the coolant that hold after each single failure, by its name."""
    batch = [prepared(ground, one, ground.fine.x) for one in courses]
    settled = settle_states([(one.case, one.plant, one.x) for one in batch])
    found = {}
    for state, one, utilities in zip(states, batch, settled, strict=True):
        around = (one.plant, utilities, one.x, None)
        solution = solution_of(one.case, None, None, around)  # type: ignore[arg-type]
        limits = [
            limit
            for limit in coolant(solution)
            if limit.name not in ("loop_pressure_max", "loop_pressure_min")
        ]
        if state.kind == SINGLE:
            found[state.name] = {(x.name, x.where) for x in limits if x.holds}
    return found


def coolant(solution) -> list:
    from rehall.chips import chip_limits
    from rehall.limits import coolant_limits

    return [*coolant_limits(solution.case, solution.loops), *chip_limits(solution.loops)]


@pytest.mark.slow
@settings(max_examples=2, deadline=None)
@given(
    power=st.floats(60.0, 220.0),
    flow=st.floats(700.0, 2400.0),
    supply=st.floats(30.0, 40.0),
)
def test_standby_unit_never_breaks_a_limit_that_held(
    tmp_path_factory, sound_text, case_of, power, flow, supply
):
    """One more CDU that stands by and one more facility pump: all that held still holds."""
    text = (
        sound_text.replace("power: 180 kW", f"power: {power:.1f} kW")
        .replace("flow: 2100 L/min", f"flow: {flow:.0f} L/min")
        .replace("supply: 34 degC", f"supply: {supply:.1f} degC")
        .replace("pumps: {count: 3, duty: 3}", "pumps: {count: 2, duty: 2}")
    )
    more = (
        text.replace("      name: CDU\n      count: 2", "      name: CDU\n      count: 3")
        .replace("first: [6.9 m, 0.6 m]", "first: [6.9 m, 0.0 m]")
        .replace("      header:", "      failover: 5 s\n      header:")
        .replace(
            "pumps: {count: 2, duty: 2}",
            "pumps: {count: 3, duty: 2, failover: 5 s}",
        )
        + "off: [CDU03]\n"
    )
    folder = tmp_path_factory.mktemp("monotony")
    before = holding(*normal(case_of(folder, text)))
    after = holding(*normal(case_of(folder, more)))
    assert set(before) <= set(after)
    for name, held in before.items():
        assert held <= after[name], name
