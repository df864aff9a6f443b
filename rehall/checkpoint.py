"""What a transient needs to go on from: written aside, then renamed, so it is whole or absent."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import h5py
import jax
import jax.numpy as jnp
import numpy as np

from geometry.errors import InputError
from rehall.config import Case
from rehall.models import AirLevel
from rehall.operation import Exchange
from rehall.results import aside
from rehall.runtime import code
from thermal.air.march import Instant

FILE = "checkpoint.h5"


@dataclass(eq=False)
class Checkpoint:
    """A march between two chunks of steps.

    `stretch` is the one under way, `outputs` the number of field outputs written; `columns` the
    series so far, one row a step; `ledger` the sums of the heat balance [J]; `exchange` what the
    domains told each other in the steady state.
    """

    key: str
    instant: Instant
    stretch: int
    outputs: int
    columns: dict[str, np.ndarray]
    ledger: dict[str, float]
    exchange: Exchange
    wall_s: float


def key_of(case: Case, level: AirLevel) -> str:
    """What a checkpoint belongs to: the case with its grid and precision, as a hash."""
    dtype = str(np.dtype(level.model.T_ref.dtype))
    told = json.dumps([case.text, level.cell, level.grid.cells, dtype])
    return hashlib.sha256(told.encode()).hexdigest()


def write(out: Path, checkpoint: Checkpoint) -> None:
    """Write the checkpoint of a results folder."""
    with aside(out / FILE) as part, h5py.File(part, "w") as file:
        file.attrs["key"] = checkpoint.key
        file.attrs["code"] = code()
        file.attrs["stretch"] = checkpoint.stretch
        file.attrs["outputs"] = checkpoint.outputs
        file.attrs["wall_s"] = checkpoint.wall_s
        file["ledger"] = json.dumps(checkpoint.ledger)
        file["exchange"] = json.dumps(asdict(checkpoint.exchange))
        for n, leaf in enumerate(jax.tree.leaves(checkpoint.instant)):
            file[f"instant/{n}"] = np.asarray(leaf)
        for name, values in checkpoint.columns.items():
            file[f"columns/{name}"] = values


def require(path: Path, key: str) -> None:
    """Refuse a checkpoint of another case, grid or precision, or of other code."""
    try:
        with h5py.File(path, "r") as file:
            found, made_by = file.attrs.get("key"), file.attrs.get("code", "an older version")
    except OSError as error:
        raise InputError.of("--resume", f"{path} cannot be read as HDF5 ({error})") from error
    if made_by != (now := code()):
        raise InputError.of(
            "--resume",
            f"{path} was written by {made_by}, this is {now}: both would mix in one result; go on "
            "with that version, or start anew without --resume",
        )
    if found != key:
        raise InputError.of(
            "--resume",
            f"{path} belongs to another case, grid or precision: run the case that it was made "
            "from, or start anew without --resume",
        )


def read(out: Path, key: str, like: Instant) -> Checkpoint | None:
    """Read the checkpoint of a results folder, None where there is none; `like` has its form.

    Refuses one that belongs to another case, grid or precision, or to other code.
    """
    path = out / FILE
    if not path.is_file():
        return None
    require(path, key)
    with h5py.File(path, "r") as file:
        leaves, form = jax.tree.flatten(like)
        found = [file[f"instant/{n}"][()] for n in range(len(leaves))]
        return Checkpoint(
            key=key,
            instant=jax.tree.unflatten(form, [jnp.asarray(x) for x in found]),
            stretch=int(file.attrs["stretch"]),
            outputs=int(file.attrs["outputs"]),
            columns={name: values[()] for name, values in file["columns"].items()},
            ledger=json.loads(file["ledger"][()]),
            exchange=Exchange(**json.loads(file["exchange"][()])),
            wall_s=float(file.attrs["wall_s"]),
        )
