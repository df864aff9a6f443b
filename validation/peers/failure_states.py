"""Failure states of a pod solved as one batch, and one by one by pandapipes where it is installed.

    python validation/peers/failure_states.py [--states 500]

64 racks on 6 units and their facility water; units stopped and racks closed at random. Prints
`quantity,value`, which `validation/speed.py` records. On two cores where the system lets it choose.

pandapipes is given what it cannot find: the speed of the pumps that hold the pressure, and losses
that are not quadratic as the quadratic ones at the flows of the answer. What is timed is one call
for the flows of the pod alone, while ours contains facility water, exchangers and temperatures.
"""

import argparse
import csv
import os
import sys
import time
from importlib.util import find_spec

import equinox as eqx
import jax
import numpy as np

from thermal.liquid import facility, loop
from thermal.liquid.circuits import CircuitsModel, Places, Rejection, Scenario, build
from thermal.liquid.network import build as build_network
from thermal.liquid.solve import CircuitsState, solve_batch
from thermal.properties import fluid

LPM = 1 / 60e3  # litres a minute [m3/s]
RACKS, UNITS, STATES = 64, 6, 500
STOPPED, CLOSED = 0.2, 0.03  # share of units and of racks [-]
HEAT = 223e3  # of a rack [W]
REPEATS = 3
SAMPLE = 20  # states that pandapipes solves
CORES = min(2, os.cpu_count() or 1)


def pod() -> loop.Loop:
    """Racks in one row; the units together hold the pressure between the headers."""
    pumps = loop.Pumps((0.0, 2600 * LPM, 5525 * LPM), (365e3, 340e3, 241e3))
    units = [loop.Cdu(f"CDU{n}", 4e6, 5.0, 5525 * LPM, 6500 * LPM, pumps) for n in range(UNITS)]
    racks = [loop.Branch(f"A{n:02}", 150e3, 345 * LPM) for n in range(RACKS)]
    header, control = loop.Header(length=0.6, diameter=0.5), ("differential_pressure", 150e3)
    return loop.Loop("tcs", fluid("pg25"), (*units,), (*racks,), header, *control, 316.15)


def circuits() -> tuple[CircuitsModel, Scenario, Places]:
    """The pod with its facility water, everything in order."""
    racks = pod()
    users = tuple(facility.User(unit.name, 6500 * LPM) for unit in racks.cdus)
    plant = 311.15, UNITS * 6500 * LPM, 220e3
    water = facility.circuit(facility.Facility("fws", fluid("water"), *plant, users, 100e3))
    rejection = Rejection("plant", ("fws", "rejection"), 311.15)
    return build([loop.circuit(racks), water], loop.exchangers(racks, water), [rejection])


def failures(normal: Scenario, places: Places, count: int) -> Scenario:
    """So many scenarios as one batch, each with units stopped and racks closed at random."""
    rng = np.random.default_rng(0)
    racks = [places.link["tcs", f"A{n:02}"] for n in range(RACKS)]
    pumps = [places.pump["tcs", f"CDU{n} pump 1"][1] for n in range(UNITS)]
    batch = jax.tree.map(lambda a: np.broadcast_to(a, (count, *a.shape)).copy(), normal)
    (state,) = batch.hydraulic
    state.running[:, pumps] = rng.random((count, UNITS)) >= STOPPED
    state.m_max[:, racks] = np.where(rng.random((count, RACKS)) < CLOSED, 0.0, np.inf)
    batch.heat[:, racks] = HEAT
    return jax.tree.map(jax.numpy.asarray, batch)


def batch_figures(states: CircuitsState, taken: float) -> dict[str, float]:
    """Seconds and what is left open, the worst of all states."""
    tag = f"{states.converged.size} failure states"
    return {
        f"{tag}, {CORES} cores [s]": taken,
        f"{tag}, unsolved": int((~states.converged).sum()),
        f"{tag}, residual of a law [-]": float(states.residual.max()),
        f"{tag}, open mass [-]": float(states.continuity.max()),
        f"{tag}, open heat [-]": float(states.energy_residual.max()),
    }


def pandapipes_figures(
    scenarios: Scenario, states: CircuitsState, places: Places, taken: float, sample: int
) -> dict[str, float]:
    """Seconds of pandapipes for as many states, from a sample, and how its flows differ."""
    from by_pandapipes import Mirror, differences  # not there without the extra `peers`

    racks = loop.circuit(pod())
    numbers = (getattr(racks.fluid, name) for name in ("density", "viscosity"))
    density, viscosity = (float(number(jax.numpy.asarray(racks.T))) for number in numbers)
    network, state = build_network(racks.links, racks.nodes, density=density, viscosity=viscosity)
    mirror = Mirror(racks.links, racks.nodes, network, state)
    links = [places.link["tcs", link.name] for link in racks.links]
    units = [links.index(places.link["tcs", f"CDU{n}"]) for n in range(UNITS)]
    pumps = [places.pump["tcs", f"CDU{n} pump 1"][1] for n in range(UNITS)]
    group = places.group["tcs", "tcs"][1]
    count = states.converged.size
    spent, off = [], []
    for n in np.linspace(0, count - 1, sample).astype(int):
        (here,) = scenarios.hydraulic
        changes = here.running[n, pumps], states.speed[0][n, [group]], here.m_max[n, links]
        mirror.set_state(eqx.tree_at(lambda s: (s.running, s.speed, s.m_max), state, changes))
        ours, theirs = np.asarray(states.m_flow[n, links]), mirror.solve()[-1].m_flow
        if theirs is None:
            raise RuntimeError(f"pandapipes has no answer for state {n}")
        off.append(differences(ours, theirs, float(ours[units].sum())).max())
        started = time.perf_counter()
        mirror.solve_once()
        spent.append(time.perf_counter() - started)
    each = float(np.mean(spent))
    tag = f"{count} failure states"
    return {
        f"{tag}, pandapipes one by one [s]": each * count,
        f"{tag}, pandapipes over ours [-]": each * count / taken,
        f"{tag}, largest difference of a flow [-]": max(off),
    }


def measure(count: int, sample: int) -> dict[str, float]:
    """Figures of so many states, of which pandapipes solves a sample where it is installed."""
    model, normal, places = circuits()
    scenarios = failures(normal, places, count)
    states = jax.block_until_ready(solve_batch(model, scenarios))
    spent = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        jax.block_until_ready(solve_batch(model, scenarios))
        spent.append(time.perf_counter() - started)
    figures = batch_figures(states, min(spent))
    if find_spec("pandapipes"):
        figures |= pandapipes_figures(scenarios, states, places, min(spent), sample)
    return figures


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--states", type=int, default=STATES)
    asked = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, set(range(CORES)))
    jax.config.update("jax_enable_x64", True)
    csv.writer(sys.stdout).writerows(measure(asked.states, SAMPLE).items())


if __name__ == "__main__":
    main()
