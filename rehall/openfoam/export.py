"""`rehall export-openfoam`: a case as a folder that OpenFOAM's buoyantSimpleFoam runs."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geometry.errors import Finding, InputError
from rehall.config import Case
from rehall.fans import yielding
from rehall.layout import Item, has_rear_door
from rehall.models import AirLevel, air_levels, refuse_unbalanced
from rehall.openfoam.boundary import Boundary, boundary_of, start_temperature
from rehall.openfoam.dictionaries import (
    FIRST_ORDER,
    RAS_MODELS,
    allrun,
    constant_files,
    inlet_functions,
    source_heat,
    system_files,
    write_files,
)
from rehall.openfoam.fields import write_fields
from rehall.openfoam.mesh import FoamMesh, build_mesh, write_mesh
from rehall.operation import air_flows, air_inputs, air_movers
from rehall.schema.entries import CoolingUnit
from rehall.schema.site import Solver
from rehall.utilities import Plant, first_exchange, settle
from thermal.air.inputs import AirInputs

ITERATIONS = 1500
"""Iterations of both stages together, unless asked otherwise."""
MANIFEST = "rehall.json"


@dataclass(frozen=True, eq=False)
class Exported:
    """What was written: the mesh, its patches, the figures used, and what differs from ours."""

    folder: Path
    mesh: FoamMesh
    boundary: Boundary
    level: AirLevel
    inputs: AirInputs
    notes: tuple[str, ...]


def export(
    case: Case, folder: Path, cell: float | None = None, iterations: int = ITERATIONS
) -> Exported:
    """Write the air of a case on its grid (or with cells of `cell` [m]) into a new folder.

    Heat of the power chain and of pumps is that of the case at its set points. Raises InputError
    for what OpenFOAM's standard conditions cannot express, and for a folder that has files in it.
    """
    refuse_unsupported(case)
    if iterations <= FIRST_ORDER:
        message = f"found {iterations}, wanted more than the {FIRST_ORDER} of first order"
        raise InputError.of("iterations", message)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError.of("", f"{folder} is there already; wanted a new or an empty folder")
    level = air_levels(case, cell)[-1]
    x = first_exchange(case)
    refuse_unbalanced(case, level, air_flows(case, x))
    settle(case, Plant.of(case), x)
    inputs = air_inputs(case, level, x)
    boundary = boundary_of(case, level, inputs)
    mesh = build_mesh(level.voxels, [patch.surface for patch in boundary.patches])
    sources = source_heat(level, np.asarray(inputs.block_heat))
    cell_zones = {
        boundary.words.word("source", name): _cells(level, mesh, name) for name in sources
    }
    zones = {boundary.words.word("inlet", name): name for name in boundary.intakes}
    face_zones = {
        zone: np.concatenate([mesh.of(patch) for patch in boundary.intakes[name]])
        for zone, name in zones.items()
    }
    taps = [patch.surface.name for patch in boundary.patches if patch.role == "tap"]
    heat = dict(zip(cell_zones, sources.values(), strict=True))
    pressure = float(level.model.pressure)
    T = start_temperature(case, level)[tuple(mesh.cells.T)]
    notes = tuple(differences(case, boundary, jets=level.model.jet is not None))
    write_mesh(mesh, folder / "constant" / "polyMesh", face_zones, cell_zones)
    write_files(folder / "constant", constant_files(level, case.solver.turbulence, heat))
    functions = inlet_functions(zones, taps)
    write_files(folder / "system", system_files(functions, iterations, pressure))
    write_fields(folder / "0", mesh, boundary, T, pressure)
    write_files(folder, {"Allrun": allrun(), MANIFEST: _manifest(case, mesh, zones, taps, notes)})
    (folder / "Allrun").chmod(0o755)
    _write_patches(folder / "patches.csv", mesh, boundary)
    (folder / "case.foam").touch()  # what ParaView opens
    return Exported(folder, mesh, boundary, level, inputs, notes)


def refuse_unsupported(case: Case) -> None:
    """Refuse what the standard boundary conditions of OpenFOAM v1912 do not have, by name."""
    findings = []
    for item in air_movers(case):
        for follows, do in _followed(item) if item.on else ():
            message = f"{follows}, which the OpenFOAM export does not have; {do}"
            findings.append(case.located(Finding(item.name, message)))
    for name in yielding(case):
        message = (
            "its flow follows its fan curve against the pressure, which the OpenFOAM export does "
            "not have; take away the curve, or state the flow of an opening"
        )
        findings.append(case.located(Finding(name, message)))
    if case.site.wind is not None:
        message = "wind on openings is not exported to OpenFOAM; take it away"
        findings.append(case.document.finding(("site", "wind"), message))
    if case.solver.turbulence not in (*RAS_MODELS, "laminar"):
        where = ("solver", "turbulence")
        message = f"no OpenFOAM model is known for {case.solver.turbulence!r}"
        findings.append(case.document.finding(where, message))
    if findings:
        raise InputError(findings)


def _followed(item: Item) -> Iterator[tuple[str, str]]:
    """What a piece of equipment adjusts to the air it meets, each with what to do about it."""
    law = getattr(item.entry, "air_flow", None)
    if item.air_flow is None and law is not None and law.by_inlet:
        yield "its air flow follows its inlet temperature", "give the piece an air_flow"
    if item.fan_law:
        do = "take the law away and give the unit the air_flow it runs at"
        yield "its fan_law sets its air flow by its return air", do
    if item.control is not None:
        do = "give the unit a supply temperature in place of its control"
        yield "its supply follows its return air", do
    if has_rear_door(item):
        do = "take it away and give the rack its air_flow and the power that the door leaves to air"
        yield "its rear door cools the air by as much as its coil can", do


def differences(case: Case, boundary: Boundary, jets: bool) -> list[str]:
    """What OpenFOAM will solve differently from us, in words; `jets`: if tiles have any."""
    notes = _of_solver(case.solver)
    if jets and case.hall.raised_floor is not None:
        tiles = [tiles.name for tiles in case.hall.raised_floor.tiles if tiles.open_fraction < 1.0]
        notes.append(
            f"{', '.join(tiles)}: the jets from the holes of tiles, and the loss that they take, "
            "are in ours only; `jets: false` leaves them out"
        )
    units = [i.name for i in air_movers(case) if isinstance(i.entry, CoolingUnit) and i.on]
    if units:
        notes.append(f"{', '.join(units)}: air leaves at the set point whatever its coil can carry")
    holed = {p.thing for p in boundary.patches if p.role == "baffle" and " as " in p.thing}
    notes += sorted(f"sheet of {thing}" for thing in holed)
    taps = [patch.thing for patch in boundary.patches if patch.role == "tap"]
    if taps:
        notes.append(
            f"{', '.join(taps)}: one floor face far from all equipment holds the site's pressure; "
            "what flows through it is in postProcessing/tap_*"
        )
    return notes


def _of_solver(solver: Solver) -> list[str]:
    """Differences that follow from the settings of the solver."""
    notes = []
    if solver.turbulence == "zero_equation":
        notes.append("OpenFOAM has no zero-equation turbulence: standard k-epsilon is written")
    if solver.buoyancy_production and solver.turbulence in ("k_epsilon", "rng"):
        notes.append(
            "buoyancy makes and takes turbulence in ours only; `buoyancy_production: false` leaves "
            "it out"
        )
    if solver.scheme != "limited":
        notes.append(
            f"OpenFOAM is given bounded schemes of second order instead of scheme {solver.scheme!r}"
        )
    return notes


def _cells(level: AirLevel, mesh: FoamMesh, source: str) -> np.ndarray:
    """Numbers of the cells that a source heats."""
    number = np.full(level.grid.shape, -1)
    number[tuple(mesh.cells.T)] = np.arange(len(mesh.cells))
    return number[tuple(level.voxels.sources[source].T)]


def _manifest(
    case: Case, mesh: FoamMesh, zones: dict[str, str], taps: list[str], notes: tuple[str, ...]
) -> str:
    """Which zones are the inlets of what, for those who read the results."""
    found = {
        "case": case.path.name,
        "cells": len(mesh.cells),
        "inlets": zones,
        "taps": taps,
        "notes": list(notes),
    }
    return json.dumps(found, indent=2) + "\n"


def _write_patches(path: Path, mesh: FoamMesh, boundary: Boundary) -> None:
    """Table of the patches: what each stands for, its faces and its area."""
    areas = np.linalg.norm(mesh.area_vectors(), axis=1)
    known = {patch.surface.name: patch for patch in boundary.patches}
    lines = ["patch,stands_for,role,faces,area_m2"]
    for name, _, start, count, _ in mesh.patches:
        thing, role = (known[name].thing, known[name].role) if name in known else ("", "wall")
        area = areas[start : start + count].sum()
        lines.append(f'{name},"{thing}",{role},{count},{area:.6g}')
    path.write_text("\n".join(lines) + "\n")
