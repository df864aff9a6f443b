"""Results as one HDF5 file that is also a VTKHDF RectilinearGrid, format 2.7.

VTK 9.7 and ParaView 6.2 open it as it is: `/VTKHDF` holds coordinates and cell data, whose HDF5
shape is (nz, ny, nx), so that x runs fastest. `/rehall` holds all the rest, and VTK ignores it.
Format: https://docs.vtk.org/en/latest/vtk_file_formats/vtkhdf_file_format/
"""

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from geometry.errors import Finding, InputError
from geometry.hall import Baffle, Block, Box, Device, Hall, Opening
from rehall.labels import units_of
from rehall.results import FIELDS, FaceTemperature, Fields, Results, Table

FORMAT = 1  # of the group /rehall; a change that older readers would misread counts it up
UNITS = {"T": "K", "p": "Pa", "velocity": "m/s", "solid": "1"}
COMPRESSED = {"compression": "gzip", "compression_opts": 4, "shuffle": True}


def write_file(results: Results, path: Path) -> None:
    """Write results to `path`; fields in single precision."""
    with h5py.File(path, "w") as file:
        _write_grid(file.create_group("VTKHDF"), results.fields)
        group = file.create_group("rehall")
        group.attrs["format"] = FORMAT
        group["case"] = results.case_text
        group["summary"] = json.dumps(results.summary, ensure_ascii=False, allow_nan=False)
        group["manifest"] = json.dumps(results.manifest, ensure_ascii=False, allow_nan=False)
        group["hall"] = _hall_as_text(results.hall)
        for name, rows in results.tables.items():
            _write_table(group.create_group(f"tables/{name}"), rows)
        for index, (device, face) in enumerate(results.face_temperatures.items()):
            _write_face(group.create_group(f"face_temperatures/{index}"), device, face)


def read_file(path: Path) -> Results:
    """Read results; refuses what is no file, no results, or of another format."""
    if not path.exists():
        raise _refusal(path, _missing(path))
    if path.suffix.lower() in (".yaml", ".yml"):
        message = f"is a case file; name its results folder, `rehall run {path}` writes one"
        raise _refusal(path, message)
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        message = f"is no results file, or a damaged one: cannot be read as HDF5 ({error})"
        raise _refusal(path, message) from error
    with file:
        if "rehall" not in file or "VTKHDF" not in file:
            raise _refusal(path, "is HDF5 but holds no results of rehall")
        found = int(file["rehall"].attrs.get("format", 0))
        if found != FORMAT:
            raise _refusal(path, f"has results of format {found}, this version reads {FORMAT}")
        group = file["rehall"]
        faces = group.get("face_temperatures", {})
        return Results(
            fields=_read_grid(file["VTKHDF"]),
            hall=_hall_from_text(_text(group["hall"])),
            summary=json.loads(_text(group["summary"])),
            case_text=_text(group["case"]),
            manifest=json.loads(_text(group["manifest"])),
            face_temperatures=dict(_read_face(faces[key]) for key in sorted(faces, key=int)),
        )


def _refusal(path: Path, message: str) -> InputError:
    return InputError([Finding(str(path), message)])


def _missing(path: Path) -> str:
    """What to say of a file that is not there, whose folder may be there."""
    if path.name == FIELDS and path.parent.is_dir():
        return "no such file; name the results folder that `rehall run` wrote"
    kind = "file" if path.suffix else "folder"
    return f"no such {kind}; name the results folder that `rehall run` wrote"


def _text(dataset: h5py.Dataset) -> str:
    return dataset[()].decode("utf-8")


def _write_grid(group: h5py.Group, fields: Fields) -> None:
    """Coordinates and cell data as the VTKHDF format wants them."""
    write_coordinates(group, fields)
    cells = group.create_group("CellData")
    units = {**UNITS, **{name: unit for name, (_, unit) in fields.extra.items()}}
    arrays = {**fields.scalars(), "velocity": fields.velocity}
    for name, array in arrays.items():
        dtype = "u1" if name == "solid" else "f4"
        turned = np.asarray(array, dtype=dtype).swapaxes(0, 2)
        dataset = cells.create_dataset(name, data=turned, **COMPRESSED)
        dataset.attrs["unit"] = units[name]


