import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from thermal.liquid.loop import Branch, Pump, build
from thermal.liquid.solve import LiquidInputs, pick, solve, solve_batch

LPM = 1.0 / 60e3  # [m3/s]

STATES = {
    "normal": {},
    "one unit stopped": {"running": [1.0, 0.0]},
    "all units stopped": {"running": [0.0, 0.0]},
    "one rack closed": {"opening": [1.0, 0.0, 1.0, 0.5]},
    "all racks closed": {"opening": [0.0] * 4},
    "stopped and closed": {"opening": [0.0] * 4, "running": [0.0, 0.0]},
    "no heat": {"heat": [0.0] * 4},
    "no facility water": {"V_flow_facility": [0.0, 0.0]},
    "one unit without facility water": {"V_flow_facility": [2500.0 * LPM, 0.0]},
    "facility too warm": {"T_facility": 325.0},
    "facility warmer than the return": {"T_facility": 325.0, "heat": [0.0] * 4},
}


@pytest.mark.parametrize("name", STATES)
def test_heat_in_equals_heat_out_in_every_state(name, model, make_inputs):
    state = solve(model, make_inputs(**STATES[name]))
    assert bool(state.converged)
    assert all(np.isfinite(leaf).all() for leaf in jax.tree_util.tree_leaves(state))
    given = state.heat_taken.sum() + state.pump_heat.sum()
    assert float(given) == pytest.approx(
        float(state.heat_cdu.sum() + state.heat_stored), rel=1e-6, abs=1e-3
    )
    # The same from flows and temperatures alone, stream by stream.
    branches = state.m_flow_branch * state.cp * (state.T_branch_out - state.T_supply)
    np.testing.assert_allclose(branches, state.heat_taken, rtol=1e-6, atol=1e-3)
    mass = float(state.m_flow_cdu.sum())
    assert mass == pytest.approx(float(state.m_flow_branch.sum()), rel=1e-9)
    if mass > 0.0:
        mixed = (state.m_flow_branch * state.T_branch_out).sum() / mass
        assert float(state.T_return) == pytest.approx(float(mixed), abs=1e-6)
    if mass > 0.0 and float(state.heat_stored) == 0.0:
        supplied = (state.m_flow_cdu * state.T_supply_cdu).sum() / mass
        assert float(state.T_supply) == pytest.approx(float(supplied), abs=1e-6)


def test_unit_at_its_rating_holds_the_set_point_with_the_valve_open(make_loop):
    # One rack that takes exactly the nominal flow of one unit, and its whole capacity.
    loop = make_loop(racks=1, units=1, control_value=200e3)
    branch = Branch("A", 200e3, 2125.0 * LPM)
    pump = Pump((0.0, 2125.0 * LPM), (400e3, 241e3), efficiency=0.6)
    cdu = dataclasses.replace(loop.cdus[0], pump=pump)
    model = build(dataclasses.replace(loop, branches=(branch,), cdus=(cdu,)))
    at_rating = {"running": [1], "opening": [1.0], "V_flow_facility": [2500.0 * LPM]}
    state = solve(model, LiquidInputs(heat=[2e6], T_facility=311.15, **at_rating))
    assert float(state.m_flow_cdu[0]) == pytest.approx(1012.9 * 2125.0 * LPM, rel=1e-3)
    # Pump heat comes on top of the rated capacity: the supply floats by its share of the approach.
    assert 316.15 < float(state.T_supply) < 316.25
    assert float(state.facility_share[0]) == 1.0
    cooler = solve(model, LiquidInputs(heat=[1.9e6], T_facility=311.15, **at_rating))
    assert float(cooler.T_supply) == pytest.approx(316.15, abs=1e-9)
    assert 0.5 < float(cooler.facility_share[0]) < 1.0


