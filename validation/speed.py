"""Speed of the air solver and of batched liquid and power states, as ratios taken in one run.

    python validation/speed.py [--quick | --start | --liquid | --power | --failures | --sweep]

Prints every figure and appends it to validation/speed.csv. On one core unless said. `copies` are
times to copy one field of the same grid; iterations of the pressure solver are to 1e-8 in float64,
for noise from cell to cell ("rough") and for air pushed through the length of the hall ("smooth").
Without a choice all but the sweep, which takes most of an hour.
"""

import csv
import os
import resource
import subprocess
import sys
import time
from argparse import SUPPRESS, ArgumentParser, RawDescriptionHelpFormatter
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from geometry.grid import Grid, build_grid
from geometry.hall import Block, Box, Device, Hall, Opening
from geometry.voxels import voxelise
from thermal.air.build import build_model
from thermal.air.inputs import AirInputs
from thermal.air.iterate import run
from thermal.air.march import Instant, Segment, begin, march
from thermal.air.model import AirModel
from thermal.air.multigrid import build_levels, solve_to, v_cycle
from thermal.air.state import Work, at_rest

CASE = Path(__file__).parent / "peers" / "contained.yaml"
STATES = {  # failure states in one batch, and the other program that solves them one by one
    "liquid": (Path(__file__).parent / "peers" / "failure_states.py", "pandapipes"),
    "power": (Path(__file__).parent / "peers" / "power_states.py", "pandapower"),
    "failures": (Path(__file__).with_name("failure_states.py"), ""),
    "sweep": (Path(__file__).with_name("sweep_variants.py"), ""),
}
TABLE = Path(__file__).with_name("speed.csv")
SUPPLY = 291.15
ROWS = 10
TOLERANCE = 1e-8
SIZES = (50_000, 200_000, 1_000_000)


def reference_hall() -> Hall:
    """Two rows of ten racks facing a cold aisle, three supplies, three ways out."""
    racks = []
    for n in range(ROWS):
        x = 3 + 0.6 * n
        racks.append(Device(f"A{n}", "rack", Box((x, 3.2, 0.0), (x + 0.6, 4.2, 2.0)), "+y", "-y"))
        racks.append(Device(f"B{n}", "rack", Box((x, 5.4, 0.0), (x + 0.6, 6.4, 2.0)), "-y", "+y"))
    openings = []
    for n in range(3):
        x, y = 3.4 + 2 * n, 0.4 if n % 2 else 8.0
        openings.append(Opening(f"s{n}", "supply", Box((x, 4.2, 0.0), (x + 1.2, 5.4, 0.0))))
        out = Box((x, y, 3.2), (x + 1.2, y + 1.2, 3.2))
        openings.append(Opening(f"o{n}", "outdoor", out, 2.0))
    return Hall((12.0, 9.6, 3.2), devices=tuple(racks), openings=tuple(openings))


def obstructed_hall(sealed: bool) -> Hall:
    """A hall with solid blocks in rows, for the pressure solver."""
    blocks = tuple(
        Block(f"{row}-{n}", Box((1.0 + 2.0 * n, y, 0.0), (2.2 + 2.0 * n, y + 1.0, 2.2)))
        for row, y in enumerate((1.5, 4.5, 7.0))
        for n in range(5)
    )
    way_out = Opening("out", "outdoor", Box((0.0, 3.0, 1.0), (0.0, 4.0, 2.0)), 2.0)
    return Hall((12.0, 9.6, 3.2), blocks=blocks, openings=() if sealed else (way_out,))


