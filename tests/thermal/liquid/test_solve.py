import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from thermal.liquid import loop
from thermal.liquid.circuits import switched
from thermal.liquid.solve import pick, solve, solve_batch

LPM = 1.0 / 60e3  # [m3/s]
STATES = (
    "normal",
    "one unit stopped",
    "all units stopped",
    "one rack closed",
    "all racks closed",
    "stopped and closed",
    "no heat",
    "no facility water",
    "one unit without facility water",
    "no rejection",
    "facility too warm",
    "facility warmer than the loop",
    "all pumps at different speeds",
)


@pytest.mark.parametrize("name", STATES)
def test_heat_in_equals_heat_out_in_every_state(name, pod, states):
    model, _, places = pod
    state = solve(model, states[name])
    assert bool(state.converged)
    assert all(np.isfinite(leaf).all() for leaf in jax.tree_util.tree_leaves(state))
    wanted = float(states[name].heat.sum() + state.pump_heat.sum())
    gone = float(state.rejected.sum() + state.heat_unmet.sum())
    assert gone == pytest.approx(wanted, rel=1e-8, abs=1e-2)
    # The same from flows and temperatures alone, rack by rack and node by node.
    racks = np.array([places.link["tcs", f"A{n:02}"] for n in range(4)])
    cp = float(state.cp[0])
    given = np.asarray(state.m_flow * cp * (state.T_out - state.T_in))[racks]
    np.testing.assert_allclose(given, np.asarray(state.heat_taken)[racks], rtol=1e-6, atol=1e-2)
    assert float(state.continuity) < 1e-10
    assert float(state.residual) < 1e-8


def supply(state, places, racks=4):
    return np.array([float(state.T_in[places.link["tcs", f"A{n:02}"]]) for n in range(racks)])


def flows(state, places, racks=4):
    return np.array([float(state.m_flow[places.link["tcs", f"A{n:02}"]]) for n in range(racks)])


def test_unit_at_its_rating_holds_the_set_point_with_the_valve_open(make_loop, make_circuits):
    # One rack that takes exactly the nominal flow of one unit, and its whole capacity.
    pod = make_loop(racks=1, units=1, control_value=200e3)
    pumps = loop.Pumps((0.0, 2125.0 * LPM), (400e3, 241e3), count=2)
    cdu = dataclasses.replace(pod.cdus[0], pumps=pumps)
    branch = loop.Branch("A00", 200e3, 2125.0 * LPM)
    pod = dataclasses.replace(pod, branches=(branch,), cdus=(cdu,))
    model, scenario, places = make_circuits(dataclasses.replace(pod))
    rack = places.link["tcs", "A00"]
    at_rating = dataclasses.replace(scenario, heat=scenario.heat.at[rack].set(2e6))
    state = solve(model, at_rating)
    assert float(state.m_flow[rack]) == pytest.approx(1012.9 * 2125.0 * LPM, rel=1e-3)
    # Pump heat comes on top of the rated capacity: the supply floats by its share of the approach.
    assert 316.15 < float(state.T_in[rack]) < 316.25
    assert float(state.valve_share[0]) == 1.0
    cooler = solve(model, dataclasses.replace(scenario, heat=scenario.heat.at[rack].set(1.9e6)))
    assert float(cooler.T_in[rack]) == pytest.approx(316.15, abs=1e-9)
    assert 0.5 < float(cooler.valve_share[0]) < 1.0


def test_two_way_valve_lets_through_what_a_three_way_valve_uses(make_loop, make_circuits):
    # Facility water at the pressure and flow of the rating: the share a three-way valve uses is the
    # flow that the two-way valve leaves, with the same temperatures on both sides.
    pod = make_loop(racks=4, units=2, control_value=150e3)
    three, two = (make_circuits(pod, two_way) for two_way in (False, True))
    one, other = (solve(model, scenario) for model, scenario, _ in (three, two))
    np.testing.assert_allclose(supply(one, three[2]), 316.15, atol=1e-9)
    np.testing.assert_allclose(supply(other, two[2]), 316.15, atol=1e-9)
    cold = three[2].link["fws", "CDU 0"]
    used = float(one.valve_share[0] * one.m_flow[cold])
    assert float(other.m_flow[two[2].link["fws", "CDU 0"]]) == pytest.approx(used, rel=1e-3)
    rise = float(other.T_out[cold] - other.T_in[cold])
    mixed = float(one.T_out[cold] - one.T_in[cold]) / float(one.valve_share[0])
    assert rise == pytest.approx(mixed, rel=1e-3)


