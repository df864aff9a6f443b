"""Case -> models: the grids and air models of a hall, from coarse to fine."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from geometry.errors import Finding, InputError
from geometry.grid import Grid, build_grid, estimate_cells, grid_family, require_memory
from geometry.hall import Hall, Source
from geometry.voxels import VoxelModel, voxelise
from rehall.config import Case
from rehall.fans import yielding
from thermal.air.build import build_model, sealed_regions
from thermal.air.model import AirModel
from thermal.air.streams import StreamTable
from thermal.properties import pressure_at_altitude

BYTES_PER_CELL = 1200.0
"""Peak memory of a whole run per cell, float32: measured with the AI hall at 0.15 m [B]."""
COARSE_SNAP = 0.45
"""On the coarse grid of a sequence, edges nearer than this share of a cell become one line."""


UNBALANCED = 0.05
"""Volume flow that a closed room may lack over what moves in it: warm air takes more room [-]."""


@dataclass(frozen=True, eq=False)
class AirLevel:
    """The air of a hall on one grid."""

    cell: float
    hall: Hall
    grid: Grid
    voxels: VoxelModel
    model: AirModel
    streams: StreamTable


def hall_with_sources(case: Case) -> Hall:
    """The hall of a case with the busways and lines whose losses warm its air."""
    hanging = [n for n in case.nodes if n.box is not None and n.kind in ("busway", "line")]
    sources = tuple(Source(node.name, node.box) for node in hanging if node.box is not None)
    return replace(case.geometry, sources=sources)


def air_levels(
    case: Case, cell: float | None = None, grids: int = 2, others: Sequence[Hall] = ()
) -> list[AirLevel]:
    """Air models from coarse to fine; the last one has the case's cell width (or `cell` [m]).

    Two `grids` (the usual sequence) have cells of two widths and one, or the fine one alone where
    no coarse one can be built; three or more are a family for a grid study. Of two, the grids
    follow the edges in `others` too, so that variants of a hall share them.
    """
    if grids < 2:
        raise InputError.of(
            "--grid-study",
            f"{grids}; wanted 2 or more: 2 are usual, from 3 on a study shows an order",
        )
    hall = hall_with_sources(case)
    width = case.solver.cell if cell is None else cell
    _require_memory(case, estimate_cells(hall, width), width)
    fine = build_grid(hall, width, case.solver.growth, others=others)
    _require_memory(case, float(fine.cells), width)
    if grids > 2:
        family = grid_family(hall, width, case.solver.growth, grids)
        return [air_level(case, hall, grid, wide) for wide, grid in family]
    levels = [air_level(case, hall, fine, width)]
    try:
        coarse = build_grid(hall, 2 * width, case.solver.growth, COARSE_SNAP, others)
        levels.insert(0, air_level(case, hall, coarse, 2 * width))
    except InputError:  # what stands in the hall is too small for the wide cells
        pass
    return levels


def air_level(case: Case, hall: Hall, grid: Grid, cell: float) -> AirLevel:
    """Voxels and arrays of a hall on one grid; refuses bodies of air that cannot balance."""
    try:
        voxels = voxelise(hall, grid)
    except InputError as error:
        raise InputError([case.located(finding) for finding in error.findings]) from None
    model, streams = build_model(
        hall,
        voxels,
        pressure=float(pressure_at_altitude(case.site.altitude)),
        T_ref=case.site.outdoor.dry_bulb if hall.openings else 295.15,
        scheme=case.solver.scheme,
        turbulence=case.solver.turbulence,
        buoyant_turbulence=case.solver.buoyancy_production,
        dtype=np.float64 if case.solver.precision == "float64" else np.float32,
        yielding=yielding(case),
    )
    return AirLevel(cell, hall, grid, voxels, model, streams)


def refuse_unbalanced(case: Case, level: AirLevel, V_flow: dict[str, float]) -> None:
    """Refuse a body of air that takes in more than it gives out, with nowhere else to go."""
    findings = []
    fans = set(yielding(case))
    for _, ports in sealed_regions(case.geometry, level.voxels):
        if any(name in fans and share for name, share in ports.items()):
            continue  # a fan that yields to the pressure moves what the others leave to it
        flows = {name: share * V_flow.get(name, 0.0) for name, share in ports.items()}
        net, moved = sum(flows.values()), sum(abs(flow) for flow in flows.values())
        if abs(net) > UNBALANCED * moved:
            worst = max(flows, key=lambda name: abs(flows[name]))
            way = "blows in" if net > 0 else "draws out"
            message = (
                f"stands at a closed body of air where equipment {way} {abs(net):.2f} m3/s more "
                "than leaves the other way; give it an opening or a leakage, or match the flows"
            )
            findings.append(case.located(Finding(worst, message)))
    if findings:
        raise InputError(findings)


def available_memory() -> float:
    """Memory that a run may take [B]."""
    return float(os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))


def _require_memory(case: Case, cells: float, cell: float) -> None:
    """Refuse more cells than memory holds, at the line that asks for them."""
    bytes_per_cell = BYTES_PER_CELL * (2 if case.solver.precision == "float64" else 1)
    try:
        require_memory(cells, cell, bytes_per_cell, available_memory())
    except InputError as error:
        message = error.findings[0].message
        raise InputError([case.document.finding(("solver", "cell"), message)]) from None