def inputs(model: AirModel, names: tuple[str, ...], share: np.ndarray) -> AirInputs:
    """8 kW and 0.6 m3/s a rack; the supplies bring a tenth more."""
    rack = np.array([name[0] in "AB" for name in names])
    n, f32 = model.streams, np.float32
    return AirInputs(
        V_flow=jnp.array(np.where(rack, 0.6 * share, 4.4 * share), f32),
        heat=jnp.array(np.where(rack, 8e3 * share, 0.0), f32),
        controlled=jnp.array(~rack, f32),
        T_set=jnp.full(n, SUPPLY, f32),
        conductance=jnp.full(n, 1e12, f32),
        T_coolant=jnp.full(n, 200.0, f32),
        T_outdoor=jnp.asarray(300.15, f32),
        T_opening=jnp.full(3, 300.15, f32),
        T_wall=jnp.full(6, 293.15, f32),
        U_wall=jnp.zeros(6, f32),
        flux_wall=jnp.zeros(6, f32),
        block_heat=jnp.zeros(0, f32),
    )


def seconds(call, repeats: int) -> float:
    """Least time of a call, compiled before."""
    jax.block_until_ready(call())
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        jax.block_until_ready(call())
        taken.append(time.perf_counter() - start)
    return min(taken)


def lay(hall: Hall, cell: float, dtype: type = np.float32):
    """Model, stream table and centres of the cells of a hall."""
    grid = build_grid(hall, cell)
    model, streams = build_model(hall, voxelise(hall, grid), 101325.0, SUPPLY, dtype=dtype)
    return model, streams, grid


def conductances(model: AirModel):
    """Conductances of unit mobility, and the openings' terms."""
    c = tuple(model.open[axis] * model.area(axis) / model.metric.spacing[axis] for axis in range(3))
    e = jnp.zeros_like(model.fluid).ravel()
    for faces in model.outdoor:
        e = e.at[faces.cell].add(faces.area)
    return c, e.reshape(model.fluid.shape)


def coarser(c, e, merged, go):
    """What an outer iteration makes of the conductances; given back, they would be copied."""
    levels = build_levels(c, e, merged, go)
    return levels[0].diagonal, levels[0].inverse, levels[1:]


def iteration_figures(cell: float, repeats: int) -> dict[str, float]:
    """Outer iteration and V-cycle in copies of one field, and compile times."""
    model, streams, grid = lay(reference_hall(), cell)
    cells = grid.cells
    given = inputs(model, streams.name, streams.share)
    rest = at_rest(model, SUPPLY)
    jax.clear_caches()
    start = time.perf_counter()
    jax.block_until_ready(run(rest, model, given, 10))
    first = time.perf_counter() - start
    step = seconds(lambda: run(rest, model, given, 10), repeats) / 10
    copy = jax.jit(lambda x: x + 1)
    once = seconds(lambda: copy(rest.T), 1000)
    c, e = conductances(model)
    build, cycle = jax.jit(coarser), jax.jit(v_cycle)
    built = seconds(lambda: build(c, e, model.aggregates, model.go), 20)
    levels = jax.jit(build_levels)(c, e, model.aggregates, model.go)
    around = seconds(lambda: cycle(levels, model.fluid, model.go), 20)
    tag = f"{cells} cells"
    return {
        f"copy of a field, {tag} [ns/cell]": 1e9 * once / cells,
        f"outer iteration, {tag} [ns/cell]": 1e9 * step / cells,
        f"outer iteration, {tag} [copies]": step / once,
        f"V-cycle, {tag} [copies]": around / once,
        f"levels of the pressure solver, {tag} [copies]": built / once,
        f"trace and compile, {tag} [s]": first - 10 * step,
        f"memory, {tag} [B/cell]": memory(rest, model, given) / cells,
    }


def memory(work: Work, model: AirModel, given: AirInputs) -> float:
    """Bytes that ten outer iterations hold: their arguments, results and everything between."""
    arrays, rest = eqx.partition((work, model, given), eqx.is_array)
    several = jax.jit(lambda arrays: run(*eqx.combine(arrays, rest), 10))
    held = several.lower(arrays).compile().memory_analysis()
    parts = (held.argument_size_in_bytes, held.output_size_in_bytes, held.temp_size_in_bytes)
    return float(sum(parts))