def test_two_racks_out_of_four_share_the_pressure_that_the_control_holds(pod):
    model, normal, places = pod
    both_shut = {("tcs", name): 0.0 for name in ("A01", "A03")}
    every, half = solve(model, normal), solve(model, switched(normal, places, m_max=both_shut))
    for state in (every, half):
        at = [places.node["tcs", name] for name in ("s0", "r0")]
        assert float(state.p[at[0]] - state.p[at[1]]) == pytest.approx(150e3, rel=1e-6)
    assert flows(half, places)[0] == pytest.approx(flows(every, places)[0], rel=1e-6)
    assert float(half.speed[0][0]) < float(every.speed[0][0])


def test_standby_pump_behind_its_check_valve_lets_nothing_back(pod):
    model, normal, places = pod
    state = solve(model, normal)
    for unit in (0, 1):
        backwards = float(state.m_flow[places.link["tcs", f"CDU {unit} pump 2"]])
        assert abs(backwards) < 1e-9 * float(state.m_flow[places.link["tcs", f"CDU {unit} pump 1"]])


def test_racks_far_from_the_units_get_less_with_direct_return_and_all_the_same_with_reverse(
    make_loop, make_circuits
):
    found = {}
    for reverse in (False, True):
        pod = make_loop(racks=4, units=2, length=30.0, control_value=150e3, reverse=reverse)
        model, scenario, places = make_circuits(pod)
        found[reverse] = flows(solve(model, scenario), places)
    assert (np.diff(found[False]) < 0.0).all()
    assert found[True][0] == pytest.approx(found[True][3], rel=1e-9)
    assert np.ptp(found[True]) < 0.4 * np.ptp(found[False])


def test_rack_without_flow_reports_the_heat_it_cannot_give_off(pod, states):
    model, _, places = pod
    unmet = solve(model, states["one rack closed"]).heat_unmet
    assert float(unmet[places.link["tcs", "A01"]]) == pytest.approx(223e3, rel=1e-6)
    assert float(unmet[places.link["tcs", "A00"]]) == pytest.approx(0.0, abs=1e-3)


