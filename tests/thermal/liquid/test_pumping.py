"""Electrical power of pumps: at the rated point, slower, and against closed valves."""

import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest

from thermal.liquid.circuits import Circuit, build, switched
from thermal.liquid.parts import Link, Node, PowerLaw, Pump
from thermal.liquid.pumping import Rated, pump_powers
from thermal.liquid.solve import solve
from thermal.properties import fluid

V_RATED, HEAD, EFFICIENCY = 0.01, 200e3, 0.7
RATED_POWER = HEAD * V_RATED / EFFICIENCY


@pytest.fixture(scope="module")
def loop():
    """A pump whose curve is 1.2 to 1.0 of its head, and a load that takes its rated flow."""
    curve = (0.0, 0.5 * V_RATED, V_RATED)
    heads = tuple(HEAD * (1.2 - 0.2 * (V / V_RATED) ** 2) for V in curve)
    links = (
        Link("pump", "return", "supply", pump=Pump(curve, heads, group="pump"), check=True),
        Link("load", "supply", "return", losses=(PowerLaw(HEAD, V_RATED, 2.0),)),
    )
    nodes = (Node("return", pressure=0.0), Node("supply"))
    model, scenario, places = build([Circuit("loop", fluid("water"), 300.0, links, nodes)])
    return model, scenario, places, Rated.of({("loop", "pump"): (V_RATED, EFFICIENCY)}, places)


def power(loop, **changes):
    model, scenario, places, rated = loop
    given = switched(scenario, places, **changes)
    state = solve(model, given)
    assert bool(state.converged)
    found = pump_powers(state, rated, model, given)
    assert found[places.link["loop", "load"]] == 0.0
    return found[places.link["loop", "pump"]], state


def test_power_at_the_rated_point_is_the_rated_one(loop):
    assert power(loop)[0] == pytest.approx(RATED_POWER, rel=1e-5)


@pytest.mark.parametrize("speed", [0.4, 0.8])
def test_power_follows_the_cube_of_the_speed_on_the_same_load(loop, speed):
    assert power(loop, speed={("loop", "pump"): speed})[0] == pytest.approx(
        speed**3 * RATED_POWER, rel=1e-4
    )


def test_a_pump_against_a_closed_valve_draws_half_of_its_head_times_rated_flow(loop):
    found, state = power(loop, m_max={("loop", "load"): 0.0})
    assert abs(state.m_flow[0]) < 1e-6
    assert found == pytest.approx(0.5 * 1.2 * RATED_POWER, rel=1e-4)


def test_efficiency_falls_off_the_rated_flow(loop):
    model, scenario, places, rated = loop
    part = dataclasses.replace(scenario, hydraulic=scenario.hydraulic)
    given = switched(part, places, m_max={("loop", "load"): 0.5 * V_RATED * 996.5})
    state = solve(model, given)
    hydraulic = float(state.pump_heat[places.link["loop", "pump"]])
    drawn = pump_powers(state, rated, model, given)[places.link["loop", "pump"]]
    share = float(state.m_flow[0]) / float(given.hydraulic[0].density[0]) / V_RATED
    assert share == pytest.approx(0.5, abs=0.01)
    assert hydraulic / drawn == pytest.approx(EFFICIENCY * share * (2.0 - share), rel=1e-4)


def test_a_pump_that_stands_still_draws_nothing(loop):
    found, _ = power(loop, running={("loop", "pump"): 0.0})
    assert found == 0.0
    assert np.isfinite(jnp.asarray(found))