def transient_figures(cell: float, time_simulated: float) -> dict[str, float]:
    """Speed of a transient over real time: from the third second after the supplies stop."""
    model, streams, grid = lay(reference_hall(), cell)
    given = inputs(model, streams.name, streams.share)
    start = run(at_rest(model, SUPPLY), model, given, 100)[0]
    supply = np.array([name[0] == "s" for name in streams.name])
    stopped = replace(given, V_flow=jnp.where(supply, 0.25 * given.V_flow, given.V_flow))

    def until(instant: Instant, begin: float, end: float) -> tuple[Instant, int]:
        clock = (jnp.asarray(t, jnp.float32) for t in (begin, end))
        marched = list(march(instant, model, [Segment(*clock, stopped, stopped)]))
        steps = sum(int(np.sum(np.asarray(taken.accepted))) for _, taken in marched)
        return marched[-1][0], steps

    settled, _ = until(begin(start, 0.01), 0.0, 3.0)
    before = time.perf_counter()
    _, steps = until(settled, 3.0, 3.0 + time_simulated)
    wall = time.perf_counter() - before
    tag = f"transient, {grid.cells} cells"
    return {
        f"{tag} [x real time]": time_simulated / wall,
        f"{tag}, mean step [s]": time_simulated / steps,
    }


def loads(model: AirModel, grid: Grid) -> dict[str, np.ndarray]:
    """Right-hand sides whose sum over the air is zero, so that a sealed hall has a solution."""
    air = np.asarray(model.fluid)
    along = np.cos(np.pi * np.append(grid.centres[0], 0.0) / grid.x[-1])
    found = {}
    for name, b in (
        ("rough", np.random.default_rng(0).normal(size=air.shape)),
        ("smooth", np.broadcast_to(along[:, None, None], air.shape)),
    ):
        found[name] = air * (b - (b * air).sum() / air.sum())
    return found


def pressure_figures(sizes: tuple[int, ...]) -> dict[str, float]:
    """Iterations of the pressure solver against the number of cells."""
    figures: dict[str, float] = {}
    counts: dict[str, list[int]] = {}
    for sealed in (False, True):
        for size in sizes:
            cell = (12 * 9.6 * 3.2 / size) ** (1 / 3)
            model, _, grid = lay(obstructed_hall(sealed), cell, np.float64)
            levels = eqx.filter_jit(build_levels)(*conductances(model), model.aggregates, model.go)
            solve = eqx.filter_jit(solve_to)
            for load, b in loads(model, grid).items():
                count = int(solve(levels, jnp.array(b), TOLERANCE, 200, model.go)[1])
                kind = f"{'sealed' if sealed else 'open'}, {load}"
                counts.setdefault(kind, []).append(count)
                figures[f"pressure iterations, {kind}, {grid.cells} cells"] = count
    for kind, found in counts.items():
        figures[f"growth of pressure iterations, {kind} [%]"] = 100 * (found[-1] / found[0] - 1)
    return figures


def child_seconds(*arguments: str) -> tuple[float, str]:
    """Processor seconds of a new Python process with these arguments, and what it printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, *arguments], check=True, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)
    return spent, done.stdout


def start_figures() -> dict[str, float]:
    """Starting, in processor time (of a whole case in wall time), and an iteration on all cores."""
    told, _ = child_seconds("-c", "from rehall.cli import main; main()", "--help")
    figures = {"rehall --help [s]": told}
    figures[f"outer iteration, {os.cpu_count()} cores [ns/cell]"] = float(
        child_seconds("-P", __file__, "--all-cores")[1]
    )
    for what, figure in (
        ("--start", "second run, trace and load [s]"),
        ("--case", "second run of a case, all programs [s]"),
    ):
        alone = ("-P", __file__, what)  # without this folder, whose `power` is not the package
        child_seconds(*alone)  # fills the cache
        figures[figure] = float(child_seconds(*alone)[1].split()[-1])
    return figures


def state_figures(of: str) -> dict[str, float]:
    """Failure states in one batch, beside another program where it is installed; on two cores."""
    script, peer = STATES[of]
    # Without this folder, whose `power` is not the package; scripts of peers import each other.
    words = (str(script),) if peer else ("-P", str(script))
    rows = csv.reader(child_seconds(*words)[1].splitlines())
    figures = {quantity: float(value) for quantity, value in rows}
    if not any(peer in quantity for quantity in figures):
        print(f"{peer} is not installed here: `make peers` prints the ratio to it")
    return figures


def use_cores(most: int) -> None:
    """Bind this process and its children to so many cores, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, set(range(min(most, os.cpu_count() or 1))))


