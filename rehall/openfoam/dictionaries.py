"""The folders constant and system: gas, turbulence, schemes, solvers, what is written.

Two stages: first order from rest, then second order (bounded linear upwind for velocity, limited
linear for scalars). Started with second order from rest, the solver blows up in ordinary halls.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from rehall.models import AirLevel
from rehall.openfoam.text import dictionary, header
from thermal.air.model import GRAVITY
from thermal.air.walls import TURBULENT_PRANDTL
from thermal.properties import GAS_CONSTANT_AIR

FIRST_ORDER = 200
"""Iterations with first-order schemes."""
RAS_MODELS = {
    "zero_equation": "kEpsilon",
    "k_epsilon": "kEpsilon",
    "rng": "RNGkEpsilon",
}
"""OpenFOAM's models for ours; it has no zero-equation model."""
FAST = {"U": "0.7", "h": "0.9", '"(k|epsilon)"': "0.7"}
CAREFUL = {"U": "0.5", "h": "0.7", '"(k|epsilon)"': "0.5"}
"""Relaxation factors; the second stage falls back to the careful ones where it diverges."""
GAS_CONSTANT = 8314.47
"""Universal gas constant of OpenFOAM v1912 [J/kmol/K]."""


def constant_files(
    level: AirLevel, turbulence: str, sources: Mapping[str, float]
) -> dict[str, str]:
    """Files of `constant`; `sources` are cell zones with the heat they give off [W]."""
    files = {
        "g": {"dimensions": "[0 1 -2 0 0 0 0]", "value": f"(0 0 {-GRAVITY:.9g})"},
        "thermophysicalProperties": _gas(level),
        "turbulenceProperties": _turbulence(turbulence),
        "radiationProperties": {"radiation": "off", "radiationModel": "none"},
    }
    if sources:
        files["fvOptions"] = {zone: _source(zone, heat) for zone, heat in sources.items()}
    kinds = {"g": "uniformDimensionedVectorField"}
    return {
        name: header(kinds.get(name, "dictionary"), name, "constant") + dictionary(entries)
        for name, entries in files.items()
    }


def system_files(functions: Mapping[str, Any], iterations: int, pressure: float) -> dict[str, str]:
    """Files of `system`; those of a stage end in .first and .second."""
    files: dict[str, Mapping[str, Any]] = {
        "fvSolution.fast": _solution(pressure, FAST),
        "fvSolution.careful": _solution(pressure, CAREFUL),
    }
    for stage, end, second in (("first", FIRST_ORDER, False), ("second", iterations, True)):
        files[f"controlDict.{stage}"] = _control(end, functions)
        files[f"fvSchemes.{stage}"] = _schemes(second)
    return {
        name: header("dictionary", name.split(".")[0], "system") + dictionary(entries)
        for name, entries in files.items()
    }


def inlet_functions(zones: Mapping[str, str], taps: list[str]) -> dict[str, Any]:
    """Function objects: mean temperature of every intake, flow through every tap."""
    common = {
        "type": "surfaceFieldValue",
        "libs": '("libfieldFunctionObjects.so")',
        "writeControl": "timeStep",
        "writeInterval": 1,
        "writeFields": "false",
        "log": "false",
    }
    mean = {"operation": "areaAverage", "fields": "(T)"}
    found: dict[str, Any] = {
        zone: common | mean | {"regionType": "faceZone", "name": zone} for zone in zones
    }
    through = {"operation": "sum", "fields": "(phi)"}
    return found | {tap: common | through | {"regionType": "patch", "name": tap} for tap in taps}