def write_coordinates(group: h5py.Group, fields: Fields) -> None:
    """Type, size and coordinates of the grid."""
    group.attrs["Version"] = np.array([2, 7])
    group.attrs.create("Type", b"RectilinearGrid", dtype="S15")
    group.attrs["Dimensions"] = np.array([len(edges) for edges in fields.edges], dtype="i4")
    for axis, edges in zip("XYZ", fields.edges, strict=True):
        group[f"{axis}Coordinates"] = np.asarray(edges, dtype="f8")


def _read_grid(group: h5py.Group) -> Fields:
    """Inverse of `_write_grid`."""
    cells = group["CellData"]
    arrays = {name: cells[name][()].swapaxes(0, 2) for name in cells}
    extra = {
        name: (array, str(cells[name].attrs["unit"]))
        for name, array in arrays.items()
        if name not in UNITS
    }
    return Fields(
        x=group["XCoordinates"][()],
        y=group["YCoordinates"][()],
        z=group["ZCoordinates"][()],
        T=arrays["T"],
        p=arrays["p"],
        velocity=arrays["velocity"],
        solid=arrays["solid"].astype(bool),
        extra=extra,
    )


def _write_table(group: h5py.Group, rows: Table) -> None:
    """One dataset a column, for other programs; a missing number is NaN, a missing text empty."""
    for key in dict.fromkeys(key for row in rows for key in row):
        values = [row.get(key) for row in rows]
        if all(isinstance(value, int | float | None) for value in values):
            data: Any = np.array([math.nan if v is None else float(v) for v in values])
        else:
            data = np.array(
                ["" if v is None else str(v) for v in values], dtype=h5py.string_dtype()
            )
        group[key] = data
        group[key].attrs["unit"] = units_of(key)


def _write_face(group: h5py.Group, device: str, face: FaceTemperature) -> None:
    """Temperatures of one intake face; the device is an attribute, as names may hold a slash."""
    group.attrs["device"] = device
    group["T"] = np.asarray(face.T, dtype="f4")
    group["T"].attrs["unit"] = "K"
    group["first"] = np.asarray(face.first, dtype="f8")
    group["second"] = np.asarray(face.second, dtype="f8")


def _read_face(group: h5py.Group) -> tuple[str, FaceTemperature]:
    """Inverse of `_write_face`."""
    face = FaceTemperature(group["T"][()], group["first"][()], group["second"][()])
    return str(group.attrs["device"]), face


def _hall_as_text(hall: Hall) -> str:
    """Return the hall as JSON, which knows no infinity: an airtight baffle is written as null."""
    plain = asdict(hall)
    for baffle in plain["baffles"]:
        if math.isinf(baffle["loss_coefficient"]):
            baffle["loss_coefficient"] = None
    return json.dumps(plain, ensure_ascii=False, allow_nan=False)


def _hall_from_text(text: str) -> Hall:
    """Inverse of `_hall_as_text`."""
    plain = json.loads(text)
    for baffle in plain["baffles"]:
        if baffle["loss_coefficient"] is None:
            baffle["loss_coefficient"] = math.inf
    return Hall(
        size=tuple(plain["size"]),
        blocks=_from_plain(Block, plain["blocks"]),
        devices=_from_plain(Device, plain["devices"]),
        openings=_from_plain(Opening, plain["openings"]),
        baffles=_from_plain(Baffle, plain["baffles"]),
    )


def _from_plain(form: type, entries: list[dict[str, Any]]) -> tuple[Any, ...]:
    """Dataclasses of one form from their plain dicts, boxes among their values."""
    made = []
    for entry in entries:
        values = {
            key: Box(tuple(value["lower"]), tuple(value["upper"]))
            if isinstance(value, dict)
            else value
            for key, value in entry.items()
        }
        made.append(form(**values))
    return tuple(made)
