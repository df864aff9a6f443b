"""Flows with a closed form: between plates, through openings, up a stack, through still layers."""

import jax.numpy as jnp
import numpy as np
import pytest

from geometry.grid import Grid
from geometry.hall import Box, Device, Hall, Opening, Source
from geometry.voxels import mirrored
from thermal.air.room import Wall

MU, RHO, CP, GRAVITY, T_REF = 1.8134e-5, 1.2041, 1006.0, 9.80665, 293.15


@pytest.fixture(scope="module")
def plates(lay):
    """Return a function that solves laminar flow between plates 0.02 m apart."""

    def solve(across, speed=0.02):
        gap, length, depth = 0.02, 0.08, 100.0
        hall = Hall(
            (length, depth, gap),
            openings=(
                Opening("in", "supply", Box((0.0, 0.0, 0.0), (0.0, depth, gap))),
                Opening("out", "outdoor", Box((length, 0.0, 0.0), (length, depth, gap))),
            ),
        )
        lines = (np.linspace(0, length, 17), np.array([0, depth]), np.linspace(0, gap, across + 1))
        case = lay(hall, Grid(*lines), turbulence="laminar", scheme="central")
        flow = {"in": speed * gap * depth}
        state = case.solve(case.inputs(V_flow=flow), iterations=300).state
        return case, np.asarray(state.p)[:, 0, :], np.asarray(state.u)[:, 0, :]

    return solve


@pytest.mark.slow
def test_flow_between_plates_is_poiseuilles_to_second_order(plates):
    errors = []
    for across in (6, 12):
        case, p, u = plates(across)
        gradient = float((p[10] - p[13]).mean()) / (3 * 0.005)
        errors.append(abs(gradient / (12 * float(case.model.mu) * 0.02 / 0.02**2) - 1))
        z = case.grid.centres[2] / 0.02
        np.testing.assert_allclose(u[12], 6 * 0.02 * z * (1 - z), atol=0.03 * 0.03)
    assert errors[1] < 0.015
    assert errors[0] / errors[1] > 3.4


@pytest.mark.slow
def test_still_layers_conduct_as_a_slab(lay):
    """Heat from the ceiling through still air to a cooled floor: q (1/U + L/k)."""
    hall = Hall((0.4, 0.4, 0.4), sources=(Source("none", Box((0.0, 0.0, 0.0), (0.1, 0.1, 0.1))),))
    case = lay(hall, 0.1, turbulence="laminar")
    flux, U = 5e-2, 2.0
    inputs = case.inputs(walls={"-z": Wall(T_REF, U), "+z": Wall(flux=flux)})
    T = np.asarray(case.solve(inputs, iterations=600, energy=1e-6).state.T)
    k = float(case.model.mu * case.model.cp) / 0.71
    height = case.grid.centres[2]
    expected = T_REF + flux * (1 / U + height / k)
    np.testing.assert_allclose(T.mean(axis=(0, 1)) - T_REF, expected - T_REF, rtol=0.03)


@pytest.fixture(scope="module")
def stack(lay):
    """A heated room with a low and a high opening in opposite walls, and a fan in the ceiling."""
    hall = Hall(
        (2.4, 1.6, 3.2),
        openings=(
            Opening("low", "outdoor", Box((0.0, 0.4, 0.4), (0.0, 1.2, 0.8)), 20.0),
            Opening("high", "outdoor", Box((2.4, 0.4, 2.4), (2.4, 1.2, 2.8)), 20.0),
            Opening("fan", "exhaust", Box((0.8, 0.4, 3.2), (1.6, 1.2, 3.2))),
        ),
        sources=(Source("busway", Box((0.4, 0.4, 0.2), (2.0, 1.2, 0.4))),),
    )
    return lay(hall, 0.2)


@pytest.mark.slow
def test_stack_effect_draws_the_flow_of_its_draught(stack):
    """Draught over the height of the openings equals their losses, each (1 + K) heads."""
    heat = 1500.0
    inputs = stack.inputs(block_heat=jnp.array([heat]))
    solution = stack.solve(inputs, iterations=1500)
    T, u = np.asarray(solution.state.T), np.asarray(solution.state.u)
    inward = u[0][u[0] != 0].mean()
    T_out = T[-1][u[-1] != 0].mean()
    rho = RHO * T_REF / T.mean(axis=(0, 1))
    z = stack.grid.centres[2]
    draught = GRAVITY * 0.2 * (RHO - rho)[(z > 0.6) & (z < 2.6)].sum()
    heads = 21.0 * (1 + T_out / T_REF)
    assert inward == pytest.approx(np.sqrt(2 * draught / (RHO * heads)), rel=0.05)
    assert RHO * inward * 0.8 * 0.4 * CP * (T_out - T_REF) == pytest.approx(heat, rel=0.02)


@pytest.mark.slow
def test_a_fan_draws_half_through_each_of_two_like_openings(stack):
    solution = stack.solve(stack.inputs(V_flow={"fan": 0.32}))
    u = np.asarray(solution.state.u)
    low, high = u[0][u[0] != 0], -u[-1][u[-1] != 0]
    assert low.sum() == pytest.approx(high.sum(), rel=0.02)
    assert low.mean() == pytest.approx(0.5, rel=0.01)
    p = np.asarray(solution.state.p)
    assert p[4:8, 2:6, 4:12].mean() == pytest.approx(-21.0 * 0.5 * RHO * 0.25, rel=0.03)


@pytest.mark.slow
@pytest.mark.parametrize("axis", [0, 1])
def test_mirrored_hall_gives_the_mirrored_air(lay, axis):
    hall = Hall(
        (3.2, 1.6, 1.6),
        devices=(Device("rack", "rack", Box((0.8, 0.4, 0.0), (1.2, 1.0, 1.0)), "-x", "+x"),),
        openings=(
            Opening("supply", "supply", Box((0.0, 0.2, 0.0), (0.0, 1.0, 0.6))),
            Opening("out", "outdoor", Box((2.0, 1.6, 0.8), (2.6, 1.6, 1.6)), 2.0),
        ),
    )
    lines = [np.linspace(0, length, int(length / 0.2) + 1) for length in hall.size]
    found = []
    for seen in (hall, mirrored(hall, axis)):
        case = lay(seen, Grid(*lines))
        inputs = case.inputs(
            V_flow={"rack": 0.3, "supply": 0.35},
            heat={"rack": 3000.0},
            T_set={"supply": 291.15},
            T_opening=jnp.array([303.15]),
        )
        found.append(case.solve(inputs, iterations=600).state)
    np.testing.assert_allclose(np.flip(found[1].T, axis), found[0].T, atol=1e-5)
    signs = [-1.0 if a == axis else 1.0 for a in range(3)]
    for name, sign in zip("uvw", signs, strict=True):
        there = sign * np.flip(np.asarray(getattr(found[1], name)), axis)
        np.testing.assert_allclose(there, getattr(found[0], name), atol=1e-6)
