"""Time: decaying vortices against the exact decay, restarts, and rooms that heat up."""

import jax.numpy as jnp
import numpy as np
import pytest

from geometry.grid import Grid
from geometry.hall import Hall
from thermal.air.gas import fluid
from thermal.air.march import Marching, Segment, begin, march
from thermal.air.room import lay
from thermal.air.state import AirState, to_work

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
