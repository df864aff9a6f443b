import jax.numpy as jnp
import numpy as np
import pytest

from thermal.fans import Curve
from thermal.liquid.components import Branches, Pipes, Pumps
from thermal.liquid.hydraulics import Network, solve_flows

BAR, HOUR = 1e5, 3600.0  # [Pa], [s]

# Sixteen racks on two pumps: pumps dp = 4 - 1.2e-4 Q^2 each, common header 6e-6 Q^2, racks
# 4.6e-3 Q^2 (twelve) and 9.2e-3 Q^2 (four), bar and m3/h. Exact by
# k_eq = 1 / (sum n_i / sqrt(k_i))^2, Q = sqrt(a / (b / n^2 + kh + k_eq)); pandapipes 0.16.0 agrees
# to 6e-8.
RACKS = [4.6e-3] * 12 + [9.2e-3] * 4
CASES = {
    # running pumps, valve of the first rack, total, dp of racks, dp of pumps, flow of either group
    "normal": ([1, 1], 1, 265.091896, 1.47014632, 1.8917886, (17.8772768, 12.6411437)),
    "one rack isolated": ([1, 1], 0, 258.079809, 1.60221324, 2.00184437, (18.6629908, 13.1967274)),
    "one pump lost": ([0, 1], 1, 165.001963, 0.569568389, 0.732922275, (11.1274083, 7.86826585)),
}


def network(n_pumps=2):
    """Node 0 discharge, 1 behind the common header, 2 return; resistances k Q^2 in bar and m3/h."""
    k = jnp.array([6e-6, *RACKS]) * BAR * HOUR**2
    V_flow_nominal = jnp.array([100.0 / HOUR] + [15.0 / HOUR] * 16)
    branches = Branches(
        tail=jnp.array([0] + [1] * 16),
        head=jnp.array([1] + [2] * 16),
        dp_nominal=k * V_flow_nominal**2,
        V_flow_nominal=V_flow_nominal,
        exponent=jnp.full(17, 2.0),
    )
    curve = Curve(jnp.full(n_pumps, 4.0 * BAR), jnp.full(n_pumps, 1.2e-4 * BAR * HOUR**2))
    pumps = Pumps(
        tail=jnp.full(n_pumps, 2),
        head=jnp.zeros(n_pumps, int),
        curve=curve,
        V_flow_nominal=jnp.full(n_pumps, 130.0 / HOUR),
        efficiency=jnp.full(n_pumps, 0.7),
    )
    none = jnp.zeros(0, int)
    pipes = Pipes(none, none, jnp.zeros(0), jnp.ones(0), jnp.zeros(0))
    density, viscosity, speed = jnp.asarray(1011.8), jnp.asarray(1.21e-3), jnp.asarray(1.0)
    return Network(pumps, branches, pipes, density, viscosity, speed, "speed", 3, 0, 2)


@pytest.mark.parametrize("case", CASES)
def test_racks_on_a_pump_curve_have_the_flows_worked_by_hand(case):
    running, first_open, total, dp_racks, dp_pump, groups = CASES[case]
    opening = jnp.ones(17).at[1].set(first_open)
    flows = solve_flows(network(), jnp.asarray(running, float), opening)
    assert bool(flows.converged)
    assert float(flows.V_branch[0]) * HOUR == pytest.approx(total, rel=1e-6)
    assert float(flows.p[1] - flows.p[2]) / BAR == pytest.approx(dp_racks, rel=1e-6)
    assert float(flows.p[0] - flows.p[2]) / BAR == pytest.approx(dp_pump, rel=1e-6)
    np.testing.assert_allclose(flows.V_branch[jnp.array([2, 16])] * HOUR, groups, rtol=1e-6)
    expected = np.array(running) * total / sum(running)
    np.testing.assert_allclose(flows.V_pump * HOUR, expected, rtol=1e-6, atol=1e-6)


def test_half_speed_gives_half_of_every_flow_and_a_quarter_of_every_pressure():
    # All laws of this network are quadratic, so speed scales it exactly.
    half = network()
    half = Network(**{**vars(half), "control_value": jnp.asarray(0.5)})
    full_flows = solve_flows(network(), jnp.ones(2), jnp.ones(17))
    half_flows = solve_flows(half, jnp.ones(2), jnp.ones(17))
    np.testing.assert_allclose(half_flows.V_branch, 0.5 * full_flows.V_branch, rtol=1e-6)
    np.testing.assert_allclose(half_flows.p, 0.25 * full_flows.p, rtol=1e-5, atol=1e-6)


def test_pump_too_weak_for_the_pressure_of_the_others_is_shut_out_by_its_check_valve():
    weak = network()
    curve = Curve(weak.pumps.curve.shutoff.at[0].set(0.3 * BAR), weak.pumps.curve.slope)
    weak = Network(**{**vars(weak), "pumps": Pumps(**{**vars(weak.pumps), "curve": curve})})
    flows = solve_flows(weak, jnp.ones(2), jnp.ones(17))
    assert float(flows.V_pump[0]) == pytest.approx(0.0, abs=1e-9)
    assert float(flows.V_pump[1]) * HOUR == pytest.approx(165.001963, rel=1e-6)


@pytest.mark.parametrize("running", [[0, 0], [1, 1]])
@pytest.mark.parametrize("opening", [0.0, 1.0])
def test_everything_stopped_or_shut_is_an_ordinary_state(running, opening):
    flows = solve_flows(network(), jnp.asarray(running, float), jnp.full(17, opening))
    assert bool(flows.converged)
    moves = opening * max(running) > 0.0
    assert (float(flows.V_branch[0]) > 0.01) == moves
    if running[0] and not opening:
        assert float(flows.p[0]) == pytest.approx(4.0 * BAR, rel=1e-6)
