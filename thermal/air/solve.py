"""Steady air: iterate until it has settled, one state or several as a batch."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array
from scipy.interpolate import RegularGridInterpolator
from scipy.ndimage import distance_transform_edt

from geometry.grid import Grid
from thermal.air.inputs import AirInputs
from thermal.air.iterate import run, run_states
from thermal.air.model import AirModel
from thermal.air.settling import AirSolution, Progress, Settings, Settling
from thermal.air.state import AirState, Work, to_state, to_work
from thermal.air.streams import StreamTable
from thermal.arrays import on_device

Tree = TypeVar("Tree")


def solve_steady(
    model: AirModel,
    inputs: AirInputs,
    streams: StreamTable,
    start: Work,
    settings: Settings = Settings(),
    watch: Callable[[Progress], None] | None = None,
) -> AirSolution:
    """Iterate to a steady state, or to steady means of a flow that keeps swinging."""
    settling, work = Settling(model, inputs, streams, settings), start
    while not settling.over:
        work, monitor = run(work, model, inputs, settings.chunk)
        settling.note(work, jax.device_get(monitor), watch)
    return settling.solution()


def solve_steady_states(
    model: AirModel,
    inputs: Sequence[AirInputs],
    streams: StreamTable,
    starts: Sequence[Work],
    settings: Settings = Settings(),
) -> list[AirSolution]:
    """The same for several inputs of one model, as one batch on the device.

    All iterate until the last one has settled; each is judged by itself, and what one that is over
    iterates beyond that is not used.
    """
    each = [Settling(model, one, streams, settings) for one in inputs]
    together, work = _stacked(inputs), _stacked(starts)
    while not all(one.over for one in each):
        work, monitors = run_states(work, model, together, settings.chunk)
        seen = jax.device_get(monitors)
        for n, one in enumerate(each):
            if not one.over:
                one.note(_of_state(work, n), _of_state(seen, n))
    return [one.solution() for one in each]


def _stacked(trees: Sequence[Tree]) -> Tree:
    stacked: Tree = jax.tree.map(lambda *leaves: jnp.stack(leaves), *trees)
    return stacked


def _of_state(trees: Tree, n: int) -> Tree:
    one: Tree = jax.tree.map(lambda leaf: leaf[n], trees)
    return one


def changed(
    fine: Work, before: Work, now: Work, coarse: AirModel, grid: Grid, model: AirModel, onto: Grid
) -> Work:
    """Air of a fine grid with what has changed on a coarse one, as a start.

    Turbulence, which stays positive, is that of the coarse grid now.
    """
    old, new = (prolong(work, coarse, grid, model, onto) for work in (before, now))
    start = jax.tree.map(lambda a, b, c: a + (b - c), fine, new, old)
    return eqx.tree_at(lambda w: (w.k, w.epsilon), start, (new.k, new.epsilon))


def prolong(work: Work, coarse: AirModel, grid: Grid, fine: AirModel, onto: Grid) -> Work:
    """A coarse solution as the start on a finer grid of the same hall."""
    state = jax.device_get(to_state(work, coarse))
    solid = np.asarray(coarse.fluid)[:-1, :-1, :-1] < 0.5
    nearest = distance_transform_edt(solid, return_distances=False, return_indices=True)
    T, k, epsilon = (np.asarray(x)[tuple(nearest)] for x in (state.T, state.k, state.epsilon))

    def sample(values: np.ndarray, axis: int | None) -> Array:
        lines = [grid.faces[a] if a == axis else grid.centres[a] for a in range(3)]
        points = [onto.faces[a] if a == axis else onto.centres[a] for a in range(3)]
        inside = [np.clip(p, line[0], line[-1]) for p, line in zip(points, lines, strict=True)]
        spread = [n if len(n) > 1 else np.array([n[0], n[0] + 1.0]) for n in lines]
        wide = values
        for a, line in enumerate(lines):
            if len(line) == 1:
                wide = np.repeat(wide, 2, axis=a)
        at = np.stack(np.meshgrid(*inside, indexing="ij"), axis=-1)
        return on_device(RegularGridInterpolator(spread, wide)(at), values.dtype)

    u, v, w = (sample(np.asarray(x), axis) for axis, x in enumerate((state.u, state.v, state.w)))
    p, T, k, epsilon = (sample(x, None) for x in (np.asarray(state.p), T, k, epsilon))
    return to_work(AirState(p, T, u, v, w, k, epsilon), fine)
