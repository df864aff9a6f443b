"""An iteration of the air alone, in two processes, and in two that are bound to a core each.

    python -P validation/processes.py

Prints a row a figure, over the time alone. Needs two cores.
"""

import csv
import subprocess
import sys
from pathlib import Path

CASE = Path(__file__).parent / "peers" / "contained.yaml"
ITERATIONS, REPEATS = 25, 8


def timed(core: str) -> None:
    """Print the time of an iteration [s] of this process, bound to a core unless that is `free`."""
    from rehall.cores import bind

    bind(None if core == "free" else int(core))
    import time

    from rehall.config import load
    from rehall.models import air_levels
    from rehall.operation import air_inputs
    from rehall.runtime import prepare
    from rehall.start import at_start
    from rehall.utilities import first_exchange
    from thermal.air.iterate import run

    prepare()
    case = load(CASE)
    level = air_levels(case)[-1]
    inputs, work = air_inputs(case, level, first_exchange(case)), at_start(case, level)
    work, _ = run(work, level.model, inputs, ITERATIONS)
    work.T.block_until_ready()
    began = time.perf_counter()
    for _ in range(REPEATS):
        work, _ = run(work, level.model, inputs, ITERATIONS)
    work.T.block_until_ready()
    print((time.perf_counter() - began) / (REPEATS * ITERATIONS))


def together(cores: list[str]) -> float:
    """Mean time of an iteration in processes on these cores at once [s]."""
    command = [sys.executable, "-P", __file__]
    started = [
        subprocess.Popen([*command, core], stdout=subprocess.PIPE, text=True) for core in cores
    ]
    return sum(float(one.communicate()[0]) for one in started) / len(started)


def main() -> None:
    """Time all three ways."""
    together(["free"])  # fills the cache
    alone = together(["free"])
    table = csv.writer(sys.stdout)
    for told, cores in (("free to move", ["free", "free"]), ("bound to a core", ["0", "1"])):
        table.writerow(
            (f"iteration in two processes, {told}, over one alone [-]", together(cores) / alone)
        )


if __name__ == "__main__":
    timed(sys.argv[1]) if len(sys.argv) > 1 else main()
