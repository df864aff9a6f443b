"""The same hall by OpenFOAM and by us: rack inlets side by side, and what each answer costs.

    python validation/peers/run.py validation/peers/two_rows.yaml [--iterations 1500]
        [--work out/peers] [--reuse] [--records validation/peers]

Needs buoyantSimpleFoam (Debian package `openfoam`). Writes CASE.csv and CASE.md beside the cases.
Times are processor seconds of one process each on one core, without our compilation. A hall has
settled after the first iteration from which every inlet stays within 0.5 K of its long-run mean:
its single iterations, or the mean over the last 100 (over all, before there are as many). The
long-run mean is that of the last half of `--iterations`, of a longer run that is reused as well.
Where flows keep swinging the first tells when no swing reaches 0.5 K any more, the second when the
mean has arrived.
"""

import argparse
import csv
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import jax
import numpy as np

from rehall.config import Case, load
from rehall.models import AirLevel, air_levels
from rehall.observe import device_air
from rehall.openfoam.export import ITERATIONS, MANIFEST, export
from rehall.openfoam.results import FoamRun, read_run, running_mean, settled_after
from rehall.operation import air_inputs
from rehall.runtime import prepare
from rehall.simulate import simulate
from rehall.start import at_start
from rehall.utilities import Plant, first_exchange, settle
from thermal.air.iterate import run
from thermal.air.settling import Settings
from thermal.air.solve import prolong, solve_steady

HERE = Path(__file__).parent
WINDOW = 100
"""Iterations of the running mean."""
TOLERANCE = 0.5
"""How near its long-run mean a settled inlet stays [K]."""
WATCHED = 600
"""Iterations of ours that are watched on the fine grid."""
CHUNK = 10
KELVIN = 273.15


@dataclass(frozen=True)
class Settled:
    """Iteration that a series has settled at, and processor seconds until then; None if never."""

    at: int | None
    seconds: float | None


@dataclass(frozen=True)
class Ours:
    """Our answer: inlets by device [K], cost of its iterations and of settling [s]."""

    inlets: dict[str, float]
    amplitude: dict[str, float]
    single: Settled
    mean: Settled
    coarse_s: float
    new_process_s: float | None
    iteration_s: float
    own_stop_s: float
    iterations: int
    converged: bool


@dataclass(frozen=True)
class Theirs:
    """OpenFOAM's answer: long-run mean and swing of inlets [K], cost [s]."""

    inlets: dict[str, float]
    swing: dict[str, float]
    single: Settled
    mean: Settled
    iteration_s: float
    iterations: int
    tap: float