def allrun() -> str:
    """Return the script that runs both stages."""
    return f"""#!/bin/sh
# Runs the case: {FIRST_ORDER} first-order iterations from rest, then second order.
cd "${{0%/*}}" || exit 1
set -e
: "${{WM_PROJECT_DIR:=/usr/share/openfoam}}"  # where Debian's package keeps its settings
export WM_PROJECT_DIR

# What an earlier run left would be gone on with, and its logs written over.
iterations() {{ ls | grep -E '^[1-9][0-9]*$' | sort -n; }}
rm -rf $(iterations) postProcessing log.first log.second log.diverged

cp system/controlDict.first system/controlDict
cp system/fvSchemes.first system/fvSchemes
cp system/fvSolution.fast system/fvSolution
checkMesh > log.checkMesh
buoyantSimpleFoam > log.first 2>&1

cp system/controlDict.second system/controlDict
cp system/fvSchemes.second system/fvSchemes
if ! buoyantSimpleFoam > log.second 2>&1
then
    echo "second order diverged, see log.diverged; once more with more relaxation"
    mv log.second log.diverged
    rm -rf postProcessing/*/{FIRST_ORDER}
    cp system/fvSolution.careful system/fvSolution
    buoyantSimpleFoam > log.second 2>&1
fi

last=$(iterations | tail -n 1)
echo "done after $last iterations: fields in $PWD/$last (open case.foam in ParaView),"
echo "inlet temperatures in $PWD/postProcessing/inlet_*, patches in $PWD/patches.csv"
"""


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    """Write texts into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text)


def _gas(level: AirLevel) -> dict[str, Any]:
    """Perfect gas with our gas constant, heat capacity and viscosity."""
    model = level.model
    return {
        "thermoType": {
            "type": "heRhoThermo",
            "mixture": "pureMixture",
            "transport": "const",
            "thermo": "hConst",
            "equationOfState": "perfectGas",
            "specie": "specie",
            "energy": "sensibleEnthalpy",
        },
        "mixture": {
            "specie": {"molWeight": GAS_CONSTANT / GAS_CONSTANT_AIR},
            "thermodynamics": {"Cp": float(model.cp), "Hf": 0},
            "transport": {"mu": float(model.mu), "Pr": float(model.gas.prandtl)},
        },
    }


def _turbulence(turbulence: str) -> dict[str, Any]:
    if turbulence == "laminar":
        return {"simulationType": "laminar"}
    model = RAS_MODELS[turbulence]
    ras = {"RASModel": model, "turbulence": "on", "printCoeffs": "on"}
    return {"simulationType": "RAS", "RAS": ras | {f"{model}Coeffs": {"Prt": TURBULENT_PRANDTL}}}


def _source(zone: str, heat: float) -> dict[str, Any]:
    return {
        "type": "scalarSemiImplicitSource",
        "active": "true",
        "selectionMode": "cellZone",
        "cellZone": zone,
        "volumeMode": "absolute",
        "injectionRateSuSp": {"h": f"({heat:.9g} 0)"},
    }


def _control(end: int, functions: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "application": "buoyantSimpleFoam",
        "startFrom": "latestTime",
        "startTime": 0,
        "stopAt": "endTime",
        "endTime": end,
        "deltaT": 1,
        "writeControl": "timeStep",
        "writeInterval": end,
        "purgeWrite": 2,
        "writeFormat": "ascii",
        "writePrecision": 9,
        "timeFormat": "general",
        "timePrecision": 9,
        "runTimeModifiable": "false",
        "functions": functions,
    }


def _schemes(second: bool) -> dict[str, Any]:
    velocity = "bounded Gauss linearUpwind grad(U)" if second else "bounded Gauss upwind"
    scalar = "bounded Gauss limitedLinear 1" if second else "bounded Gauss upwind"
    convected = dict.fromkeys(("div(phi,h)", "div(phi,k)", "div(phi,epsilon)"), scalar)
    return {
        "ddtSchemes": {"default": "steadyState"},
        "gradSchemes": {"default": "Gauss linear"},
        "divSchemes": {
            "default": "none",
            "div(phi,U)": velocity,
            **convected,
            "div(phi,K)": "bounded Gauss upwind",
            "div(((rho*nuEff)*dev2(T(grad(U)))))": "Gauss linear",
        },
        "laplacianSchemes": {"default": "Gauss linear orthogonal"},
        "interpolationSchemes": {"default": "linear"},
        "snGradSchemes": {"default": "orthogonal"},
    }


def _solution(pressure: float, relaxation: Mapping[str, str]) -> dict[str, Any]:
    return {
        "solvers": {
            "p_rgh": {
                "solver": "GAMG",
                "smoother": "DICGaussSeidel",
                "tolerance": "1e-7",
                "relTol": "0.01",
            },
            '"(U|h|k|epsilon)"': {
                "solver": "PBiCGStab",
                "preconditioner": "DILU",
                "tolerance": "1e-8",
                "relTol": "0.1",
            },
        },
        "SIMPLE": {
            "momentumPredictor": "yes",
            "nNonOrthogonalCorrectors": 0,
            "pRefCell": 0,
            "pRefValue": pressure,
        },
        "relaxationFactors": {
            "fields": {"rho": "1", "p_rgh": "0.3"},
            "equations": relaxation,
        },
    }


def source_heat(level: AirLevel, block_heat: np.ndarray) -> dict[str, float]:
    """Heat of the sources that give off some [W], by name."""
    blocks = len(level.voxels.blocks)
    named = zip(level.voxels.sources, np.asarray(block_heat, float)[blocks:].tolist(), strict=True)
    return {name: heat for name, heat in named if heat != 0.0}
