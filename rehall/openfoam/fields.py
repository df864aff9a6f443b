"""The folder 0: start values and boundary conditions of every field."""

from pathlib import Path

import numpy as np

from rehall.openfoam import conditions
from rehall.openfoam.boundary import Boundary
from rehall.openfoam.conditions import Condition, Conditions
from rehall.openfoam.mesh import REST, FoamMesh
from rehall.openfoam.text import dictionary, header

DIMENSIONS = {
    "T": "[0 0 0 1 0 0 0]",
    "U": "[0 1 -1 0 0 0 0]",
    "p": "[1 -1 -2 0 0 0 0]",
    "p_rgh": "[1 -1 -2 0 0 0 0]",
    "k": "[0 2 -2 0 0 0 0]",
    "epsilon": "[0 2 -3 0 0 0 0]",
    "nut": "[0 2 -1 0 0 0 0]",
    "alphat": "[1 -1 -1 0 0 0 0]",
}
START_K, START_EPSILON = 1.0, 0.1
"""Turbulence at the start [m2/s2, m2/s3]: an eddy viscosity of 60 times that of air."""


def write_fields(
    folder: Path, mesh: FoamMesh, boundary: Boundary, T: np.ndarray, pressure: float
) -> None:
    """Write the fields from the start temperature T [cells] [K] and the site's pressure [Pa]."""
    start = {
        "T": _scalars(T),
        "U": "uniform (0 0 0)",
        "p": f"uniform {pressure:.9g}",
        "p_rgh": f"uniform {pressure:.9g}",
        "k": f"uniform {START_K:g}",
        "epsilon": f"uniform {START_EPSILON:g}",
        "nut": "uniform 0",
        "alphat": "uniform 0",
    }
    uniform = start | {"T": f"uniform {float(T.mean()):.9g}"}
    asked: dict[str, Conditions] = {
        patch.surface.name: patch.conditions for patch in boundary.patches
    } | {REST: conditions.wall()}
    folder.mkdir(parents=True, exist_ok=True)
    for name, dimensions in DIMENSIONS.items():
        kind = "volVectorField" if name == "U" else "volScalarField"
        found = {
            patch: _filled(asked[patch].get(name), uniform[name]) for patch, *_ in mesh.patches
        }
        text = header(kind, name, "0") + dictionary(
            {"dimensions": dimensions, "internalField": start[name], "boundaryField": found}
        )
        (folder / name).write_text(text)


def _filled(condition: Condition | None, start: str) -> Condition:
    """Return a condition with the start value in it; what was not asked for follows from others."""
    if condition is None:
        return {"type": "calculated", "value": start}
    return {key: start if value == "$internalField" else value for key, value in condition.items()}


def _scalars(values: np.ndarray) -> str:
    if np.ptp(values) < 1e-9:
        return f"uniform {float(values[0]):.9g}"
    listed = "\n".join(f"{value:.9g}" for value in values.tolist())
    return f"nonuniform List<scalar>\n{len(values)}\n(\n{listed}\n)"