def test_two_loops_on_one_facility_share_its_water(make_loop, make_circuits):
    from thermal.liquid import facility
    from thermal.liquid.circuits import Rejection, build
    from thermal.properties import fluid

    pods = [dataclasses.replace(make_loop(racks=2, units=1), name=name) for name in ("one", "two")]
    pods[1] = dataclasses.replace(
        pods[1], cdus=(dataclasses.replace(pods[1].cdus[0], name="CDU 9"),)
    )
    users = tuple(facility.User(p.cdus[0].name, 2500.0 * LPM) for p in pods)
    water = facility.circuit(
        facility.Facility("fws", fluid("water"), 311.15, 2500.0 * LPM, 220e3, users, 100e3)
    )
    exchangers = [x for pod in pods for x in loop.exchangers(pod, water)]
    model, scenario, places = build(
        [*map(loop.circuit, pods), water],
        exchangers,
        [Rejection("r", ("fws", "rejection"), 311.15)],
    )
    heat = scenario.heat
    for pod in pods:
        for branch in pod.branches:
            heat = heat.at[places.link[pod.name, branch.name]].set(223e3)
    state = solve(model, dataclasses.replace(scenario, heat=heat))
    assert bool(state.converged)
    each = [float(state.m_flow[places.link["fws", user.name]]) for user in users]
    assert each[0] == pytest.approx(each[1], rel=1e-9)
    # Half of its nominal water for each: the rejection's pumps give their rated flow to both.
    assert sum(each) == pytest.approx(993.0 * 2500.0 * LPM, rel=1e-3)
    np.testing.assert_allclose(np.asarray(state.exchanged), 446e3, rtol=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("T_facility", [311.15, 315.0])
def test_gradients_by_the_implicit_function_agree_with_differences(T_facility, pod):
    # Below the set point's reach the valve throttles; at 315 K it is open and the supply floats.
    model, normal, places = pod
    rack, other = places.link["tcs", "A00"], places.link["tcs", "A01"]

    def outputs(heat, fouling):
        state = dataclasses.replace(
            normal,
            heat=normal.heat.at[rack].set(heat),
            T_rejected=jnp.full(1, T_facility),
            hydraulic=(
                eqx.tree_at(
                    lambda s: s.fouling,
                    normal.hydraulic[0],
                    normal.hydraulic[0].fouling.at[rack].set(fouling),
                ),
            ),
        )
        found = solve(model, state)
        return jnp.stack([found.T_out[rack], found.valve_share[0], found.m_flow[other]])

    at = jnp.asarray(223e3), jnp.asarray(1.2)
    slopes = jax.jacrev(outputs, argnums=(0, 1))(*at)
    for argument, step in ((0, 10.0), (1, 1e-4)):
        nudge = [0.0, 0.0]
        nudge[argument] = step
        up = outputs(at[0] + nudge[0], at[1] + nudge[1])
        down = outputs(at[0] - nudge[0], at[1] - nudge[1])
        expected = (up - down) / (2.0 * step)
        np.testing.assert_allclose(slopes[argument], expected, rtol=5e-3, atol=1e-8)


def random_states(pod, count, racks, units, seed=0):
    """Heats, racks shut or fouled, pumps stopped, water from warm to none: one batch."""
    _, normal, places = pod
    rng = np.random.default_rng(seed)

    def one():
        names = [("tcs", f"A{n:02}") for n in range(racks)]
        shut = {name: 0.0 for name in names if rng.random() < 0.15}
        water = {("fws", f"CDU {n}"): 0.0 for n in range(units) if rng.random() < 0.1}
        pumps = {
            ("tcs", f"CDU {u} pump {n}"): float(rng.random() < 0.5)
            for u in range(units)
            for n in (1, 2)
        }
        fouled = {name: rng.uniform(1.0, 4.0) for name in names}
        heat = normal.heat * rng.uniform(0.0, 1.03, normal.heat.shape)
        changed = switched(normal, places, m_max=shut | water, running=pumps, fouling=fouled)
        T = jnp.full(1, np.inf if rng.random() < 0.1 else rng.uniform(300.0, 318.0))
        return dataclasses.replace(changed, heat=heat, T_rejected=T)

    return jax.tree_util.tree_map(lambda *leaves: jnp.stack(leaves), *(one() for _ in range(count)))


@pytest.mark.slow
@pytest.mark.parametrize("two_way", [False, True])
def test_hundred_random_failures_solve_as_one_batch_and_each_alone(
    two_way, make_loop, make_circuits
):
    pod = make_circuits(make_loop(), two_way)
    scenarios = random_states(pod, 100, 16, 4)
    states = solve_batch(pod[0], scenarios)
    assert bool(states.converged.all())
    for index in (0, 7, 99):
        alone = solve(pod[0], pick(scenarios, index))
        np.testing.assert_allclose(alone.T_out, pick(states, index).T_out, atol=1e-6)
        np.testing.assert_allclose(alone.m_flow, pick(states, index).m_flow, rtol=1e-6, atol=1e-6)


@pytest.mark.slow
def test_single_precision_finds_the_same_state(make_loop, make_circuits):
    pod = make_circuits(make_loop())
    single = jax.tree_util.tree_map(
        lambda leaf: leaf.astype(jnp.float32) if eqx.is_inexact_array(leaf) else leaf,
        (pod[0], random_states(pod, 20, 16, 4)),
    )
    fine = solve_batch(pod[0], random_states(pod, 20, 16, 4))
    coarse = solve_batch(*single)
    assert coarse.T_out.dtype == jnp.float32
    assert bool(coarse.converged.all())
    np.testing.assert_allclose(coarse.m_flow, fine.m_flow, rtol=2e-4, atol=2e-3)
    moving = np.abs(np.asarray(fine.m_flow)) > 1e-2
    np.testing.assert_allclose(coarse.T_out[moving], fine.T_out[moving], atol=5e-3)