@pytest.mark.parametrize(("bypass_open", "mixed"), [(0.0, 54.7839552), (1.0, 54.4215865)])
def test_mixed_return_is_weighted_by_flow_as_in_the_worked_example(bypass_open, mixed, make_loop):
    # Racks of 300, 280, 310, 150 L/min with 227, 190, 205, 60 kW at 45 degC supply, and a bypass of
    # 40 L/min: worked by hand with cp = 3974.57 J/(kg K), and with pandapipes 0.16.0 to 1e-9.
    # The plain average of the racks would be 54.312 degC.
    litres, heat = (300.0, 280.0, 310.0, 150.0, 40.0), [227e3, 190e3, 205e3, 60e3, 0.0]
    loop = dataclasses.replace(
        make_loop(units=1, length=1e-9, control_value=150e3),
        T_supply_set=318.15,
        branches=tuple(Branch(f"A{n}", 150e3, q * LPM) for n, q in enumerate(litres)),
    )
    opening = [1.0] * 4 + [bypass_open]
    full = {"running": [1.0], "opening": opening, "V_flow_facility": [2500.0 * LPM]}
    state = solve(build(loop), LiquidInputs(heat=heat, T_facility=305.0, **full))
    m_flow = [5.059035, 4.721766, 5.2276695, 2.5295175]
    np.testing.assert_allclose(state.m_flow_branch[:4], m_flow, rtol=1e-5)
    # Ours takes cp at the mean temperature; with it undone, the rises are those of the example.
    assert float(state.cp) == pytest.approx(3974.57, rel=4e-3)
    undone = float(state.cp) / 3974.57
    rise = np.array([56.2893262, 55.1241598, 54.8663289, 50.9679258]) - 45.0
    ours = (state.T_branch_out[:4] - state.T_supply) * undone
    np.testing.assert_allclose(ours, rise, rtol=1e-5)
    assert float(state.T_return - state.T_supply) * undone == pytest.approx(mixed - 45.0, rel=1e-5)


def test_share_let_through_is_just_enough_when_nothing_else_is_available(model, make_inputs):
    throttled = solve(model, make_inputs())
    assert 0.0 < float(throttled.facility_share[0]) < 0.95
    available = throttled.facility_share * 2500.0 * LPM
    enough = solve(model, make_inputs(V_flow_facility=available))
    np.testing.assert_allclose(enough.facility_share, 1.0, atol=1e-6)
    assert float(enough.T_supply) == pytest.approx(316.15, abs=1e-6)
    short = solve(model, make_inputs(V_flow_facility=0.9 * available))
    assert float(short.T_supply) > 316.15 + 1e-3


def test_two_racks_out_of_four_share_the_pressure_that_the_control_holds(model, make_inputs):
    normal = solve(model, make_inputs())
    shut = solve(model, make_inputs(opening=[1.0, 0.0, 1.0, 0.0]))
    for state in (normal, shut):
        assert float(state.p_supply[0] - state.p_return[0]) == pytest.approx(150e3, rel=1e-6)
    assert float(shut.m_flow_branch[0]) == pytest.approx(float(normal.m_flow_branch[0]), rel=1e-6)
    assert float(shut.speed[0]) < float(normal.speed[0])


def test_lost_unit_is_made_up_by_speed_until_full_speed_is_not_enough(make_loop, make_inputs):
    model = build(make_loop(racks=4, units=2, control_value=320e3))
    both = solve(model, make_inputs())
    single = solve(model, make_inputs(running=[1.0, 0.0]))
    assert float(single.speed[0]) == pytest.approx(1.0, abs=1e-6)
    assert float(single.p_supply[0] - single.p_return[0]) < 310e3
    assert float(both.p_supply[0] - both.p_return[0]) == pytest.approx(320e3, rel=1e-6)
    assert float(single.m_flow_cdu[1]) == 0.0


def test_pump_power_is_hydraulic_power_over_efficiency(model, make_inputs):
    state = solve(model, make_inputs())
    V_flow = state.m_flow_cdu / model.density
    np.testing.assert_allclose(state.pump_power, V_flow * state.dp_pump / 0.6, rtol=1e-9)
    np.testing.assert_allclose(state.pump_heat, 0.6 * state.pump_power, rtol=1e-9)


