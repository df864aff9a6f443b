"""What the grids of a run say about each rack inlet: uncertainty, and in a study the order."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from geometry.grid import LEAST_REFINEMENT
from geometry.voxels import Patch
from rehall.gridstudy import Convergence, convergence, two_grid_factor
from rehall.models import AirLevel
from rehall.observe import DeviceAir, device_air
from rehall.schema.entries import SERVERS
from rehall.simulate import Solution
from thermal.air.settling import AirSolution

ZERO = 273.15
Row = dict[str, Any]
Inlets = dict[str, tuple[float, float]]
"""Something of each rack's mean and highest inlet, by name [K]."""
QUANTITIES = ("mean", "max")
LEAST_ACROSS = 2
"""Cells across an intake below which a grid is too coarse for its error to be told. Our choice: the
starter's inlets at 0.6 and 5 m lay 1.0 and 1.2 K below those at 0.15 m, at +- 0.28 and 0.13 K."""


@dataclass(frozen=True)
class GridEvidence:
    """What the grids show.

    `method` is `study`, `two grids` or `none`, with the `reason`. `inlets` is the uncertainty from
    the grid, `total` that with the swing of a flow that does not settle; both empty without
    evidence. `grids` and `studied` are the tables of a grid study.
    """

    cells: int
    cell: float
    coarse_cells: int | None
    method: str
    reason: str | None = None
    inlets: Inlets = field(default_factory=dict)
    total: Inlets = field(default_factory=dict)
    grids: tuple[Row, ...] = ()
    studied: tuple[Row, ...] = ()

    def row(self) -> Row:
        """The evidence as `grid` of the summary."""
        worst = max(self.inlets, key=lambda name: self.inlets[name][1], default=None)
        found: Row = {
            "cells": self.cells,
            "cell_m": self.cell,
            "coarse_cells": self.coarse_cells,
            "method": self.method,
            "reason": self.reason,
            "inlet_mean_uncertainty_max_k": max((u[0] for u in self.inlets.values()), default=None),
            "inlet_max_uncertainty_max_k": self.inlets[worst][1] if worst else None,
            "inlet_max_uncertainty_max_at": worst,
        }
        if self.grids:
            found |= {"grids": list(self.grids), "inlets": list(self.studied)}
        return found


def grid_evidence(solution: Solution, air: dict[str, DeviceAir]) -> GridEvidence:
    """Uncertainty of each rack's inlets from the grids that were solved."""
    coarser = solution.coarser
    level = solution.level
    about = (level.grid.cells, level.cell, coarser[-1][0].grid.cells if coarser else None)
    servers = [i.name for i in solution.case.items if isinstance(i.entry, SERVERS)]
    names = [name for name in servers if name in air]
    grids = tuple(_grid_rows(solution)) if solution.study else ()
    reasons = no_evidence(solution)
    if reasons or not names:
        reason = "; ".join(reasons) or "no air goes through any rack"
        return GridEvidence(*about, "none", reason, grids=grids)
    if not solution.study:
        inlets = _two_grids(solution, air, names)
        total = {
            n: (a + air[n].amplitude, b + air[n].amplitude_max) for n, (a, b) in inlets.items()
        }
        return GridEvidence(*about, "two grids", None, inlets, total)
    return _study(solution, air, names, about, grids)


def no_evidence(solution: Solution) -> list[str]:
    """Why the grids tell nothing about the error of the finest; empty where they do."""
    coarser, fine = solution.coarser, solution.level
    if not coarser:
        return ["no coarser grid could be built"]
    used = coarser[-2:] if solution.study else coarser[-1:]
    reasons = [f"{at.grid.cells:,} cells: {found.reason}" for at, found in used if found.reason]
    ratio = ratio_of_widths(solution)
    if ratio < LEAST_REFINEMENT:
        reasons.append(
            f"the coarser grid is only {ratio:.2f} times as wide (wanted {LEAST_REFINEMENT:g}, "
            "Celik et al. 2008): what stands in the hall fixes its lines; take a smaller cell"
        )
    across = {
        item.name: cells_across(fine.voxels.intakes[item.name])
        for item in solution.case.items
        if item.on and item.name in fine.voxels.intakes
    }
    narrowest = min(across, key=lambda name: across[name], default=None)
    if narrowest is not None and across[narrowest] < LEAST_ACROSS:
        reasons.append(
            f"{across[narrowest]} cell across the intake of {narrowest} (wanted {LEAST_ACROSS}): "
            "take a smaller cell"
        )
    return reasons


def ratio_of_widths(solution: Solution) -> float:
    """Effective cell width of the finest grid but one over that of the finest."""
    return solution.coarser[-1][0].grid.effective_width / solution.level.grid.effective_width


