"""Time: decaying vortices against the exact decay, restarts, and rooms that heat up."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from geometry.grid import Grid
from geometry.hall import Baffle, Box, Device, Hall, Opening
from thermal.air.gas import air, density, density_change, fluid
from thermal.air.iterate import run
from thermal.air.march import LARGEST_ERROR, SHORTEST, Marching, Segment, begin, march
from thermal.air.ports import highest_intakes
from thermal.air.room import lay
from thermal.air.state import AirState, at_rest, to_work

NU = 0.1


def vortices(cells):
    """A quarter of the Taylor-Green vortices between planes of symmetry, and their start."""
    line = np.linspace(0, np.pi, cells + 1)
    sides = ("-x", "+x", "-y", "+y", "-z", "+z")
    room = lay(
        Hall((np.pi, 1.0, np.pi), symmetry=sides),
        Grid(line, np.array([0.0, 1.0]), line),
        turbulence="laminar",
        scheme="central",
        gas=fluid(1.0, NU),
        dtype=np.float64,
    )
    middle = 0.5 * (line[1:] + line[:-1])
    u = -np.sin(line)[:, None, None] * np.cos(middle)[None, None, :]
    w = np.cos(middle)[:, None, None] * np.sin(line)[None, None, :]
    p = 0.25 * (np.cos(2 * middle)[:, None, None] + np.cos(2 * middle)[None, None, :])
    zero = np.zeros((cells, 1, cells))
    start = AirState(
        p=jnp.array(p),
        T=jnp.array(zero + 300.0),
        u=jnp.array(u),
        v=jnp.zeros((cells, 2, cells)),
        w=jnp.array(w),
        k=jnp.array(zero),
        epsilon=jnp.array(zero),
    )
    return room, to_work(start, room.model), u


def until(room, work, t_end, step, inputs=None, iterations=6):
    """March with steps of one length."""
    given = room.inputs() if inputs is None else inputs
    fixed = Marching(
        longest=step, first=step, courant=1e9, T_error=1e9, V_error=1e9, iterations=iterations
    )
    segment = Segment(jnp.array(0.0), jnp.array(t_end), given, given)
    *_, (instant, _) = march(begin(work, step), room.model, [segment], fixed)
    assert float(instant.time) == pytest.approx(t_end)
    return instant.now


@pytest.mark.slow
def test_vortices_decay_with_second_order_in_time():
    """Against the exact decay on the same grid: exp(-2 nu k^2 t), k^2 = (2 sin(h/2) / h)^2."""
    room, start, u = vortices(16)
    h = np.pi / 16
    exact = u * np.exp(-2 * NU * (2 * np.sin(h / 2) / h) ** 2)
    errors = []
    for steps in (5, 10, 20):
        now = until(room, start, 1.0, 1.0 / steps)
        errors.append(np.abs(np.asarray(now.velocity[0])[:, :-1, :-1] - exact).max())
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert orders == pytest.approx(2.0, abs=0.1), errors


@pytest.mark.slow
def test_vortices_decay_with_second_order_in_space():
    errors = []
    for cells in (8, 16, 32):
        room, start, u = vortices(cells)
        now = until(room, start, 0.5, 0.01, iterations=2)
        exact = u * np.exp(-2 * NU * 0.5)
        errors.append(np.abs(np.asarray(now.velocity[0])[:, :-1, :-1] - exact).max())
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert orders == pytest.approx(2.0, abs=0.1), errors


def supply_lost(dtype, longest):
    """A rack in a room whose supply falls to a quarter at once, after 0.1 s; the steps and the end.

    `longest` step [s] sets the shortest too.
    """
    hall = Hall(
        (3.0, 1.8, 2.4),
        devices=(Device("R", "rack", Box((1.2, 0.6, 0.0), (1.8, 1.2, 1.8)), "-x", "+x"),),
        openings=(
            Opening("s", "supply", Box((0.3, 0.6, 0.0), (0.9, 1.2, 0.0))),
            Opening("o", "outdoor", Box((2.1, 0.6, 2.4), (2.7, 1.2, 2.4)), 2.0),
        ),
    )

    def given(room, V):
        return room.inputs(V_flow={"R": 0.6, "s": V}, heat={"R": 8e3}, T_set={"s": 291.0})

    double, room = (lay(hall, 0.3, dtype=kind) for kind in (np.float64, dtype))
    settled = run(at_rest(double.model, 291.0), double.model, given(double, 0.8), 60)[0]
    start = jax.tree.map(lambda x: x.astype(dtype), settled)
    full, quarter = given(room, 0.8), given(room, 0.2)
    ends = [jnp.asarray(t, dtype) for t in (0.0, 0.1, 0.4)]
    segments = [Segment(*ends[:2], full, full), Segment(*ends[1:], quarter, quarter)]
    chunks = list(march(begin(start, 0.01), room.model, segments, Marching(longest=longest)))
    taken = [chunk for _, chunk in chunks]
    kept = np.concatenate([np.asarray(chunk.accepted) for chunk in taken])
    step, error = (
        np.concatenate([np.asarray(getattr(chunk, name)) for chunk in taken])[kept]
        for name in ("step", "error")
    )
    return step, error, chunks[-1][0]


@pytest.mark.parametrize("longest", [1.0, 0.05])
def test_a_change_at_once_is_marched_through_in_single_precision(longest):
    """No step shorter than the shortest, none forced, and the same air as in double precision."""
    step, error, instant = supply_lost(np.float32, longest)
    assert float(instant.time) == pytest.approx(0.4)
    assert step.min() > 0.999 * SHORTEST * longest
    assert error.max() < LARGEST_ERROR
    exact = supply_lost(np.float64, longest)[-1].now
    largest = max(float(jnp.abs(V).max()) for V in exact.velocity)
    for single, double in zip(instant.now.velocity, exact.velocity, strict=True):
        assert np.abs(np.asarray(single) - np.asarray(double)).max() < 1e-3 * largest
    assert np.abs(np.asarray(instant.now.T) - np.asarray(exact.T)).max() < 0.02


def test_density_changes_as_exactly_as_the_temperature_does():
    """By 0.001 K: the difference of two densities in float32 would be off by a tenth."""
    gas = air(101325.0, 291.0)
    T, T_to = jnp.array(12.0), jnp.array(12.001, jnp.float32).astype(float)
    exact = float(density(T_to, gas) - density(T, gas))
    single = jax.tree.map(lambda x: x.astype(jnp.float32), (T, T_to, gas))
    assert float(density_change(*single)) == pytest.approx(exact, rel=1e-5)
    differences = density(single[1], single[2]) - density(single[0], single[2])
    assert abs(float(differences) / exact - 1) > 1e-2


def test_stream_driven_backwards_takes_its_air_at_its_discharge():
    box = Box((0.9, 0.0, 0.0), (1.5, 0.9, 0.9))
    room = lay(Hall((3.0, 0.9, 0.9), devices=(Device("R", "rack", box, "-x", "+x"),)), 0.3)
    work = room.start()
    along = jnp.asarray(np.append(room.grid.centres[0], 0.0))
    work = replace(work, T=work.T + along[:, None, None])
    ahead, back = (highest_intakes(work.T, 0 * work.V_flow + V, room.model) for V in (0.1, -0.1))
    np.testing.assert_allclose(ahead - work.T[0, 0, 0], 0.75 - 0.15, rtol=1e-5)
    np.testing.assert_allclose(back - work.T[0, 0, 0], 1.65 - 0.15, rtol=1e-5)


def test_sealed_air_expels_what_it_loses_as_it_warms_and_nothing_is_missing():
    """Against the mass in the box before and after, by the gas law at the pressure of the site."""
    box = Box((0.9, 0.3, 0.0), (1.5, 0.9, 0.9))
    hall = Hall((2.4, 1.2, 1.2), devices=(Device("R", "rack", box, "-x", "+x"),))
    room = lay(hall, 0.3, dtype=np.float64)
    inputs = room.inputs(V_flow={"R": 0.1}, heat={"R": 2e3})
    start, model = room.start(), room.model
    segment = Segment(jnp.array(0.0), jnp.array(10.0), inputs, inputs)
    expelled, missing, moved = 0.0, 0.0, 0.0
    end = start
    for instant, taken in march(begin(start, 0.1), model, [segment]):
        end = instant.now
        steps = np.asarray(taken.step) * np.asarray(taken.accepted)
        expelled += float(np.sum(np.asarray(taken.monitor.expelled) * steps))
        missing += float(np.sum(np.abs(np.asarray(taken.monitor.net_mass)) * steps))
        moved += float(np.sum(np.asarray(taken.monitor.moved) * steps))

    def mass(work):
        return float(jnp.sum(density(work.T, model.gas) * model.volume * model.fluid))

    lost = mass(start) - mass(end)
    assert lost > 0.01 * mass(start)
    assert expelled == pytest.approx(lost, rel=0.01)
    assert missing < 1e-3 * moved


def test_air_moved_from_one_sealed_body_to_another_is_missing_beside_what_warming_expels():
    """The rack stands in a wall; behind it the air warms, and both sides are out of balance."""
    rack = Device("R", "rack", Box((0.9, 0.3, 0.0), (1.5, 0.9, 0.9)), "-x", "+x")
    wall = Baffle("wall", Box((1.2, 0.0, 0.0), (1.2, 1.2, 1.2)))
    room = lay(Hall((2.4, 1.2, 1.2), devices=(rack,), baffles=(wall,)), 0.3, dtype=np.float64)
    inputs = room.inputs(V_flow={"R": 0.02}, heat={"R": 1e3})
    start, model = room.start(), room.model
    assert len(model.sealed) == 2
    expelled = missing = through = 0.0
    segment = Segment(jnp.array(0.0), jnp.array(10.0), inputs, inputs)
    for instant, taken in march(begin(start, 0.1), model, [segment]):
        end = instant.now
        steps = np.asarray(taken.step) * np.asarray(taken.accepted)
        expelled += float(np.sum(np.asarray(taken.monitor.expelled) * steps))
        missing += float(np.sum(np.abs(np.asarray(taken.monitor.net_mass)) * steps))
        through += float(np.sum(np.asarray(taken.monitor.m_flow) * steps[..., None]))
    gone = (density(start.T, model.gas) - density(end.T, model.gas)) * model.volume * model.fluid
    assert expelled == pytest.approx(float(jnp.sum(gone)), rel=0.01)
    assert float(jnp.sum(gone)) > 0.1 * through
    assert missing == pytest.approx(through, rel=0.01)
