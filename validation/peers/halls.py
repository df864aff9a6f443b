"""Power chains of halls by pandapower and by us: voltages and currents side by side.

    python validation/peers/halls.py [--halls 50] [--records validation/peers]

Random halls with failures, and those of `configs` with every node lost on its own. Needs
pandapower (`make peers` installs it). Writes pandapower.csv and pandapower.md beside the cases;
fails where the two differ by more than the limits, or where only one of them has an answer.
"""

import argparse
import csv
import logging
import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

import numpy as np
from by_pandapower import Answer, short_circuit_currents, solve
from pandapower.powerflow import LoadflowNotConverged
from random_halls import random_hall

from power.network import NONE, PowerModel
from power.nodes import Generator, Tie, TransferSwitch
from power.short_circuit import short_circuit
from power.solve import PowerState, solve_states
from power.states import Failure, States, states_of
from power.ways import way
from rehall.config import load
from rehall.electrical import power_side
from rehall.operation import Exchange, load_powers

HERE = Path(__file__).parent
CASES = sorted((HERE.parents[1] / "configs").glob("*.yaml"))
HALLS = 50
VOLTAGE = 1e-6
"""Largest difference of a voltage, per nominal."""
CURRENT = 1e-4
"""Largest relative difference of a current."""
FAULT = 1e-3
"""Largest relative difference of a short-circuit current."""
SMALL = 10.0
"""Current with which one that is less is compared [A]: ideal links of ours round off at 0.1 W."""
FACILITY = 0.05
"""Power of the facility loops of `configs`, as a share of that of everything else."""


@dataclass(frozen=True)
class Compared:
    """One hall in all its states by both programs."""

    hall: str
    states: int
    both: int  # states that both solve
    ours: int  # that only ours solves
    theirs: int  # that only pandapower solves
    nodes: int  # live ones in those that both solve
    voltage: float  # largest difference [pu]
    voltage_at: str
    current: float  # largest relative difference
    current_at: str
    fault: float  # largest relative difference of a short-circuit current
    fault_at: str
    seen: Counter[str]  # states in which something was so

    @property
    def holds(self) -> bool:
        """Whether both solve the same states, to the same voltages and currents."""
        flows = self.voltage <= VOLTAGE and self.current <= CURRENT
        within = flows and self.fault <= FAULT
        return within and not self.ours and not self.theirs


@cache
def compare(seed: int) -> Compared:
    """Solve one random hall by both."""
    hall = random_hall(seed)
    return side_by_side(hall.name, hall.model, hall.power, hall.states)


def compare_case(path: Path) -> Compared | None:
    """Solve a case by both, in order and with every node lost; None where it has no power chain."""
    case = load(path)
    side = power_side(case)
    if side is None:
        return None
    powers = load_powers(case, Exchange())
    loops = [name for name in side.loads if not powers[name]]  # and what is switched off
    total = sum(powers[name] for name in side.loads)
    powers |= dict.fromkeys(loops, FACILITY * total / max(1, len(loops)))
    failures = [Failure(), *(Failure(frozenset({node.name})) for node in side.model.nodes)]
    wanted = np.array([powers[name] for name in side.loads])
    return side_by_side(path.stem, side.model, wanted, states_of(side.model, failures))


def chains(paths: Iterable[Path]) -> list[Path]:
    """The cases whose power chain is not that of an earlier one, as that of a variant is."""
    found = dict[object, Path]()
    for path in paths:
        side = power_side(load(path))
        if side is not None:
            found.setdefault((side.model.nodes, side.model.loads), path)
    return list(found.values())


def side_by_side(hall: str, model: PowerModel, power: np.ndarray, states: States) -> Compared:
    """Ours as one batch, pandapower state by state; the worst of all."""
    solved, seen = solve_states(model, power, states), Counter[str]()
    both = ours = theirs = nodes = 0
    voltage, current, fault = (0.0, ""), (0.0, ""), (0.0, "")
    for number in range(len(states)):
        state = solved.at(number)
        seen.update(_features(model, state))
        answer = _answer(model, state, states.bypassed[number])
        converged = bool(state.converged)
        if answer is None or not converged:
            ours += converged
            theirs += answer is not None
            continue
        both, nodes = both + 1, nodes + int(state.live.sum())
        off = np.abs(answer.voltage.min(axis=1) - state.voltage / model.voltage)
        voltage = max(voltage, _worst(model, state, number, off), key=_size)
        off = np.abs(answer.current - np.abs(state.current)) / np.maximum(answer.current, SMALL)
        current = max(current, _worst(model, state, number, off.max(axis=1)), key=_size)
        fault = max(fault, _worst(model, state, number, _faults_apart(model, state)), key=_size)
    neither = len(states) - both - ours - theirs
    seen["without any answer"] += neither
    worst = (*voltage, *current, *fault)
    return Compared(hall, len(states), both, ours, theirs, nodes, *worst, seen)


def _faults_apart(model: PowerModel, state: PowerState) -> np.ndarray:
    """Relative difference of the largest short-circuit current at every node above converters."""
    faults = short_circuit(model, state.live, state.fed_from, units=state.units)
    theirs = short_circuit_currents(model, state)
    converts = model.is_converter & ~state.through
    ways = [way(state.fed_from, place) for place in range(len(model.nodes))]
    above = np.array([state.live[w[0]] and not any(converts[p] for p in w) for w in ways])
    above &= np.isfinite(theirs) & ~np.isinf(faults.largest)
    ratio = np.ones(len(above))
    ratio[above] = faults.largest[above] / theirs[above]
    return np.abs(ratio - 1.0)


