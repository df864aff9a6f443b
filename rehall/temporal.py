"""Fields of many times as one VTKHDF RectilinearGrid with steps.

`/VTKHDF` is that of vtkhdf.py with one more axis before the others: cell data of shape
(steps, nz, ny, nx), and `Steps` with the times. VTK 9.7 reads it (format 2.7 describes
RectilinearGrid, and steps for ImageData in the same layout). While a run goes on every time is a
file of its own, so that a killed run loses none.
"""

from pathlib import Path

import h5py
import numpy as np

from rehall.results import Fields, aside, check_fields
from rehall.vtkhdf import COMPRESSED, UNITS, write_coordinates

FOLDER = "transient_steps"
FILE = "transient.vtkhdf"


def write_step(out: Path, number: int, time: float, fields: Fields) -> None:
    """Write the fields of one time [s] as a part of its own, complete or not at all."""
    check_fields(fields)
    folder = out / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    units = {**UNITS, **{name: unit for name, (_, unit) in fields.extra.items()}}
    with aside(folder / f"{number:05d}.h5") as part, h5py.File(part, "w") as file:
        file.attrs["time_s"] = time
        for name, array in {**fields.scalars(), "velocity": fields.velocity}.items():
            if name != "solid":
                turned = np.asarray(array, dtype="f4").swapaxes(0, 2)
                file.create_dataset(name, data=turned, **COMPRESSED)
                file[name].attrs["unit"] = units[name]


def steps_in(out: Path) -> list[Path]:
    """The parts that were written, in the order of time."""
    return sorted((out / FOLDER).glob("[0-9]*.h5"))


def drop_steps(out: Path, first: int = 0) -> None:
    """Remove the parts from a number on, and the folder with the last of them."""
    for path in steps_in(out):
        if int(path.stem) >= first:
            path.unlink()
    if first == 0 and (out / FOLDER).is_dir():
        for left in (out / FOLDER).iterdir():  # files that a killed run was writing
            left.unlink()
        (out / FOLDER).rmdir()


def assemble(out: Path, fields: Fields) -> Path:
    """Join the parts to one file; `fields` give the grid and what is solid."""
    parts = steps_in(out)
    with aside(out / FILE) as path, h5py.File(path, "w") as file:
        group = file.create_group("VTKHDF")
        write_coordinates(group, fields)
        cells = group.create_group("CellData")
        solid = np.asarray(fields.solid, dtype="u1").swapaxes(0, 2)
        cells.create_dataset("solid", data=solid[None], chunks=(1, *solid.shape), **COMPRESSED)
        cells["solid"].attrs["unit"] = UNITS["solid"]
        times = [_append(cells, part, number, len(parts)) for number, part in enumerate(parts)]
        steps = group.create_group("Steps")
        steps.attrs["NSteps"] = len(parts)
        steps["Values"] = np.array(times)
        offsets = steps.create_group("CellDataOffsets")
        for name in cells:
            offsets[name] = np.arange(len(parts)) if name != "solid" else np.zeros(len(parts), int)
    return out / FILE


def _append(cells: h5py.Group, path: Path, number: int, count: int) -> float:
    """Copy one part into its place; its time [s]."""
    with h5py.File(path, "r") as part:
        for name, values in part.items():
            if name not in cells:
                shape = values.shape
                cells.create_dataset(
                    name, (count, *shape), "f4", chunks=(1, *shape), **COMPRESSED
                ).attrs["unit"] = values.attrs["unit"]
            cells[name][number] = values[()]
        return float(part.attrs["time_s"])
