"""One variant, solved from a variant near it whose solution is on disk.

The coarse grid is solved first, from the other's; what changed there is added to the other's fine
air, which is then solved together with liquid and power. Without a variant to start from it is
solved as a run is.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

import equinox as eqx
import h5py
import jax
import jax.numpy as jnp
import numpy as np

from geometry.hall import Hall
from rehall.config import Case
from rehall.models import AirLevel, air_levels, hall_with_sources, refuse_unbalanced
from rehall.operation import Exchange, air_flows, air_inputs
from rehall.results import aside
from rehall.simulate import Solution, couple, simulate_on, solve_air
from rehall.utilities import Plant, first_exchange, settle
from thermal.air.history import WINDOW
from thermal.air.model import AirModel
from thermal.air.settling import AirSolution, Settings
from thermal.air.solve import changed
from thermal.air.state import AirState, Work, at_rest, to_work

PATIENCE = 2 * WINDOW
"""Iterations in which air that starts near its end may settle before it is averaged."""
PACKED = {"compression": "gzip", "compression_opts": 1, "shuffle": True}


@dataclass(frozen=True, eq=False)
class Solved:
    """A solution on disk: its air on every grid from coarse to fine, and what it told."""

    states: tuple[AirState, ...]
    x: Exchange

    def is_on(self, levels: Sequence[AirLevel]) -> bool:
        """Whether it is one on these grids."""
        shapes = [state.T.shape for state in self.states]
        return shapes == [level.grid.shape for level in levels]


def levels_of(case: Case, halls: Sequence[Hall], cell: float | None) -> list[AirLevel]:
    """The grids that all variants share, with the models of one; `cell` [m] as in a run."""
    own = hall_with_sources(case)
    others = [hall for hall in halls if repr(hall) != repr(own)]
    return air_levels(case, cell, others=others)


def solve_variant(case: Case, levels: Sequence[AirLevel], near: Solved | None) -> Solution:
    """Solve a variant on the grids of all, from one near it that is on them."""
    if near is None:
        return simulate_on(case, levels)
    plant, x = Plant.of(case), _heard(case, near.x)
    refuse_unbalanced(case, levels[-1], air_flows(case, x))
    settle(case, plant, x)
    works = [fitted(state, level.model) for state, level in zip(near.states, levels, strict=True)]
    settings = Settings(iterations=case.solver.iterations, patience=PATIENCE)
    start, coarser = works[-1], list[tuple[AirLevel, AirSolution]]()
    if len(levels) > 1:
        coarse, fine = levels
        inputs = air_inputs(case, coarse, x)
        air = solve_air(case, coarse, inputs, works[0], settings=settings)
        coarser.append((coarse, air))
        if np.isfinite(air.T_in).all():
            grids = coarse.model, coarse.grid, fine.model, fine.grid
            start = changed(start, works[0], air.work, *grids)
    solution = couple(case, levels[-1], start, x, plant, "air", settings=settings)
    return replace(solution, coarser=tuple(coarser))


def usable(solution: Solution) -> bool:
    """Whether others can start from it: its air is finite on every grid."""
    airs = [*(air for _, air in solution.coarser), solution.air]
    return all(bool(np.isfinite(np.asarray(air.state.T)).all()) for air in airs)


def _heard(case: Case, near: Exchange) -> Exchange:
    """A first exchange with what the air of another variant told of what both have."""
    x = first_exchange(case)
    names = {item.name for item in case.items}
    for told in ("T_in", "m_air"):
        getattr(x, told).update({k: v for k, v in getattr(near, told).items() if k in names})
    for told in ("coil_heat", "T_supply"):
        known = getattr(x, told)
        known.update({k: v for k, v in getattr(near, told).items() if k in known})
    return x


def fitted(state: AirState, model: AirModel) -> Work:
    """Air of another variant as a start: where that has no air, air of its mean temperature."""
    work = to_work(state, model)
    there = state.epsilon > 0
    rest = at_rest(model, jnp.mean(state.T, where=there))
    new = (model.fluid > 0) & (work.epsilon <= 0)

    def filled(name: str) -> jax.Array:
        return jnp.where(new, getattr(rest, name), getattr(work, name))

    names = ("T", "k", "epsilon")
    return eqx.tree_at(
        lambda w: [getattr(w, name) for name in names], work, [filled(name) for name in names]
    )


def write_solved(path: Path, solution: Solution) -> None:
    """Write the air of a solution for others to start from, complete or not at all."""
    airs = [*(air for _, air in solution.coarser), solution.air]
    with aside(path) as part, h5py.File(part, "w") as file:
        file.attrs["exchange"] = json.dumps(asdict(solution.exchange))
        for n, air in enumerate(airs):
            for field in fields(AirState):
                values = np.asarray(getattr(air.state, field.name))
                file.create_dataset(f"{n}/{field.name}", data=values, **PACKED)


def read_solved(path: Path) -> Solved:
    """Read it."""
    with h5py.File(path, "r") as file:
        x = Exchange(**json.loads(file.attrs["exchange"]))
        states = tuple(
            AirState(**{f.name: jnp.asarray(file[f"{n}/{f.name}"][()]) for f in fields(AirState)})
            for n in range(len(file))
        )
    return Solved(states, x)
