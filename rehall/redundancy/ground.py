"""The normal state of a case on its grid and a coarser one: what every failure starts from."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from geometry.errors import NotConverged
from rehall.config import Case
from rehall.derived import Uncertainty, uncertainty_of
from rehall.evidence import formal_order, grid_evidence
from rehall.limits import heat_limits, pressure_limit
from rehall.models import AirLevel, air_levels
from rehall.observe import DeviceAir, device_air
from rehall.operation import Exchange, air_inputs
from rehall.redundancy.stored import read_air, write_air
from rehall.results import write_text
from rehall.simulate import Solution, Watch, couple, simulate, solution_of
from rehall.utilities import Plant, settle
from rehall.verdict import Limit
from thermal.air.settling import AirSolution

FINE, COARSE = "fine", "coarse"
REASONS = "normal.reasons"
WORK = "work"
"""Folder of what is solved apart, in that of a study."""


@dataclass(frozen=True, eq=False)
class OnGrid:
    """The normal state on one grid."""

    level: AirLevel
    air: AirSolution
    x: Exchange


@dataclass(frozen=True, eq=False)
class Ground:
    """The normal state of a case with its plant, by the name of the grid.

    Without a grid coarser than that of the case, FINE is all there is. `reasons` tell why the
    normal state is not converged.
    """

    case: Case
    plant: Plant
    grids: dict[str, OnGrid]
    reasons: tuple[str, ...] = ()

    @property
    def fine(self) -> OnGrid:
        """The normal state on the grid of the case."""
        return self.grids[FINE]


def make_ground(case: Case, cell: float | None, folder: Path, watch: Watch | None = None) -> Ground:
    """Solve the normal state, or read it from the folder where it has been solved.

    What is used is always what was written, so that a study that goes on has the same numbers.
    """
    if not (folder / f"{FINE}.h5").is_file():
        solution = simulate(case, watch, cell)
        if not np.isfinite(solution.air.T_in).all():
            raise NotConverged(f"the normal state has no solution: {'; '.join(solution.reasons)}")
        folder.mkdir(parents=True, exist_ok=True)
        write_text(folder / REASONS, json.dumps(solution.reasons))
        for level, air in solution.coarser[-1:]:
            x = replace_exchange(solution.exchange)
            coarse = couple(case, level, air.work, x, Plant.of(case), "coarse grid", watch)
            write_air(folder / f"{COARSE}.h5", coarse.air, x)
        write_air(folder / f"{FINE}.h5", solution.air, solution.exchange)
    return read_ground(case, cell, folder)


def read_ground(case: Case, cell: float | None, folder: Path) -> Ground:
    """The normal state that was solved before."""
    levels = air_levels(case, cell)
    found = {}
    for name, level in zip((FINE, COARSE), reversed(levels), strict=False):
        air, x = read_air(folder / f"{name}.h5", level)
        if name == FINE or np.isfinite(air.T_in).all():
            found[name] = OnGrid(level, air, x)
    return Ground(case, Plant.of(case), found, tuple(json.loads((folder / REASONS).read_text())))


def replace_exchange(x: Exchange) -> Exchange:
    """A copy that may be changed."""
    return Exchange(**{name: dict(values) for name, values in vars(x).items()})


def heard(x: Exchange, air: Exchange) -> Exchange:
    """An exchange with what another air tells."""
    found = replace_exchange(x)
    found.T_in, found.m_air = dict(air.T_in), dict(air.m_air)
    found.coil_heat, found.T_supply = dict(air.coil_heat), dict(air.T_supply)
    return found


def normal_solution(ground: Ground, grid: str = FINE) -> Solution:
    """The normal state as a solution, with the coarser grid as evidence."""
    on, x = ground.grids[grid], replace_exchange(ground.grids[grid].x)
    utilities = settle(ground.case, ground.plant, x)
    inputs = air_inputs(ground.case, on.level, x)
    found = solution_of(ground.case, on.level, on.air, (ground.plant, utilities, x, inputs))
    coarse = ground.grids.get(COARSE)
    if grid == COARSE or coarse is None:
        return found
    return replace(found, coarser=((coarse.level, coarse.air),))


@dataclass(frozen=True, eq=False)
class Judged:
    """Limits of air and liquid of a solution, with what the grids say about them."""

    air: dict[str, DeviceAir]
    known: Uncertainty
    limits: list[Limit]


def judged(solution: Solution) -> Judged:
    """Judge a solution; without a coarser grid nothing is known of its uncertainty."""
    air = device_air(solution.case, solution.level, solution.air)
    known = Uncertainty()
    if solution.coarser and np.isfinite(solution.air.T_in).all():
        grid = grid_evidence(solution, air)
        known = uncertainty_of(solution, air, grid.total, formal_order(solution))
    return Judged(air, known, [*heat_limits(solution, air, known), pressure_limit(solution)])