def iteration_on_all_cores() -> float:
    """Time of an outer iteration where XLA may divide its kernels among cores [ns/cell]."""
    use_cores(os.cpu_count() or 1)
    return next(v for k, v in iteration_figures(0.2, 20).items() if k.startswith("outer"))


def overhead_of_a_start() -> float:
    """Processor seconds that the first chunk of both grids costs beyond a later one.

    With the persistent cache of compiled programs, as `rehall run` has it.
    """
    from rehall.runtime import prepare  # not there on machines that have the solver alone

    prepare()
    spent = 0.0
    for cell in (0.4, 0.2):
        model, streams, _ = lay(reference_hall(), cell)
        given = inputs(model, streams.name, streams.share)
        rest = at_rest(model, SUPPLY)
        taken = []
        for _ in range(2):
            before = time.process_time()
            jax.block_until_ready(run(rest, model, given, 25))
            taken.append(time.process_time() - before)
        spent += taken[0] - taken[1]
    return spent


def overhead_of_a_case() -> float:
    """Wall seconds in which JAX traces, lowers, and compiles or loads all programs of a run."""
    from rehall.cli import app  # not there on machines that have the solver alone

    spent = []

    def add(event: str, duration: float, **_: object) -> None:
        if event.startswith("/jax/core/compile/"):
            spent.append(duration)

    jax.monitoring.register_event_duration_secs_listener(add)
    with TemporaryDirectory() as folder:
        app(["run", str(CASE), "--out", f"{folder}/out", "--no-pictures"], standalone_mode=False)
    return sum(spent)


def all_figures(quick: bool) -> dict[str, float]:
    """Everything, in a short form if `quick`."""
    use_cores(1)
    jax.config.update("jax_enable_x64", True)
    figures = iteration_figures(0.2, 20)
    if not quick:
        figures |= iteration_figures(0.1, 5)
    if jax.default_backend() == "gpu":  # 1 and 10 million cells
        figures |= iteration_figures(0.0717, 2) | iteration_figures(0.0333, 2)
    figures |= transient_figures(0.2, 10.0)
    if jax.default_backend() == "cpu":
        figures |= start_figures() | state_figures("liquid") | state_figures("power")
        figures |= state_figures("failures")
    return figures | pressure_figures(SIZES[:2] if quick else SIZES)


def record(figures: dict[str, float]) -> None:
    """Print and append."""
    new = not TABLE.exists()
    with TABLE.open("a", newline="") as file:
        table = csv.writer(file)
        if new:
            table.writerow(("date", "jax", "device", "quantity", "value"))
        for quantity, value in figures.items():
            print(f"{quantity:62s} {value:10.3g}")
            device = jax.devices()[0].device_kind
            table.writerow((date.today(), jax.__version__, device, quantity, f"{value:.4g}"))


def asked() -> str:
    """Which figures the command line asks for."""
    words = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    one = words.add_mutually_exclusive_group()
    told_of = ("quick", "start", "liquid", "power", "failures", "sweep")
    for name in (*told_of, "case", "all-cores"):
        told = None if name in told_of else SUPPRESS  # those it calls itself by
        one.add_argument(f"--{name}", action="store_const", dest="what", const=name, help=told)
    return words.parse_args().what or ""


if __name__ == "__main__":
    match asked():
        case "all-cores":
            print(iteration_on_all_cores())
        case "start":
            print(overhead_of_a_start())
        case "case":
            print(overhead_of_a_case())
        case "liquid" | "power" | "failures" | "sweep" as of:
            record(state_figures(of))
        case what:
            record(all_figures(what == "quick"))
