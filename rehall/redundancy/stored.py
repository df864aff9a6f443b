"""Solved air on disk, to be started from and judged again: written aside, then renamed."""

import json
from dataclasses import asdict, fields
from pathlib import Path

import h5py
import jax
import jax.numpy as jnp
import numpy as np

from rehall.models import AirLevel
from rehall.operation import Exchange
from rehall.results import aside
from thermal.air.settling import AirSolution
from thermal.air.state import AirState, Work, at_rest

ARRAYS = (
    *("T_in", "T_out", "m_flow"),
    *("amplitude", "amplitude_max", "amplitude_out", "amplitude_opening"),
)
NUMBERS = ("energy_error", "mass_error", "iterations", "averaged", "converged", "reason")


def write_air(path: Path, air: AirSolution, x: Exchange) -> None:
    """Write a solution and what air, liquid and power told each other in it."""
    with aside(path) as part, h5py.File(part, "w") as file:
        for name in ARRAYS:
            file[f"streams/{name}"] = np.asarray(getattr(air, name))
        for field in fields(AirState):
            file[f"state/{field.name}"] = np.asarray(getattr(air.state, field.name))
        for n, leaf in enumerate(jax.tree.leaves(air.work)):
            file[f"work/{n}"] = np.asarray(leaf)
        told = {name: getattr(air, name) for name in NUMBERS} | {"heat": air.heat}
        file["told"] = json.dumps(told | {"devices": air.devices, "exchange": asdict(x)})


def read_air(path: Path, level: AirLevel) -> tuple[AirSolution, Exchange]:
    """Read them; `level` has the grid that they were solved on."""
    with h5py.File(path, "r") as file:
        told = json.loads(file["told"][()])
        x = Exchange(**told.pop("exchange"))
        parts, form = jax.tree.flatten(at_rest(level.model, level.model.T_ref))
        leaves = [jnp.asarray(file[f"work/{n}"][()]) for n in range(len(parts))]
        work: Work = jax.tree.unflatten(form, leaves)
        state = {f.name: jnp.asarray(file[f"state/{f.name}"][()]) for f in fields(AirState)}
        arrays = {name: file[f"streams/{name}"][()] for name in ARRAYS}
    devices = tuple(told.pop("devices"))
    air = jax.device_get(AirState(**state))
    return AirSolution(state=air, work=work, devices=devices, **arrays, **told), x