def test_rack_without_flow_reports_the_heat_it_cannot_give_off(model, make_inputs):
    state = solve(model, make_inputs(opening=[1.0, 0.0, 1.0, 1.0]))
    np.testing.assert_allclose(state.heat_unmet, [0.0, 223e3, 0.0, 0.0], atol=1e-3)
    assert float(state.T_branch_out[1]) == pytest.approx(model.fluid.T_max)


def test_far_racks_get_less_flow_through_a_direct_return_header(make_loop, make_inputs):
    model = build(make_loop(racks=4, units=2, length=30.0, control_value=150e3))
    m_flow = solve(model, make_inputs()).m_flow_branch
    assert (jnp.diff(m_flow) < 0.0).all()


@pytest.mark.slow
@pytest.mark.parametrize("T_facility", [311.15, 315.0])
def test_gradients_by_the_implicit_function_agree_with_differences(T_facility, model, make_inputs):
    # Below the set point's reach the valve throttles; at 315 K it is open and the supply floats.
    def outputs(heat, opening):
        state = solve(model, make_inputs(heat=heat, opening=opening, T_facility=T_facility))
        return jnp.stack([state.T_return, state.facility_share[0], state.m_flow_branch[1]])

    heat, opening = jnp.full(4, 223e3), jnp.full(4, 0.9)
    slopes = jax.jacrev(outputs, argnums=(0, 1))(heat, opening)
    for argument, step in ((0, 10.0), (1, 1e-4)):
        nudge = step * jnp.array([1.0, 0.0, 0.0, 0.0])
        up = outputs(*((heat + nudge, opening) if argument == 0 else (heat, opening + nudge)))
        down = outputs(*((heat - nudge, opening) if argument == 0 else (heat, opening - nudge)))
        expected = (up - down) / (2.0 * step)
        np.testing.assert_allclose(slopes[argument][:, 0], expected, rtol=1e-3, atol=1e-8)


def random_states(count, racks, units, seed=0):
    rng = np.random.default_rng(seed)
    valves = np.where(rng.random((count, racks)) > 0.15, rng.uniform(0.3, 1, (count, racks)), 0.0)
    water = rng.uniform(0.2, 1.0, (count, units)) * (rng.random((count, units)) > 0.2)
    states = [
        LiquidInputs(
            heat=rng.uniform(0.0, 230e3, racks),
            running=(rng.random(units) > 0.3).astype(float),
            opening=valves[n],
            T_facility=rng.uniform(300.0, 318.0),
            V_flow_facility=2500.0 * LPM * water[n],
        )
        for n in range(count)
    ]
    return jax.tree_util.tree_map(lambda *leaves: jnp.stack(leaves), *states)


@pytest.mark.slow
def test_hundred_random_failures_solve_as_one_batch_and_each_alone(make_loop):
    model = build(make_loop())
    inputs = random_states(100, 16, 4)
    states = solve_batch(model, inputs)
    assert bool(states.converged.all())
    for index in (0, 7, 99):
        alone = solve(model, pick(inputs, index))
        for one, same in zip(
            *map(jax.tree_util.tree_leaves, (alone, pick(states, index))), strict=True
        ):
            np.testing.assert_allclose(one, same, rtol=1e-6, atol=1e-6)


@pytest.mark.slow
def test_single_precision_finds_the_same_state(make_loop):
    model, inputs = build(make_loop()), random_states(20, 16, 4)
    single = jax.tree_util.tree_map(
        lambda leaf: leaf.astype(jnp.float32) if eqx.is_inexact_array(leaf) else leaf,
        (model, inputs),
    )
    fine, coarse = solve_batch(model, inputs), solve_batch(*single)
    assert coarse.T_return.dtype == jnp.float32
    assert bool(coarse.converged.all())
    np.testing.assert_allclose(coarse.m_flow_branch, fine.m_flow_branch, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(coarse.T_return, fine.T_return, atol=1e-3)
