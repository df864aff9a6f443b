from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from geometry.errors import InputError
from thermal.liquid.equations import GRAVITY
from thermal.liquid.hydraulics import solve_flows
from thermal.liquid.network import build
from thermal.liquid.parts import Control, Link, Node, Pipe, PowerLaw, Pump, Valve

BAR, HOUR, DENSITY = 1e5, 3600.0, 1011.8  # [Pa], [s], [kg/m3]
make = partial(build, density=DENSITY, viscosity=1.21e-3)
solve = eqx.filter_jit(solve_flows)

# Sixteen racks on two pumps: pumps dp = 4 - 1.2e-4 Q^2 each, common header 6e-6 Q^2, racks
# 4.6e-3 Q^2 (twelve) and 9.2e-3 Q^2 (four), bar and m3/h. Exact by
# k_eq = 1 / (sum n_i / sqrt(k_i))^2, Q = sqrt(a / (b / n^2 + kh + k_eq)); pandapipes 0.16.0 agrees
# to 6e-8.
RACKS = [4.6e-3] * 12 + [9.2e-3] * 4
CASES = {
    # running pumps, flow of the first rack, total, dp of racks, dp of pumps, flow of either group
    "normal": ([1, 1], np.inf, 265.091896, 1.47014632, 1.8917886, (17.8772768, 12.6411437)),
    "one rack isolated": ([1, 1], 0, 258.079809, 1.60221324, 2.00184437, (18.6629908, 13.1967274)),
    "one pump lost": ([0, 1], np.inf, 165.001963, 0.569568389, 0.732922275, (11.1274, 7.86826585)),
}


def quadratic(k, at):
    """dp = k Q^2 in bar and m3/h."""
    return PowerLaw(k * BAR * at**2, at / HOUR, 2.0)


def curve(shutoff=4.0, slope=1.2e-4, **more):
    """dp = shutoff - slope Q^2 in bar and m3/h."""
    flows = np.array([0.0, 60.0, 120.0, 170.0])
    return Pump(tuple(flows / HOUR), tuple((shutoff - slope * flows**2) * BAR), **more)


def rack_loop(*pumps, controls=()):
    """Return, discharge and supply; pumps first, then the header, then sixteen racks."""
    nodes = [Node("return", pressure=0.0), Node("discharge"), Node("supply")]
    links = [
        Link(f"pump {n}", "return", "discharge", pump=pump, check=True)
        for n, pump in enumerate(pumps or (curve(group="all"),) * 2)
    ]
    links.append(Link("header", "discharge", "supply", losses=(quadratic(6e-6, 100.0),)))
    links += [
        Link(f"rack {n}", "supply", "return", losses=(quadratic(k, 15.0),))
        for n, k in enumerate(RACKS)
    ]
    return make(links, nodes, controls)


@pytest.mark.parametrize("case", CASES)
def test_racks_on_a_pump_curve_have_the_flows_worked_by_hand(case):
    running, most, total, dp_racks, dp_pump, groups = CASES[case]
    network, state = rack_loop()
    changes = jnp.asarray(running, float), state.m_max.at[3].set(most)
    flows = solve(network, eqx.tree_at(lambda s: (s.running, s.m_max), state, changes))
    assert bool(flows.converged)
    Q = flows.m_flow / DENSITY * HOUR
    assert float(Q[2]) == pytest.approx(total, rel=1e-6)
    assert float(flows.p[2]) / BAR == pytest.approx(dp_racks, rel=1e-6)
    assert float(flows.p[1]) / BAR == pytest.approx(dp_pump, rel=1e-6)
    np.testing.assert_allclose(Q[jnp.array([4, 18])], groups, rtol=1e-6)
    np.testing.assert_allclose(
        Q[:2], np.array(running) * total / sum(running), rtol=1e-6, atol=1e-4
    )


def test_pumps_of_different_speed_share_the_flow_by_their_curves():
    network, state = rack_loop(curve(), curve())
    state = eqx.tree_at(lambda s: s.speed, state, jnp.array([0.9, 1.0]))
    flows = solve(network, state)
    assert bool(flows.converged)
    rise = np.array([0.81, 1.0]) * 4.0 - 1.2e-4 * (flows.m_flow[:2] / DENSITY * HOUR) ** 2
    np.testing.assert_allclose(rise, flows.p[1] / BAR, rtol=1e-6)
    assert 0.0 < float(flows.m_flow[0]) < float(flows.m_flow[1])


