"""Failure states of a power chain as one batch, and one by one by pandapower where it is installed.

    python validation/peers/power_states.py [--states 500]

Two sides of 150 nodes and 128 racks with power shelves on both: every node lost, then random
pairs. Ours is what is live, the split of loads, the load flow on both sides of every UPS, all
rules, and the headroom of every busway. Of pandapower the load flows alone are timed, not its
tables, and not what a state decides. Prints `quantity,value`, which `validation/speed.py` records.
"""

import argparse
import csv
import os
import sys
import time
from importlib.util import find_spec

import numpy as np

from power import (
    Battery,
    Board,
    Failure,
    Generator,
    Line,
    Load,
    Moment,
    Node,
    PowerModel,
    TransferSwitch,
    Transformer,
    Ups,
    Utility,
    build,
)
from power.headroom import headroom
from power.rules import rules
from power.solve import PowerState, solve_states
from power.states import states_of

V, STATES, REPEATS, SAMPLE = 415.0, 500, 3, 20
BUSWAYS, WHIPS = 16, 8
RACK = 130e3  # [W]
SHELVES = 226e3  # what those of one feed draw at most [W]
CORES = min(2, os.cpu_count() or 1)


def side(letter: str) -> list[Node]:
    """Utility or generator, transformer, UPS with battery, busways with whips."""
    grid, plant, switch = f"grid {letter}", f"generator {letter}", f"switch {letter}"
    middle, low, ups, out = (f"{what} {letter}" for what in ("transformer", "low", "ups", "out"))
    wire = {"resistance": 3e-5, "reactance": 1.6e-5}
    nodes: list[Node] = [
        Utility(name=grid, voltage=13.8e3, short_circuit_power=500e6, demand_limit=25e6),
        Generator(name=plant, voltage=13.8e3, rating=25e6, rated_power=20e6, units=10,
                  start_time=10.0),
        TransferSwitch(name=switch, fed_by=(grid, plant), voltage=13.8e3, rating=25e6, gap=0.5),
        Transformer(name=middle, fed_by=(switch,), voltage=V, rating=22e6, impedance=0.0575,
                    no_load_loss=14e3, load_loss=163e3, no_load_current=0.003),
        Board(name=low, fed_by=(middle,), voltage=V, rating=25e6),
        Ups(name=ups, fed_by=(low,), voltage=V, rating=20e6, battery=Battery(energy=6e9),
            loss_coefficients=(0.006, 0.012, 0.013)),
        Board(name=out, fed_by=(ups,), voltage=V, rating=25e6),
    ]  # fmt: skip
    for n in range(BUSWAYS):
        bus = f"busway {n:02} {letter}"
        nodes.append(Line(name=bus, fed_by=(out,), voltage=V, rating=1.8e6, length=20.0, **wire))
        nodes += [
            Line(name=f"whip {n:02}.{k} {letter}", fed_by=(bus,), voltage=V, rating=290e3,
                 length=6.0, resistance=1e-4, reactance=6e-5, kind="whip")
            for k in range(WHIPS)
        ]  # fmt: skip
    return nodes


def hall() -> PowerModel:
    """Both sides, and a rack for each pair of whips."""
    racks = [
        Load(name=f"rack {n:02}.{k}", feeds=tuple(f"whip {n:02}.{k} {s}" for s in "AB"),
             ratings=(SHELVES, SHELVES))
        for n in range(BUSWAYS)
        for k in range(WHIPS)
    ]  # fmt: skip
    return build([*side("A"), *side("B")], racks)


def failures(model: PowerModel, count: int) -> list[Failure]:
    """Every node lost alone, then two at random."""
    names, rng = [node.name for node in model.nodes], np.random.default_rng(0)
    alone = [Failure(frozenset({name})) for name in names]
    pairs = [frozenset(rng.choice(names, 2, replace=False).tolist()) for _ in range(count)]
    return [*alone, *map(Failure, pairs)][:count]


def solved(model: PowerModel, lost: list[Failure]) -> PowerState:
    """All states, their rules, and the headroom of the busways."""
    states = states_of(model, lost, (Moment.SETTLED,))
    state = solve_states(model, np.full(len(model.loads), RACK), states)
    busways = np.array([n for n, node in enumerate(model.nodes) if node.name[:6] == "busway"])
    rules(model, state)
    headroom(model, state, places=busways)
    return state


def by_pandapower(model: PowerModel, state: PowerState, tag: str) -> dict[str, float]:
    """Time of its load flows for all states, from a sample; the largest difference of a voltage."""
    import by_pandapower as peer

    spent, run = [], peer.pp.runpp

    def timed(*given: object, **options: object) -> None:
        start = time.perf_counter()
        run(*given, **options)
        spent.append(time.perf_counter() - start)

    peer.pp.runpp = timed
    count = len(state.converged)
    sample = np.linspace(0, count - 1, SAMPLE).astype(int)
    none, apart = np.zeros(len(model.nodes), dtype=bool), []
    for n in sample:
        one = state.at(int(n))
        answer = peer.solve(model, one, none)
        ours = np.where(one.live, one.voltage / model.voltage, np.nan)
        apart.append(np.nanmax(np.abs(answer.voltage[:, 0] - ours)))
    peer.pp.runpp = run
    return {
        f"{tag}, pandapower one by one [s]": sum(spent) / SAMPLE * count,
        f"{tag}, largest difference of a voltage [pu]": float(max(apart)),
    }


def figures(count: int) -> dict[str, float]:
    """Everything that is printed."""
    model = hall()
    lost, taken = failures(model, count), []
    for _ in range(REPEATS):
        start = time.perf_counter()
        state = solved(model, lost)
        taken.append(time.perf_counter() - start)
    tag = f"{count} failure states of {len(model.nodes)} power nodes"
    found = {
        f"{tag}, {CORES} cores [s]": min(taken),
        f"{tag}, first call [s]": taken[0],
        f"{tag}, unsolved": int((~state.converged).sum()),
        f"{tag}, open balance [-]": float(state.balance_error.max()),
    }
    if find_spec("pandapower"):
        theirs = by_pandapower(model, state, tag)
        ratio = theirs[f"{tag}, pandapower one by one [s]"] / min(taken)
        found |= theirs | {f"{tag}, pandapower over ours [-]": ratio}
    return found


if __name__ == "__main__":
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--states", type=int, default=STATES)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, set(range(CORES)))
    rows = csv.writer(sys.stdout)
    rows.writerows(figures(words.parse_args().states).items())