def _answer(model: PowerModel, state: PowerState, bypassed: np.ndarray) -> Answer | None:
    try:
        return solve(model, state, bypassed)
    except LoadflowNotConverged:
        return None


def _worst(model: PowerModel, state: PowerState, number: int, off: np.ndarray) -> tuple[float, str]:
    """The largest of the differences at live nodes, and where that is."""
    off = np.where(state.live, off, 0.0)
    place = int(off.argmax())
    return float(off[place]), f"{model.nodes[place].name} in state {number}"


def _size(found: tuple[float, str]) -> float:
    return np.inf if np.isnan(found[0]) else found[0]


def _features(model: PowerModel, state: PowerState) -> set[str]:
    """What is so in a state, in words."""
    found = {"with three phases"} if model.three else set()
    second = state.fed_from != model.parents[:, 0]
    for node, live, moved in zip(
        model.nodes, state.live, second & (state.fed_from != NONE), strict=True
    ):
        if live and isinstance(node, Tie):
            found.add("with a closed tie")
        if live and isinstance(node, Generator):
            found.add("with generators")
        if live and node.direct:
            found.add("with direct current")
        if moved and isinstance(node, TransferSwitch):
            found.add("with a switch on its second feed")
    words = {
        "with a UPS on battery": state.on_battery,
        "with a UPS in eco mode or on bypass": state.through,
        "with batteries being charged": state.charging > 0,
        "with loads that are not served": state.unserved > 0,
        "with part of a device's units": (state.units > 0) & (state.units < 1),
    }
    return found | {word for word, where in words.items() if where.any()}


def main() -> None:
    """Compare, print and record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--halls", type=int, default=HALLS)
    parser.add_argument("--records", type=Path, default=HERE)
    asked = parser.parse_args()
    logging.disable(logging.WARNING)  # pandapower misses numba at every call
    warnings.simplefilter("ignore", FutureWarning)  # of pandas, in pandapower
    random = [compare(seed) for seed in range(asked.halls)]
    cases = [one for one in map(compare_case, chains(CASES)) if one]
    text = report(random, cases)
    print(text)
    write_table(asked.records / "pandapower.csv", [*random, *cases])
    (asked.records / "pandapower.md").write_text(text)
    if not all(one.holds for one in [*random, *cases]):
        raise SystemExit("beyond a limit, or solved by one program alone; see the table")


def report(random: Sequence[Compared], cases: Sequence[Compared]) -> str:
    """One page of Markdown."""
    everything = [*random, *cases]
    states, both = (sum(getattr(one, name) for one in everything) for name in ("states", "both"))
    voltage = max(everything, key=lambda one: one.voltage)
    current = max(everything, key=lambda one: one.current)
    fault = max(everything, key=lambda one: one.fault)
    seen = sum((one.seen for one in everything), Counter[str]())
    alone = sum(one.ours for one in everything), sum(one.theirs for one in everything)
    lines = [
        f"# Power chains: pandapower {version('pandapower')} and rehall\n",
        "Written by `validation/peers/halls.py`; what is compared and how is in `README.md`.\n",
        f"- {len(random)} random halls and {len(cases)} of `configs` in {states} states, of which "
        f"both solve **{both}**, ours alone {alone[0]}, pandapower alone {alone[1]}; "
        f"{sum(one.nodes for one in everything)} live nodes in these.",
        f"- Voltages differ by at most **{voltage.voltage:.1e} pu** (limit {VOLTAGE:g}; "
        f"{voltage.voltage_at} of {voltage.hall.partition(':')[0]}).",
        f"- Currents differ by at most **{current.current:.1e}** of themselves or of {SMALL:g} A "
        f"(limit {CURRENT:g}; {current.current_at} of {current.hall.partition(':')[0]}).",
        f"- Short-circuit currents (IEC 60909, largest, above converters) differ by at most "
        f"**{fault.fault:.1e}** (limit {FAULT:g}; {fault.fault_at} of "
        f"{fault.hall.partition(':')[0]}).",
        f"- Of the states are {', '.join(f'{n} {what}' for what, n in sorted(seen.items()) if n)}.",
        "",
        "| hall | states | both solve | voltage [pu] | at | current | at | fault | at |",
        "| --- | ---: | ---: | ---: | --- | ---: | --- | ---: | --- |",
    ]
    return "\n".join([*lines, *map(_line, everything), ""])


def _line(one: Compared) -> str:
    return (
        f"| {one.hall} | {one.states} | {one.both} | {one.voltage:.1e} | {one.voltage_at} "
        f"| {one.current:.1e} | {one.current_at} | {one.fault:.1e} | {one.fault_at} |"
    )


def write_table(path: Path, found: Sequence[Compared]) -> None:
    """Write one row a hall as CSV."""
    names = ("hall", "states", "both", "ours", "theirs", "nodes")
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        worst = ("voltage", "current", "fault")
        table.writerow((*names, *(f"{what}{end}" for what in worst for end in ("", "_at"))))
        for one in found:
            table.writerow(
                (
                    *(getattr(one, name) for name in names),
                    f"{one.voltage:.3g}",
                    one.voltage_at,
                    f"{one.current:.3g}",
                    one.current_at,
                    f"{one.fault:.3g}",
                    one.fault_at,
                )
            )


if __name__ == "__main__":
    main()
