"""Random rack loops by pandapipes and by us: flows side by side.

    python validation/peers/networks.py [--loops 50] [--records validation/peers]

Needs pandapipes (`make peers` installs it). Writes pandapipes.csv and pandapipes.md beside the
cases; fails where flows differ by more than the limit or ours does not converge.
"""

import argparse
import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

import equinox as eqx
import jax
import numpy as np
from by_pandapipes import Answer, Mirror, differences

from rehall.validation.rack_loops import random_loop
from thermal.liquid.hydraulics import solve_flows

HERE = Path(__file__).parent
LOOPS = 50
LIMIT = 1e-6
"""Largest relative difference of a flow."""
SHUT = 1e-6
"""Share of the flow of the whole loop that no check valve lets through."""

solve = eqx.filter_jit(solve_flows)


@dataclass(frozen=True)
class Compared:
    """One loop by both programs."""

    loop: str
    converged: bool  # ours
    answers: tuple[Answer, ...]  # of pandapipes
    backward: tuple[str, ...]  # units that its first answer lets water back through
    shut: tuple[str, ...]  # units taken out of service there by hand
    difference: float  # of the flow that differs most, relative; NaN where there is no answer
    where: str

    @property
    def both(self) -> bool:
        """Whether both have an answer without water that comes back."""
        return self.converged and np.isfinite(self.difference)

    @property
    def holds(self) -> bool:
        """Whether ours converges, and to the same flows wherever pandapipes has any."""
        return self.converged and not self.difference > LIMIT

    @property
    def remarks(self) -> str:
        """What pandapipes was helped with, in words; nothing where its full steps did."""
        said = [f"{answer.damping:g}: {self._outcome(answer)}" for answer in self.answers]
        if self.shut:
            said.insert(-1, f"{', '.join(self.shut)} shut by hand")
        return "; ".join(said) if len(said) > 1 else ""

    def _outcome(self, answer: Answer) -> str:
        if answer.backward:
            return f"water comes back through {', '.join(self.backward)}"
        return answer.failure.partition(".")[0] or "solved"


@cache
def compare(seed: int) -> Compared:
    """Solve one random loop by both.

    Where water comes back through a running unit in every answer of pandapipes, the units that ours
    holds shut by their check valves are taken out of service by hand.
    """
    loop = random_loop(seed)
    flows = solve(loop.network, loop.state)
    m_flow = np.asarray(flows.m_flow)[: len(loop.links)]
    mirror = Mirror(loop.links, loop.nodes, loop.network, loop.state)
    units = np.array(list(mirror.pumps))
    total = float(m_flow[units].sum())
    answers, shut = mirror.solve(), []
    backward = next((a.backward for a in answers if a.backward), ())
    if answers[-1].m_flow is None or answers[-1].backward:
        shut = [n for n in units if mirror.position[n] > 0.0 and m_flow[n] < SHUT * total]
        mirror.take_out(shut)
        answers += mirror.solve() if shut else []
    found, off = answers[-1], np.array([np.nan])
    if found.m_flow is not None and not found.backward:
        off = differences(m_flow, found.m_flow, total)
    worst = int(off.argmax())
    return Compared(
        loop.name,
        bool(flows.converged),
        tuple(answers),
        tuple(loop.links[n].name for n in backward),
        tuple(loop.links[n].name for n in shut),
        float(off[worst]),
        loop.links[worst].name,
    )


def main() -> None:
    """Compare, print and record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--loops", type=int, default=LOOPS)
    parser.add_argument("--records", type=Path, default=HERE)
    asked = parser.parse_args()
    jax.config.update("jax_enable_x64", True)
    found = [compare(seed) for seed in range(asked.loops)]
    text = report(found)
    print(text)
    write_table(asked.records / "pandapipes.csv", found)
    (asked.records / "pandapipes.md").write_text(text)
    if not all(one.holds for one in found):
        raise SystemExit("beyond the limit, or not converged; see the table")


def report(found: Sequence[Compared]) -> str:
    """One page of Markdown."""
    both = [one for one in found if one.both]
    first = [one for one in both if len(one.answers) == 1]
    alone = [one for one in found if one.converged and not one.both]
    worst = max(both, key=lambda one: one.difference)
    lines = [
        f"# Random rack loops: pandapipes {version('pandapipes')} and rehall\n",
        "Written by `validation/peers/networks.py`; what is compared and how is in `README.md`.\n",
        f"- {len(found)} loops, of which ours solves **{sum(one.converged for one in found)}** and "
        f"pandapipes **{len(both)}**: {len(first)} with full steps, {len(both) - len(first)} with "
        "shorter ones or units shut by hand.",
        f"- Where both do, flows differ by at most **{worst.difference:.1e}** (limit {LIMIT:g}; "
        f"{worst.where} of loop {worst.loop.partition(':')[0]}).",
        f"- Solved by ours alone: {', '.join(one.loop.partition(':')[0] for one in alone) or '-'}.",
        "",
        "| loop | largest difference | of the flow of | pandapipes: steps and what they led to |",
        "| --- | ---: | --- | --- |",
    ]
    return "\n".join([*lines, *map(_line, found), ""])


def _line(one: Compared) -> str:
    difference = f"{one.difference:.1e} | {one.where}" if one.both else "no answer |"
    return f"| {one.loop} | {difference} | {one.remarks} |"


def write_table(path: Path, found: Sequence[Compared]) -> None:
    """Write one row a loop as CSV."""
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(("loop", "rehall_converged", "difference", "link", "pandapipes"))
        for one in found:
            difference = f"{one.difference:.3g}" if one.both else ""
            table.writerow((one.loop, one.converged, difference, one.where, one.remarks))


if __name__ == "__main__":
    main()