def cells_across(patch: Patch) -> int:
    """Cells across a patch in the direction in which it has fewest."""
    counts = sorted(len(np.unique(patch.cells[:, axis])) for axis in range(3))
    return counts[1]  # the first is 1, across its plane


def _two_grids(solution: Solution, air: dict[str, DeviceAir], names: list[str]) -> Inlets:
    """Uncertainty from the solutions on cells of one and two widths [K].

    The two-grid convergence index of Roache (1994), J. Fluids Eng. 116. Two solutions can cross by
    chance, so no rack is given less than the root mean square over all of them.
    """
    coarse = device_air(solution.case, *solution.coarser[-1])
    factor = two_grid_factor(ratio_of_widths(solution), formal_order(solution))
    change = factor * np.abs(
        [(air[n].T_in - coarse[n].T_in, air[n].T_in_max - coarse[n].T_in_max) for n in names]
    )
    change = np.maximum(change, np.sqrt(np.mean(change**2, axis=0)))
    return {n: (float(a), float(b)) for n, (a, b) in zip(names, change, strict=True)}


def _study(
    solution: Solution,
    air: dict[str, DeviceAir],
    names: list[str],
    about: tuple[int, float, int | None],
    grids: tuple[Row, ...],
) -> GridEvidence:
    """Order and uncertainty of each inlet from the finest three grids."""
    (coarse, coarse_air), (medium, medium_air) = solution.coarser[-2:]
    levels = (solution.level, medium, coarse)
    seen = (
        air,
        device_air(solution.case, medium, medium_air),
        device_air(solution.case, coarse, coarse_air),
    )
    widths = tuple(level.grid.effective_width for level in levels)
    rows, inlets, total = [], {}, {}
    for name in names:
        found = []
        for quantity in QUANTITIES:
            swings = tuple(
                devices[name].amplitude if quantity == "mean" else devices[name].amplitude_max
                for devices in seen
            )
            values = tuple(
                (devices[name].T_in if quantity == "mean" else devices[name].T_in_max) - ZERO
                for devices in seen
            )
            result = convergence(values, widths, formal_order(solution), swings)  # type: ignore[arg-type]
            whole = result.uncertainty + (0.0 if result.kind == "masked" else swings[0])
            found.append((result.uncertainty, whole))
            rows.append(_inlet_row(name, quantity, values, result, whole))
        inlets[name] = (found[0][0], found[1][0])
        total[name] = (found[0][1], found[1][1])
    return GridEvidence(*about, "study", None, inlets, total, grids, tuple(rows))


def formal_order(solution: Solution) -> float:
    """Order of the scheme in the interior [-]."""
    return 1.0 if solution.case.solver.scheme == "upwind" else 2.0


def _inlet_row(
    name: str, quantity: str, values: tuple[float, ...], found: Convergence, whole: float
) -> Row:
    return {
        "name": name,
        "inlet": quantity,
        "fine_c": values[0],
        "medium_c": values[1],
        "coarse_c": values[2],
        "order": found.order,
        "order_used": found.order_used,
        "safety_factor": found.safety,
        "convergence": found.kind,
        "credible": found.credible,
        "extrapolated_c": found.extrapolated,
        "grid_uncertainty_k": found.uncertainty,
        "uncertainty_k": whole,
        "remark": found.remark,
    }


def _grid_rows(solution: Solution) -> list[Row]:
    """One row for each grid, from coarse to fine, with its ratio to the next coarser one."""
    rows: list[Row] = []
    solved: list[tuple[AirLevel, AirSolution]] = [
        *solution.coarser,
        (solution.level, solution.air),
    ]
    before: AirLevel | None = None
    for level, air in solved:
        grid = level.grid
        ratio = before.grid.effective_width / grid.effective_width if before else None
        by_axis = (
            [n / m for n, m in zip(grid.shape, before.grid.shape, strict=True)] if before else None
        )
        rows.append(
            {
                "name": f"grid {len(rows) + 1}",
                "cells": grid.cells,
                "cells_x": grid.shape[0],
                "cells_y": grid.shape[1],
                "cells_z": grid.shape[2],
                "cell_m": level.cell,
                "effective_width_m": grid.effective_width,
                "ratio": ratio,
                "ratio_least": min(by_axis) if by_axis else None,
                "ratio_most": max(by_axis) if by_axis else None,
                "converged": air.converged,
                "averaged": air.averaged,
                "swing_max_k": float(air.amplitude.max(initial=0.0)),
                "iterations": air.iterations,
            }
        )
        before = level
    return rows
