"""What an OpenFOAM run of an exported case says: inlet temperatures by iteration, and its time."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geometry.errors import InputError
from rehall.openfoam.export import MANIFEST

LOGS = ("log.first", "log.second")


@dataclass(frozen=True, eq=False)
class FoamRun:
    """Series of an OpenFOAM run.

    `inlets` [iterations, devices] are mean intake temperatures [K]; `taps` [iterations, taps] the
    mass flow out of each pressure tap [kg/s]; `seconds` [iterations] the processor time so far.
    """

    devices: tuple[str, ...]
    inlets: np.ndarray
    taps: np.ndarray
    seconds: np.ndarray
    cells: int
    notes: tuple[str, ...]


def read_run(folder: Path) -> FoamRun:
    """Read the function objects and logs of a case that `Allrun` ran."""
    manifest = folder / MANIFEST
    if not manifest.is_file():
        raise InputError.of("", f"{folder} holds no case written by rehall export-openfoam")
    known = json.loads(manifest.read_text())
    inlets = [read_series(folder, zone) for zone in known["inlets"]]
    taps = [read_series(folder, tap) for tap in known["taps"]]
    seconds = read_seconds([folder / log for log in LOGS])
    length = min(len(series) for series in (*inlets, *taps, seconds))
    if length == 0:
        raise InputError.of("", f"{folder}: OpenFOAM wrote no iteration")
    stacked = [
        np.array([s[:length] for s in group]).reshape(-1, length) for group in (inlets, taps)
    ]
    return FoamRun(
        devices=tuple(known["inlets"].values()),
        inlets=stacked[0].T,
        taps=stacked[1].T,
        seconds=seconds[:length],
        cells=int(known["cells"]),
        notes=tuple(known["notes"]),
    )


def read_series(folder: Path, name: str) -> np.ndarray:
    """Values of one function object, its stages one after the other."""
    files = (folder / "postProcessing" / name).glob("*/surfaceFieldValue.dat")
    rows = {}
    for file in sorted(files, key=lambda path: float(path.parent.name)):
        for line in file.read_text().splitlines():
            if line and not line.startswith("#"):
                time, value = line.split()
                rows[float(time)] = float(value)
    return np.array([rows[time] for time in sorted(rows) if time > 0])


def read_seconds(logs: list[Path]) -> np.ndarray:
    """Processor time after every iteration [s]; the start of each stage counts."""
    done, found = 0.0, []
    for log in logs:
        if not log.is_file():
            continue
        here = [float(t) for t in re.findall(r"^ExecutionTime = (\S+) s", log.read_text(), re.M)]
        found += [done + t for t in here]
        done += here[-1] if here else 0.0
    return np.array(found)


def running_mean(series: np.ndarray, window: int) -> np.ndarray:
    """Mean over the last `window` iterations (over all, before there are as many)."""
    total = np.cumsum(np.vstack([np.zeros_like(series[:1]), series]), axis=0)
    last = np.arange(1, len(series) + 1)
    first = np.maximum(last - window, 0)
    return (total[last] - total[first]) / (last - first)[:, None]


def settled_after(series: np.ndarray, target: np.ndarray, tolerance: float) -> int | None:
    """First iteration after which every column stays within `tolerance` of its target."""
    outside = np.flatnonzero((np.abs(series - target) > tolerance).any(axis=1))
    if not len(outside):
        return 1
    last = int(outside[-1]) + 2
    return last if last <= len(series) else None
