import csv
import io

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from thermal.fans import Curve
from thermal.liquid.components import (
    Branches,
    Pipes,
    Pumps,
    branch_residual,
    friction_factor,
    pipe_loss,
    power_law,
    pump_residual,
)

# Re, e/D, Churchill (1977); the last row spot-checked with the package fluids of C. Bell.
CHURCHILL = """\
4000,0,0.0405897
100000,0,0.0178748
10000000,0,0.0081456
4000,1e-05,0.0406013
1000000,1e-05,0.0118582
10000,0.0001,0.0311782
10000000,0.0001,0.0122097
30000,0.001,0.0261384
1000000,0.001,0.020022
4000,0.01,0.0505783
100000,0.01,0.0387336
10000,0.05,0.0750094
10000000,0.05,0.0715094
100000,0.0001,0.018462624566280075
"""
# Re, e/D, Colebrook-White solved to machine precision.
COLEBROOK = """\
10000,0,0.030883
100000,1e-05,0.0180438
100000,0.001,0.0221745
1000000,0.0001,0.0134414
1000000,0.01,0.0379647
"""


def read(text):
    rows = csv.reader(io.StringIO(text))
    return [jnp.asarray(column) for column in zip(*(map(float, row) for row in rows), strict=True)]


@pytest.mark.parametrize("precision", [jnp.float32, jnp.float64])
def test_friction_factor_is_churchills(precision):
    Re, roughness, expected = (column.astype(precision) for column in read(CHURCHILL))
    np.testing.assert_allclose(friction_factor(Re, roughness), expected, rtol=5e-6)


def test_friction_factor_stays_within_three_percent_of_colebrook():
    Re, roughness, expected = read(COLEBROOK)
    np.testing.assert_allclose(friction_factor(Re, roughness), expected, rtol=0.03)


def test_friction_factor_is_laminar_below_transition():
    Re = jnp.array([10.0, 100.0, 500.0, 1000.0])
    np.testing.assert_allclose(friction_factor(Re, jnp.zeros(4)), 64.0 / Re, rtol=1e-4)


def pipe(length=10.0, diameter=0.1, roughness=4.5e-5):
    ends = jnp.zeros(1, int)
    return Pipes(ends, ends, *(jnp.array([value]) for value in (length, diameter, roughness)))


def test_slow_flow_in_a_pipe_loses_pressure_by_hagen_and_poiseuille():
    V_flow, mu = jnp.array([1e-6]), jnp.asarray(1.2e-3)
    loss = pipe_loss(V_flow, pipe(), jnp.asarray(1010.0), mu)
    np.testing.assert_allclose(loss, 128.0 * mu * 10.0 * V_flow / (jnp.pi * 0.1**4), rtol=1e-9)


@pytest.mark.parametrize("precision", [jnp.float32, jnp.float64])
def test_pipe_loss_is_odd_and_has_a_finite_slope_at_rest(precision):
    rho, mu = jnp.asarray(1010.0, precision), jnp.asarray(1.2e-3, precision)
    part = jax.tree_util.tree_map(lambda leaf: leaf.astype(precision), pipe())

    def loss(V_flow):
        return pipe_loss(V_flow[None], part, rho, mu)[0]

    V_flow = jnp.asarray(0.013, precision)
    assert float(loss(V_flow)) == -float(loss(-V_flow))
    assert float(loss(0.0 * V_flow)) == 0.0
    slope = float(jax.grad(loss)(0.0 * V_flow))
    assert slope == pytest.approx(128.0 * 1.2e-3 * 10.0 / (np.pi * 0.1**4), rel=1e-5)


def test_power_law_keeps_its_exponent_at_working_flows_and_its_slope_at_rest():
    ratio = jnp.array([-1.0, 0.3, 1.0, 1.4])
    expected = jnp.sign(ratio) * jnp.abs(ratio) ** 1.75
    np.testing.assert_allclose(power_law(ratio, jnp.full(4, 1.75)), expected, rtol=1e-5)
    slope = float(jax.grad(power_law)(jnp.asarray(0.0), jnp.asarray(1.75)))
    assert 0.0 < slope < 0.01


def branch(exponent=2.0):
    ends = jnp.zeros(1, int)
    return Branches(ends, ends, jnp.array([1.5e5]), jnp.array([0.006]), jnp.array([exponent]))


def test_half_open_valve_needs_four_times_the_pressure_for_the_same_flow():
    V_flow, drop = jnp.array([0.006]), jnp.array([1.5e5])
    wide = branch_residual(V_flow, drop, jnp.array([1.0]), branch())
    half = branch_residual(V_flow, 4.0 * drop, jnp.array([0.5]), branch())
    np.testing.assert_allclose([wide, half], 0.0, atol=1e-6)


def test_closed_valve_passes_nothing_whatever_the_pressure():
    drop = jnp.array([-3e5, 0.0, 3e5])
    ends = jnp.zeros(3, int)
    three = Branches(ends, ends, jnp.full(3, 1.5e5), jnp.full(3, 0.006), jnp.full(3, 1.75))
    closed = branch_residual(jnp.zeros(3), drop, jnp.zeros(3), three)
    np.testing.assert_allclose(closed, 0.0, atol=1e-11)
    leaking = branch_residual(jnp.full(3, 1e-6), drop, jnp.zeros(3), three)
    assert (leaking < 0.0).all()


def pump():
    ends = jnp.zeros(1, int)
    curve = Curve(jnp.array([4e5]), jnp.array([2e8]))
    return Pumps(ends, ends, curve, jnp.array([0.03]), jnp.array([0.6]))


def violation(V_flow, drop, running=1.0, speed=1.0):
    arguments = jnp.array([V_flow]), jnp.array([drop]), jnp.asarray(speed), jnp.array([running])
    return float(pump_residual(*arguments, pump())[0])


def test_running_pump_meets_its_curve_at_every_speed():
    assert violation(0.02, -(4e5 - 2e8 * 0.02**2)) == pytest.approx(0.0, abs=1e-9)
    assert violation(0.01, -(1e5 - 2e8 * 0.01**2), speed=0.5) == pytest.approx(0.0, abs=1e-9)
    assert abs(violation(0.02, -(4e5 - 1e8 * 0.02**2))) > 0.01


def test_check_valve_holds_more_pressure_than_the_pump_raises():
    assert violation(0.0, -6e5) == pytest.approx(0.0, abs=1e-9)
    assert abs(violation(-0.01, -6e5)) > 0.1


def test_stopped_pump_passes_nothing_against_the_pressure_of_the_others():
    assert violation(0.0, -3e5, running=0.0) == pytest.approx(0.0, abs=1e-9)
    assert abs(violation(-1e-4, -3e5, running=0.0)) > 1e-3