def main() -> None:
    """Run the cases, print and record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="+", type=Path)
    parser.add_argument("--iterations", type=int, default=ITERATIONS)
    parser.add_argument("--work", type=Path, default=Path("out/peers"))
    parser.add_argument("--records", type=Path, default=HERE)
    parser.add_argument("--reuse", action="store_true", help="take OpenFOAM runs that are there")
    parser.add_argument("--settle", type=int, help="only solve ours, to so many fine iterations")
    asked = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # OpenFOAM's processes inherit it
    prepare()
    if asked.settle is not None:
        watched(load(asked.cases[0]), asked.settle)
        print(time.process_time())
        return
    for path in asked.cases:
        case = load(path)
        foam = run_openfoam(case, asked.work / path.stem, asked.iterations, asked.reuse)
        foam = begun(foam, asked.iterations)
        ours, theirs = solve_ours(case), summarise(foam)
        text = report(case, foam, ours, theirs)
        print(text)
        write_table(asked.records / f"{path.stem}.csv", rows(ours, theirs))
        (asked.records / f"{path.stem}.md").write_text(text)


def run_openfoam(case: Case, folder: Path, iterations: int, reuse: bool) -> FoamRun:
    """Export a case and run it, unless a finished run of it may be taken."""
    if not (reuse and (folder / MANIFEST).is_file()):
        if shutil.which("buoyantSimpleFoam") is None:
            raise SystemExit("buoyantSimpleFoam is not installed (Debian package openfoam)")
        shutil.rmtree(folder, ignore_errors=True)
        export(case, folder, iterations=iterations)
        done = subprocess.run(["./Allrun"], cwd=folder, check=False)
        if done.returncode:
            raise SystemExit(f"OpenFOAM failed; see {folder}/log.*")
        if "Mesh OK." not in (folder / "log.checkMesh").read_text():
            raise SystemExit(f"checkMesh finds faults; see {folder}/log.checkMesh")
    return read_run(folder)


def begun(foam: FoamRun, iterations: int) -> FoamRun:
    """The first iterations of an OpenFOAM run."""
    taps = foam.taps[:iterations]
    return replace(
        foam, inlets=foam.inlets[:iterations], taps=taps, seconds=foam.seconds[:iterations]
    )


def summarise(foam: FoamRun) -> Theirs:
    """Long-run means (over the last half) of an OpenFOAM run, and when it had settled."""
    half = len(foam.inlets) // 2
    mean = foam.inlets[half:].mean(0)
    single, smooth = settling(foam.inlets, foam.seconds, 0.0)
    return Theirs(
        inlets=dict(zip(foam.devices, mean.tolist(), strict=True)),
        swing=dict(zip(foam.devices, foam.inlets[half:].std(0).tolist(), strict=True)),
        single=single,
        mean=smooth,
        iteration_s=float(foam.seconds[-1]) / len(foam.seconds),
        iterations=len(foam.seconds),
        tap=float(np.abs(foam.taps[half:].mean(0)).sum()) if foam.taps.size else 0.0,
    )


def settling(inlets: np.ndarray, seconds: np.ndarray, before: float) -> tuple[Settled, Settled]:
    """When inlets [iterations, devices] have settled: by single iterations, by running mean.

    `seconds` [iterations] are added to those `before` the first iteration.
    """
    mean = inlets[len(inlets) // 2 :].mean(0)
    found = []
    for series in (inlets, running_mean(inlets, WINDOW)):
        at = settled_after(series, mean, TOLERANCE)
        found.append(Settled(at, None if at is None else before + float(seconds[at - 1])))
    return found[0], found[1]


def solve_ours(case: Case) -> Ours:
    """Our coupled answer, solved twice so that the second is free of compilation."""
    simulate(case)
    started = time.process_time()
    solution = simulate(case)
    own_stop = time.process_time() - started
    air = device_air(case, solution.level, solution.air)
    coarse_s, series, seconds, devices = watched(case, WATCHED)
    names = [name for name in devices if name in air]
    inlets = series[:, [devices.index(name) for name in names]]
    single, mean = settling(inlets, seconds, coarse_s)
    return Ours(
        inlets={name: found.T_in for name, found in air.items()},
        amplitude={name: found.amplitude for name, found in air.items()},
        single=single,
        mean=mean,
        coarse_s=coarse_s,
        new_process_s=None if mean.at is None else new_process(case, mean.at),
        iteration_s=float(seconds[-1]) / len(seconds),
        own_stop_s=own_stop,
        iterations=solution.air.iterations,
        converged=not solution.reasons,
    )


def new_process(case: Case, settled: int) -> float:
    """Processor seconds of a new process, all of it, that settles the hall; compiled before."""
    command = [sys.executable, __file__, str(case.path), "--settle", str(settled)]
    shown = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return float(shown.split()[-1])


def watched(case: Case, most: int) -> tuple[float, np.ndarray, np.ndarray, tuple[str, ...]]:
    """Seconds of the coarse grid; inlets [iterations, devices] and seconds of the fine one.

    And the devices. Heat and flows are those of the first exchange: nothing here couples back.
    """
    levels = air_levels(case)
    exchange = first_exchange(case)
    settle(case, Plant.of(case), exchange)
    fine = levels[-1]
    inputs = [air_inputs(case, level, exchange) for level in levels]
    run(at_start(case, fine), fine.model, inputs[-1], CHUNK)  # compiles
    coarse_s, start = 0.0, at_start(case, fine)
    if len(levels) > 1:
        began = time.process_time()
        settings = Settings(iterations=case.solver.iterations)
        coarse = levels[0]
        first = solve_steady(
            coarse.model, inputs[0], coarse.streams, at_start(case, coarse), settings
        )
        start = prolong(first.work, coarse.model, coarse.grid, fine.model, fine.grid)
        coarse_s = time.process_time() - began
    devices = tuple(dict.fromkeys(fine.streams.name))
    share = device_share(fine, devices)
    work, series, seconds, spent = start, [], [], 0.0
    while len(series) < most:
        began = time.process_time()
        work, monitor = jax.block_until_ready(run(work, fine.model, inputs[-1], CHUNK))
        here = time.process_time() - began
        series += list(np.asarray(monitor.T_in, float) @ share.T + float(fine.model.T_ref))
        seconds += [spent + here * (n + 1) / CHUNK for n in range(CHUNK)]
        spent += here
    return coarse_s, np.array(series), np.array(seconds), devices


def device_share(level: AirLevel, devices: tuple[str, ...]) -> np.ndarray:
    """Matrix [devices, streams] that averages the streams of each device."""
    names = np.array(level.streams.name)
    return np.stack([level.streams.share * (names == device) for device in devices])


def rows(ours: Ours, theirs: Theirs) -> list[dict[str, str]]:
    """Inlets side by side, a device a row."""
    return [
        {
            "device": name,
            "openfoam_c": f"{theirs.inlets[name] - KELVIN:.2f}",
            "rehall_c": f"{ours.inlets[name] - KELVIN:.2f}",
            "difference_k": f"{ours.inlets[name] - theirs.inlets[name]:+.2f}",
            "openfoam_std_k": f"{theirs.swing[name]:.2f}",
            "rehall_amplitude_k": f"{ours.amplitude[name]:.2f}",
        }
        for name in ours.inlets
        if name in theirs.inlets
    ]


def bias_and_rms(case: Case, ours: Ours, theirs: Theirs) -> tuple[float, float, int]:
    """Mean and root mean square over the racks of ours less theirs [K], and their number."""
    racks = [
        item.name
        for item in case.items
        if item.name in ours.inlets and item.name in theirs.inlets and item.kind != "cooling_unit"
    ]
    off = np.array([ours.inlets[name] - theirs.inlets[name] for name in racks])
    return float(off.mean()), float(np.sqrt((off**2).mean())), len(racks)


def report(case: Case, foam: FoamRun, ours: Ours, theirs: Theirs) -> str:
    """One page of Markdown."""
    bias, rms, racks = bias_and_rms(case, ours, theirs)
    lines = [
        f"# {case.site.name}: OpenFOAM and rehall\n",
        f"`{case.path.name}`, {foam.cells:,} cells of air, {case.solver.turbulence} against "
        "OpenFOAM's k-epsilon. Written by `validation/peers/run.py`.\n",
        f"Over {racks} racks ours are off by **{bias:+.2f} K** on average (bias) and "
        f"**{rms:.2f} K** (RMS).\n",
        *times(ours, theirs),
        *(f"- {note}" for note in foam.notes),
    ]
    if theirs.tap:
        lines.append(f"- mean flow through the pressure taps: {1e3 * theirs.tap:.3g} g/s")
    table = rows(ours, theirs)
    lines += ["", "| " + " | ".join(table[0]) + " |", "| --- |" + " ---: |" * (len(table[0]) - 1)]
    lines += ["| " + " | ".join(row.values()) + " |" for row in table]
    return "\n".join(lines) + "\n"


def times(ours: Ours, theirs: Theirs) -> list[str]:
    """What both answers cost, as Markdown."""

    def shown(value: float | None, digits: int = 1) -> str:
        return "never" if value is None else f"{value:.{digits}f}"

    def compared(theirs: float | None, mine: float | None) -> str:
        ratio = f"1/{theirs / mine:.1f}" if mine and theirs else "-"
        return f"{shown(theirs)} | {shown(mine)} | {ratio} |"

    stop = f"{ours.iterations} iterations, {'converged' if ours.converged else 'not converged'}"
    return [
        "| processor time | OpenFOAM | rehall | ratio |",
        "| --- | ---: | ---: | ---: |",
        f"| one iteration [ms] | {compared(1e3 * theirs.iteration_s, 1e3 * ours.iteration_s)}",
        f"| means of {WINDOW} iterations settled after iteration | {theirs.mean.at or 'never'} | "
        f"{ours.mean.at or 'never'} | |",
        f"| ... [s], ours with its coarse grid ({ours.coarse_s:.1f} s) | "
        f"{compared(theirs.mean.seconds, ours.mean.seconds)}",
        f"| ... as a new process, compiled before [s] | "
        f"{compared(theirs.mean.seconds, ours.new_process_s)}",
        f"| single iterations settled after iteration | {theirs.single.at or 'never'} | "
        f"{ours.single.at or 'never'} | |",
        f"| ... [s], ours with its coarse grid | "
        f"{compared(theirs.single.seconds, ours.single.seconds)}",
        "| our single iterations beside OpenFOAM's means [s] | "
        f"{compared(theirs.mean.seconds, ours.single.seconds)}",
        f"| whole run [s] ({theirs.iterations} iterations; ours: {stop}, with liquid and power) | "
        f"{theirs.iteration_s * theirs.iterations:.1f} | {ours.own_stop_s:.1f} | |",
        "",
    ]


def write_table(path: Path, table: list[dict[str, str]]) -> None:
    """Write rows as CSV."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(table[0]))
        writer.writeheader()
        writer.writerows(table)


if __name__ == "__main__":
    main()
