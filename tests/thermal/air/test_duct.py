"""A duct with a porous screen, a rack that fills it and a cabinet: everything known by hand."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from geometry.hall import FACES, Baffle, Block, Box, Device, Hall, Opening
from thermal.air.iterate import iterate, run
from thermal.air.room import Wall

CP, RHO, T_REF = 1006.0, 1.2041, 293.15
SIDE, K_SCREEN, K_OUT = 0.8, 100.0, 3.0
FLOW = 0.5


@pytest.fixture(scope="module")
def duct(lay):
    hall = Hall(
        (3.2, SIDE, SIDE),
        devices=(Device("rack", "rack", Box((1.2, 0.0, 0.0), (1.8, SIDE, SIDE)), "-x", "+x"),),
        openings=(
            Opening("supply", "supply", Box((0.0, 0.0, 0.0), (0.0, SIDE, SIDE))),
            Opening("out", "outdoor", Box((3.2, 0.0, 0.0), (3.2, SIDE, SIDE)), K_OUT),
        ),
        blocks=(Block("cabinet", Box((2.4, 0.0, 0.0), (2.6, 0.2, 0.2))),),
        baffles=(Baffle("screen", Box((0.6, 0.0, 0.0), (0.6, SIDE, SIDE)), K_SCREEN),),
    )
    return lay(hall, 0.2)


def through(duct, **changes):
    """Inputs of the duct with FLOW through supply and rack."""
    return duct.inputs(V_flow={"supply": FLOW, "rack": FLOW}, T_set={"supply": T_REF}, **changes)


def rise_at_exit(solution):
    """Flow-weighted temperature of the air that leaves, above the supply [K]."""
    u, T = np.asarray(solution.state.u)[-1], np.asarray(solution.state.T)[-1]
    return float((u / T * T).sum() / (u / T).sum()) - T_REF


@pytest.mark.slow
def test_rack_heats_its_air_by_heat_over_capacity_rate(duct):
    inputs = through(duct, heat={"rack": 6000.0})
    solution = duct.solve(inputs)
    assert solution.converged, solution.reason
    expected = 6000.0 / (RHO * FLOW * CP)
    assert rise_at_exit(solution) == pytest.approx(expected, abs=0.05)
    _, monitor = run(solution.work, duct.model, inputs, 25)
    assert float(monitor.T_opening[-1, 0]) == pytest.approx(rise_at_exit(solution), abs=0.01)
    assert solution.amplitude_opening.tolist() == pytest.approx([0.0], abs=0.05)
    assert solution.heat["openings"] == pytest.approx(-6000.0, rel=0.005)
    assert abs(solution.mass_error) < 1e-3
    assert abs(solution.energy_error) < 5e-3


@pytest.mark.slow
def test_layers_keep_their_own_flow_and_heat(duct):
    inputs = through(duct)
    layers = duct.streams.of("rack")
    parts = np.array([0.4, 0.3, 0.2, 0.1])
    heats = np.array([500.0, 1500.0, 1000.0, 1000.0])
    inputs = replace(
        inputs,
        V_flow=inputs.V_flow.at[layers].set(FLOW * parts),
        heat=inputs.heat.at[layers].set(heats),
    )
    solution = duct.solve(inputs)
    rises = heats / (RHO * FLOW * parts * CP)
    np.testing.assert_allclose(solution.T_out[layers] - T_REF, rises, atol=0.05)
    assert rise_at_exit(solution) == pytest.approx(heats.sum() / (RHO * FLOW * CP), abs=0.05)


@pytest.mark.slow
def test_block_gives_its_heat_to_the_air_that_passes(duct):
    solution = duct.solve(through(duct, block_heat=jnp.array([3000.0])))
    assert rise_at_exit(solution) == pytest.approx(3000.0 / (RHO * FLOW * CP), abs=0.05)


@pytest.mark.slow
def test_air_of_one_temperature_stays_at_it(duct):
    inputs = through(duct, walls=dict.fromkeys(FACES, Wall(T_REF)))
    solution = duct.solve(inputs, duct.start(298.15))
    fluid = np.asarray(duct.model.fluid)[:-1, :-1, :-1] > 0
    np.testing.assert_allclose(np.asarray(solution.state.T)[fluid], T_REF, atol=0.01)


@pytest.mark.slow
def test_poorly_insulated_duct_gains_heat_over_its_surface(duct):
    U, excess = 0.05, 200.0
    walls = {face: Wall(T_REF + excess, U) for face in ("-y", "+y", "-z", "+z")}
    solution = duct.solve(through(duct, walls=walls))
    area = 4 * SIDE * (3.2 - 0.6) - 2 * 0.2 * 0.2
    assert solution.converged, solution.reason
    assert solution.heat["walls"] == pytest.approx(U * area * excess, rel=0.04)
    assert rise_at_exit(solution) == pytest.approx(U * area * excess / (RHO * FLOW * CP), rel=0.05)


@pytest.mark.slow
def test_screen_costs_its_loss_coefficient_in_dynamic_heads(duct):
    p = np.asarray(duct.solve(through(duct)).state.p)
    u = FLOW / SIDE**2
    drop = float((p[2] - p[3]).mean())
    assert drop == pytest.approx(K_SCREEN * 0.5 * RHO * u**2, rel=0.01)


@pytest.mark.slow
def test_outflow_through_an_opening_costs_its_loss_coefficient(duct):
    state = duct.solve(through(duct)).state
    p, u = np.asarray(state.p)[-1], np.asarray(state.u)[-1]
    np.testing.assert_allclose(p, K_OUT * 0.5 * RHO * u**2, rtol=0.02)


@pytest.mark.slow
def test_still_air_as_warm_as_outdoors_stays_still(duct):
    warm = 305.15
    inputs = duct.inputs(T_opening=jnp.array([warm]), T_outdoor=jnp.array(warm))
    work = duct.start(warm)
    for _ in range(8):
        work, _ = run(work, duct.model, inputs, 25)
    assert max(float(jnp.abs(u).max()) for u in work.velocity) < 2e-4


@pytest.mark.slow
@pytest.mark.parametrize("flow", [0.0, FLOW])
def test_a_random_start_leaves_no_nan(duct, flow):
    inputs = duct.inputs(V_flow={"supply": flow, "rack": flow})
    rest = duct.start()
    noise = np.random.default_rng(1)
    wild = jax.tree.map(lambda x: x + noise.normal(size=x.shape), rest)
    opened = tuple(u * o for u, o in zip(wild.velocity, duct.model.open, strict=True))
    start = replace(rest, p=wild.p, T=wild.T * duct.model.fluid, velocity=opened)
    work, _ = run(start, duct.model, inputs, 25)
    assert all(bool(jnp.isfinite(x).all()) for x in jax.tree.leaves(work))


@pytest.mark.slow
def test_scenarios_solved_together_equal_each_alone(duct):
    scenarios = [through(duct, heat={"rack": heat}) for heat in (2000.0, 9000.0)]
    start = duct.start()
    batch = jax.tree.map(lambda *x: jnp.stack(x), *scenarios)

    def ten(inputs):
        step = lambda work, _: (iterate(work, duct.model, inputs)[0], None)  # noqa: E731
        return jax.lax.scan(step, start, None, length=10)[0]

    together = jax.jit(jax.vmap(ten))(batch)
    for number, inputs in enumerate(scenarios):
        alone = jax.jit(ten)(inputs)
        np.testing.assert_allclose(together.T[number], alone.T, atol=1e-9)
        np.testing.assert_allclose(together.p[number], alone.p, atol=1e-8)
