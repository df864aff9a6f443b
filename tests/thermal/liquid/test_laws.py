import csv
import io

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from thermal.liquid.laws import flow_share, friction_factor, lost, pipe_loss, power_law, raised
from thermal.liquid.network import Pipes, build
from thermal.liquid.parts import CV_TO_KV, Coupling, Link, Node, Pipe, Pump, Valve

# Re, e/D, Colebrook-White solved to machine precision; the last row spot-checked with the package
# fluids of C. Bell.
COLEBROOK = """\
4000,0,0.039907
4000,0.01,0.0490823
10000,0,0.030883
30000,0.001,0.0259697
100000,1e-05,0.0180438
100000,0.001,0.0221745
1000000,0.0001,0.0134414
1000000,0.01,0.0379647
10000000,0.05,0.071553
100000,0.0001,0.01851386607747165
"""


def read(text):
    rows = csv.reader(io.StringIO(text))
    return [jnp.asarray(column) for column in zip(*(map(float, row) for row in rows), strict=True)]


@pytest.mark.parametrize("precision", [jnp.float32, jnp.float64])
def test_friction_factor_is_colebrooks_where_flow_is_turbulent(precision):
    Re, roughness, expected = (column.astype(precision) for column in read(COLEBROOK))
    limit = np.where(np.asarray(Re) < 1e4, 1e-3, 1e-4)
    ours = np.asarray(friction_factor(Re, roughness))
    assert (np.abs(ours / np.asarray(expected) - 1.0) < limit).all()


def test_friction_factor_falls_then_rises_once_through_transition():
    Re = jnp.geomspace(10.0, 1e8, 2000)
    f = np.asarray(friction_factor(Re, jnp.full_like(Re, 1e-3)))
    turns = np.flatnonzero(np.diff(np.sign(np.diff(f))))
    assert len(turns) == 2
    assert 2000.0 < float(Re[turns[0]]) < float(Re[turns[1]]) < 4500.0


def test_friction_factor_is_laminar_below_transition():
    Re = jnp.array([10.0, 100.0, 500.0, 1000.0])
    np.testing.assert_allclose(friction_factor(Re, jnp.zeros(4)), 64.0 / Re, rtol=1e-4)


def pipe(length=10.0, diameter=0.1, roughness=4.5e-5):
    return Pipes(
        jnp.zeros(1, int), *(jnp.array([value]) for value in (length, diameter, roughness))
    )


def test_slow_flow_in_a_pipe_loses_pressure_by_hagen_and_poiseuille():
    V_flow, mu = jnp.array([1e-6]), jnp.asarray(1.2e-3)
    loss = pipe_loss(V_flow, pipe(), jnp.array([1010.0]), mu[None])
    np.testing.assert_allclose(loss, 128.0 * mu * 10.0 * V_flow / (jnp.pi * 0.1**4), rtol=1e-9)


@pytest.mark.parametrize("precision", [jnp.float32, jnp.float64])
def test_pipe_loss_is_odd_and_has_a_finite_slope_at_rest(precision):
    rho, mu = jnp.asarray(1010.0, precision), jnp.asarray(1.2e-3, precision)
    part = jax.tree_util.tree_map(lambda leaf: leaf.astype(precision), pipe())

    def loss(V_flow):
        return pipe_loss(V_flow[None], part, rho[None], mu[None])[0]

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


def alone(density=1000.0, **link):
    """A network of one link between two vessels."""
    nodes = [Node("in", pressure=1e5), Node("out", pressure=0.0)]
    return build([Link("a", "in", "out", **link)], nodes, density=density, viscosity=1e-3)


def test_flow_coefficient_passes_its_flow_of_water_at_one_bar():
    network, state = alone(couplings=(Coupling(Kv=3.6),))
    np.testing.assert_allclose(lost(jnp.array([1.0]), network, state), 1e5, rtol=1e-6)
    # A coupling of Cv 2.5 at 17.8 L/min of water: 24.4 kPa in its maker's table, in whole L/min.
    network, state = alone(couplings=(Coupling(Kv=2.5 * CV_TO_KV),))
    np.testing.assert_allclose(lost(jnp.array([17.8 / 60]), network, state), 24.4e3, rtol=0.01)


def test_fittings_lose_velocity_heads_and_fouling_multiplies_every_loss():
    pipe = Pipe(length=1e-9, diameter=0.1, zeta=4.0)
    network, state = alone(pipes=(pipe,), density=900.0)
    velocity = 2.0 / 900.0 / (0.25 * np.pi * 0.1**2)
    expected = 4.0 * 0.5 * 900.0 * velocity**2
    np.testing.assert_allclose(lost(jnp.array([2.0]), network, state), expected, rtol=1e-6)
    fouled = eqx.tree_at(lambda s: s.fouling, state, jnp.array([3.0]))
    np.testing.assert_allclose(lost(jnp.array([2.0]), network, fouled), 3.0 * expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("characteristic", "position", "share"),
    [
        ("linear", 0.3, 0.3),
        ("equal_percentage", 1.0, 1.0),
        ("equal_percentage", 0.5, 50**-0.5),
        ("linear", 0.0, 0.0),
        ("equal_percentage", 0.0, 0.0),
    ],
)
def test_position_of_a_valve_sets_its_flow_coefficient(characteristic, position, share):
    network, state = alone(valve=Valve(10.0, characteristic))
    state = eqx.tree_at(lambda s: s.position, state, jnp.array([position]))
    np.testing.assert_allclose(flow_share(network, state), share, rtol=1e-12)
    if share:
        m_flow = jnp.array([share * 10.0 / 3.6])
        np.testing.assert_allclose(lost(m_flow, network, state), 1e5, rtol=1e-6)


def test_pump_follows_the_affinity_laws_and_resists_when_stopped():
    pump = Pump((0.0, 0.005, 0.01), (4e5, 3.5e5, 2e5))
    network, state = alone(pump=pump)
    m_flow, speed = jnp.array([5.0]), jnp.array([1.0])
    np.testing.assert_allclose(raised(m_flow, speed, network, state), 3.5e5, rtol=1e-6)
    half = raised(0.5 * m_flow, 0.5 * speed, network, state)
    np.testing.assert_allclose(half, 0.25 * 3.5e5, rtol=1e-6)
    stopped = eqx.tree_at(lambda s: s.running, state, jnp.array([0.0]))
    assert float(raised(m_flow, speed, network, stopped)[0]) < 0.0
