"""The results of one run: their form in memory, and the folder they are kept in.

`write` fills a folder with files that are each complete or absent; `read` needs nothing but
`fields.vtkhdf`, which holds all of it.
"""

import json
import math
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import numpy as np

from geometry.errors import NotConverged
from geometry.hall import Hall

FIELDS, SUMMARY, REPORT = "fields.vtkhdf", "summary.json", "report.html"
TRANSIENT = (
    "transient.vtkhdf",
    "transient.csv",
    "transient.png",
    "coolant.csv",
    "coolant.png",
    "checkpoint.h5",
)
PICTURES = ("plan.png", "section.png", "racks.png", "streamlines.png")
CHAIN = "power.svg"
"""Picture of the power chain."""
PARTIAL = ("humidity_ratio", "dew_point", "relative_humidity", "age", "recirculated")
"""Fields that are NaN in solids and where nothing tells them."""

Table = list[dict[str, Any]]


@dataclass(frozen=True)
class Fields:
    """The air of the hall in SI units, on a rectilinear grid of nx, ny, nz cells."""

    x: np.ndarray  # faces along x [m], nx + 1 of them
    y: np.ndarray
    z: np.ndarray
    T: np.ndarray  # temperature [K], (nx, ny, nz)
    p: np.ndarray  # gauge pressure [Pa]
    velocity: np.ndarray  # in cell centres [m/s], (nx, ny, nz, 3)
    solid: np.ndarray  # True where a cell is no air
    extra: dict[str, tuple[np.ndarray, str]] = field(default_factory=dict)  # name: (array, unit)

    def __post_init__(self) -> None:
        """Refuse arrays that do not fit the grid."""
        for name, array in self.scalars().items():
            if array.shape != self.shape:
                raise ValueError(f"{name} has shape {array.shape}, the grid has {self.shape}")
        if self.velocity.shape != (*self.shape, 3):
            raise ValueError(f"velocity has shape {self.velocity.shape}, wanted {self.shape} and 3")

    @property
    def shape(self) -> tuple[int, int, int]:
        """Cells along x, y and z."""
        return (len(self.x) - 1, len(self.y) - 1, len(self.z) - 1)

    @property
    def edges(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Faces along the three axes [m]."""
        return (self.x, self.y, self.z)

    @property
    def centres(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Centres of the cells along the three axes [m]."""
        x, y, z = (0.5 * (edges[1:] + edges[:-1]) for edges in self.edges)
        return (x, y, z)

    @property
    def T_celsius(self) -> np.ndarray:
        """Temperature of the air [degC], NaN in solid cells."""
        return np.where(self.solid, np.nan, self.T - 273.15)

    def scalars(self) -> dict[str, np.ndarray]:
        """Every array with one number a cell, by name."""
        extra = {name: array for name, (array, _) in self.extra.items()}
        return {"T": self.T, "p": self.p, "solid": self.solid, **extra}


class FaceTemperature(NamedTuple):
    """Temperature of the air over a device's intake face, cell by cell."""

    T: np.ndarray  # [K], (a, b): the two axes of the face in the order x, y, z
    first: np.ndarray  # edges of the cells along the first axis [m], a + 1 of them
    second: np.ndarray  # edges of the cells along the second axis [m], b + 1 of them


@dataclass(frozen=True)
class Results:
    """All that a run found out, and what it was made from."""

    fields: Fields
    hall: Hall
    summary: dict[str, Any]  # numbers of the verdict; keys end in their unit; None where unknown
    case_text: str
    manifest: dict[str, Any]  # versions, device, case hash, date
    face_temperatures: dict[str, FaceTemperature] = field(default_factory=dict)  # by device

    @property
    def tables(self) -> dict[str, Table]:
        """Tables of the summary: racks, limits, power nodes and so on."""
        return {key: value for key, value in self.summary.items() if is_table(value)}


def files_of(folder: Path) -> list[Path]:
    """Everything but pictures that a run has left in its results folder."""
    names = (REPORT, SUMMARY, FIELDS, *TRANSIENT)
    return [path for name in names if (path := folder / name).exists()]


def picture_of_loop(name: str) -> str:
    """File name of the picture of a loop, whatever its name."""
    return f"loop_{quote(name, safe=' ')}.png"


def pictures_of_loops(folder: Path) -> list[Path]:
    """Pictures of loops that are in a folder."""
    return sorted(folder.glob("loop_*.png"))


def is_table(value: Any) -> bool:
    """Whether a value of the summary is a list of rows."""
    return isinstance(value, list) and all(isinstance(row, dict) for row in value)


def write(
    results: Results,
    out: Path,
    pictures: Callable[[Results, Path], list[Path]] | None = None,
    keep_transient: bool = False,
) -> list[Path]:
    """Write fields, summary and pictures into the folder `out`; return the paths of the pictures.

    `pictures` draws into a folder and returns what it drew (`views.screenshots`). What an earlier
    run left under the same names goes first, so that no two runs are mixed in one folder;
    `keep_transient` leaves the files of a transient, which the results belong to.
    """
    from rehall import vtkhdf  # it needs the forms above, so not at the top

    check_finite(results)
    out.mkdir(parents=True, exist_ok=True)
    for name in (SUMMARY, REPORT, *PICTURES, CHAIN, FIELDS, *(() if keep_transient else TRANSIENT)):
        (out / name).unlink(missing_ok=True)
    for path in pictures_of_loops(out):
        path.unlink()
    with aside(out / FIELDS) as part:
        vtkhdf.write_file(results, part)
    text = json.dumps(results.summary, indent=2, ensure_ascii=False, allow_nan=False)
    write_text(out / SUMMARY, text + "\n")
    return pictures(results, out) if pictures else []


def read(out: Path) -> Results:
    """Read results back from a folder, or from its `fields.vtkhdf`."""
    from rehall import vtkhdf

    return vtkhdf.read_file(out / FIELDS if out.is_dir() else out)


@contextmanager
def aside(path: Path) -> Iterator[Path]:
    """Give a name in the same folder to write to; it becomes `path` only once it is complete."""
    part = path.with_name(f".part-{os.getpid()}-{path.name}")
    try:
        yield part
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file, complete or not at all."""
    with aside(path) as part:
        part.write_text(text, encoding="utf-8")


def check_finite(results: Results) -> None:
    """Refuse fields and summaries that hold NaN or infinity: they are never a result."""
    check_fields(results.fields)
    for path, value in _leaves(results.summary, "summary"):
        if isinstance(value, float) and not math.isfinite(value):
            raise NotConverged(f"{path} is {value}: not written")
        if value is not None and type(value) not in (str, int, float, bool):
            raise TypeError(f"{path} is a {type(value).__name__}, wanted a plain Python value")


def check_fields(fields: Fields) -> None:
    """Refuse fields that hold infinity, or NaN where it does not stand for not known."""
    arrays = {**fields.scalars(), "velocity": fields.velocity}
    for name, array in arrays.items():
        bad = np.argwhere(np.isinf(array) if name in PARTIAL else ~np.isfinite(array))
        if len(bad):
            cell = tuple(int(i) for i in bad[0])
            raise NotConverged(
                f"{name} is not finite in {len(bad)} places, first in cell {cell}: not written"
            )


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every value of a nest of dicts and lists with its path."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _leaves(inner, f"{path}[{index}]")
    else:
        yield path, value