def test_pump_too_weak_for_the_pressure_of_the_others_is_shut_out_by_its_check_valve():
    network, state = rack_loop(curve(shutoff=0.3, slope=1e-5), curve())
    flows = solve(network, state)
    assert bool(flows.converged)
    assert float(flows.m_flow[0]) == pytest.approx(0.0, abs=1e-6)
    assert float(flows.m_flow[1]) / DENSITY * HOUR == pytest.approx(165.001963, rel=1e-6)


@pytest.mark.parametrize("running", [0.0, 1.0])
@pytest.mark.parametrize("most", [0.0, np.inf])
def test_everything_stopped_or_shut_is_an_ordinary_state(running, most):
    network, state = rack_loop()
    changes = jnp.full(2, running), state.m_max.at[3:].set(most)
    flows = solve(network, eqx.tree_at(lambda s: (s.running, s.m_max), state, changes))
    assert bool(flows.converged)
    moves = most * running > 0.0
    assert (float(flows.m_flow[2]) > 0.01) == moves
    if running and not most:
        assert float(flows.p[1]) == pytest.approx(4.0 * BAR, rel=1e-6)


def test_control_holds_its_pressure_until_full_speed_is_not_enough():
    control = Control("all", 1.0 * BAR, high="supply", low="return")
    network, state = rack_loop(controls=[control])
    flows = solve(network, state)
    assert bool(flows.converged)
    assert float(flows.p[2]) == pytest.approx(1.0 * BAR, rel=1e-8)
    assert 0.5 < float(flows.speed[0]) < 1.0
    one = solve(network, eqx.tree_at(lambda s: s.running, state, jnp.array([1.0, 0.0])))
    assert bool(one.converged)
    assert float(one.speed[0]) == 1.0
    assert float(one.p[2]) / BAR == pytest.approx(0.569568389, rel=1e-6)


def test_control_of_a_flow_holds_the_flow_of_its_links():
    control = Control("all", 50.0, links=("pump 0", "pump 1"))
    network, state = rack_loop(controls=[control])
    flows = solve(network, state)
    assert bool(flows.converged)
    assert float(flows.m_flow[:2].sum()) == pytest.approx(50.0, rel=1e-8)


@pytest.mark.parametrize("target", [1.0, 100.0, 10e3])
@pytest.mark.parametrize("check", [False, True])
def test_control_of_a_small_pressure_turns_a_pump_before_a_stronger_one(target, check):
    nodes = [Node("return", pressure=0.0), Node("between"), Node("supply")]
    links = [
        Link("first", "return", "between", pump=curve(), check=check),
        Link("second", "between", "supply", pump=curve(), check=check),
        Link("racks", "supply", "return", losses=(quadratic(2e-4, 100.0),)),
    ]
    network, state = make(links, nodes, [Control("first", target, high="between", low="return")])
    flows = solve(network, state)
    assert bool(flows.converged)
    # target = 4 s^2 - 1.2e-4 Q^2 and target + 4 - 1.2e-4 Q^2 = 2e-4 Q^2, in bar and m3/h
    square = (target / BAR + 4.0) / 3.2e-4
    assert float(flows.p[1]) == pytest.approx(target, rel=1e-7)
    assert float(flows.m_flow[0]) / DENSITY * HOUR == pytest.approx(square**0.5, rel=1e-6)
    speed = ((target / BAR + 1.2e-4 * square) / 4.0) ** 0.5
    assert float(flows.speed[0]) == pytest.approx(speed, rel=1e-6)


def test_valve_that_throttles_holds_its_flow_and_gives_it_up_when_there_is_too_little():
    network, state = rack_loop()
    usual = float(solve(network, state).m_flow[3])
    for most, expected in ((0.5 * usual, 0.5 * usual), (2.0 * usual, usual)):
        limited = eqx.tree_at(lambda s: s.m_max, state, state.m_max.at[3].set(most))
        flows = solve(network, limited)
        assert bool(flows.converged)
        assert float(flows.m_flow[3]) == pytest.approx(expected, rel=1e-6)


def test_check_valve_lets_nothing_back_between_two_vessels():
    def between(check):
        nodes = [Node("low", pressure=0.0), Node("high", pressure=1e5)]
        link = Link("a", "low", "high", pipes=(Pipe(10.0, 0.05),), check=check)
        return float(solve(*make([link], nodes)).m_flow[0])

    assert between(False) < -1.0
    assert between(True) == pytest.approx(0.0, abs=1e-6)


def test_liquid_at_rest_weighs_on_what_is_below():
    nodes = [Node("top", height=12.0, pressure=5e4), Node("bottom"), Node("side", height=3.0)]
    pipe = (Pipe(12.0, 0.1),)
    links = [Link("a", "top", "bottom", pipes=pipe), Link("b", "side", "bottom", pipes=pipe)]
    flows = solve(*make(links, nodes))
    assert bool(flows.converged)
    expected = 5e4 + DENSITY * GRAVITY * np.array([0.0, 12.0, 9.0])
    np.testing.assert_allclose(flows.p, expected, rtol=1e-9)
    np.testing.assert_allclose(flows.m_flow, 0.0, atol=1e-6)


