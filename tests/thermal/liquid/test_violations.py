import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest

from thermal.liquid.solve import solve
from thermal.liquid.violations import violations


@pytest.fixture(scope="module")
def normal(pod):
    model, scenario, places = pod
    return model, scenario, places, solve(model, scenario)


def worst(values):
    return int(np.argmax(values))


def test_solved_state_violates_nothing(normal):
    model, scenario, _, state = normal
    found = violations(model, scenario, state)
    for values in (found.law, found.flow, found.heat, *found.control):
        assert np.max(values) < 1e-8


def test_rack_with_more_flow_than_it_gets_is_the_one_that_misses(normal):
    model, scenario, places, state = normal
    rack = places.link["tcs", "A02"]
    m_flow = state.m_flow.at[rack].multiply(1.01)
    found = violations(model, scenario, dataclasses.replace(state, m_flow=m_flow))
    assert worst(found.law) == rack
    ends = {int(model.heat.tail[rack]), int(model.heat.head[rack])}
    open_at = set(np.flatnonzero(found.flow > 1e-8).tolist())
    assert open_at == ends
    # 1 % of the rack's flow over the largest usual flow, that of a pipe of the header at 1 m/s.
    largest = float(model.networks[0].m_scale.max())
    assert found.flow.max() == pytest.approx(0.01 * float(state.m_flow[rack]) / largest, rel=1e-6)


def test_node_that_is_not_mixed_is_the_one_that_misses(normal):
    model, scenario, places, state = normal
    node = places.node["tcs", "r1"]
    found = violations(model, scenario, dataclasses.replace(state, T=state.T.at[node].add(0.5)))
    assert worst(found.heat) == node
    through = sum(
        abs(float(state.m_flow[n])) for n in np.flatnonzero(np.asarray(model.heat.head) == node)
    )
    wanted = float(jnp.sum(jnp.abs(scenario.heat + state.pump_heat)))
    expected = 0.5 * through * float(state.cp[places.circuit["tcs"]]) / wanted
    assert found.heat[node] == pytest.approx(expected, rel=1e-6)


def test_pumps_off_their_control_are_told(normal):
    model, scenario, places, state = normal
    group = places.group["tcs", "tcs"]
    p = state.p.at[places.node["tcs", "s0"]].add(1e3)
    found = violations(model, scenario, dataclasses.replace(state, p=p))
    assert found.control[group[0]][group[1]] > 1e-4


@pytest.mark.slow
def test_two_way_valve_that_holds_back_water_violates_nothing(make_loop, make_circuits):
    model, scenario, _ = make_circuits(make_loop(racks=4, units=2, control_value=150e3), True)
    state = solve(model, scenario)
    assert bool(state.converged)
    assert float(state.valve_share.max()) < 0.99
    found = violations(model, scenario, state)
    assert max(found.law.max(), found.flow.max(), found.heat.max()) < 1e-8