def test_demands_are_fed_along_the_shorter_way_more_than_along_the_longer():
    nodes = [Node("source", pressure=3e5), Node("sink", demand=2.0)]
    links = [Link(f"{n} m", "source", "sink", pipes=(Pipe(n, 0.05),)) for n in (10.0, 40.0)]
    flows = solve(*make(links, nodes))
    assert float(flows.m_flow.sum()) == pytest.approx(2.0, rel=1e-12)
    assert 1.5 < float(flows.m_flow[0] / flows.m_flow[1]) < 4.0**0.57


def test_part_behind_closed_valves_has_no_flow_and_a_finite_pressure():
    nodes = [Node("a", pressure=2e5), Node("b"), Node("c"), Node("d", pressure=0.0)]
    ends = [("a", "b"), ("b", "c"), ("c", "d"), ("a", "d")]
    links = [Link(x + y, x, y, pipes=(Pipe(5.0, 0.05),), valve=Valve(20.0)) for x, y in ends]
    network, state = make(links, nodes)
    shut = eqx.tree_at(lambda s: s.position, state, jnp.array([0.0, 1.0, 0.0, 1.0]))
    flows = solve(network, shut)
    assert bool(flows.converged)
    np.testing.assert_allclose(flows.m_flow[:3], 0.0, atol=1e-6)
    assert float(flows.m_flow[3]) > 1.0
    assert 0.0 < float(flows.p[1]) < 2e5


def test_derivatives_agree_with_differences():
    control = Control("all", 1.0 * BAR, high="supply", low="return")
    network, state = rack_loop(controls=[control])

    def rack_flow(target, fouling):
        changes = jnp.full_like(state.target, target), state.fouling.at[5].set(fouling)
        at = eqx.tree_at(lambda s: (s.target, s.fouling), state, changes)
        return solve_flows(network, at).m_flow[5]

    point = 1.0 * BAR, 1.3
    by_reverse = jax.jit(jax.grad(rack_flow, (0, 1)))(*point)
    value = jax.jit(rack_flow)
    for n, step in enumerate((1e2, 1e-4)):
        moved = [[*point], [*point]]
        moved[0][n] += step
        moved[1][n] -= step
        difference = (value(*moved[0]) - value(*moved[1])) / (2 * step)
        assert float(by_reverse[n]) == pytest.approx(float(difference), rel=1e-5)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"tail": "nowhere"}, "ends at 'nowhere'; known nodes are a, b"),
        ({"head": "a"}, "begins and ends at 'a'"),
        ({"pipes": ()}, "has no part with a loss"),
        ({"pipes": (Pipe(0.0, 0.1),)}, "pipe.length: 0; wanted more than 0"),
        ({"pump": Pump((0.0, 1.0), (1.0, 2.0))}, "wanted a pressure that falls with flow"),
    ],
)
def test_wrong_links_are_refused_by_name(change, found):
    link = {"name": "x", "tail": "a", "head": "b", "pipes": (Pipe(1.0, 0.1),), **change}
    with pytest.raises(InputError) as refused:
        make([Link(**link)], [Node("a", pressure=0.0), Node("b")])
    assert "x" in str(refused.value)
    assert found in str(refused.value)


@pytest.mark.parametrize(
    ("control", "found"),
    [
        (Control("none", 1.0, "supply", "return"), "no pump of this group; groups are all"),
        (Control("all", 0.0, "supply", "return"), "target 0; wanted more than 0"),
        (Control("all", 1.0, "supply"), "either nodes `high` and `low`, or `links`"),
        (Control("all", 1.0, "top", "return"), "no node 'top'"),
        (Control("all", 1.0, links=("rack 99",)), "no link 'rack 99'"),
    ],
)
def test_wrong_controls_are_refused(control, found):
    with pytest.raises(InputError) as refused:
        rack_loop(controls=[control])
    assert found in str(refused.value)


def test_part_in_which_nothing_holds_the_pressure_is_refused_by_its_nodes():
    pipe = (Pipe(1.0, 0.1),)
    links = [Link("x", "a", "b", pipes=pipe), Link("y", "c", "d", pipes=pipe)]
    nodes = [Node("a", pressure=0.0), Node("b"), Node("c"), Node("d")]
    with pytest.raises(InputError, match="c, d: nothing holds the pressure"):
        make(links, nodes)
