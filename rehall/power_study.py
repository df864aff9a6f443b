"""The power chain of a case in the normal state and after every single failure."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from power import backup
from power.checks import Check
from power.headroom import Headroom
from power.selectivity import Pair, selectivity, selectivity_checks
from power.short_circuit import ShortCircuit, fault_checks, short_circuit
from power.states import Failure, Moment
from power.study import Study, collapses_at, study
from rehall.config import Case
from rehall.electrical import PowerSide

Row = dict[str, Any]
WHEN = {
    Moment.TRANSFER: "during transfer",
    Moment.BATTERY: "on batteries",
    Moment.GENERATOR: "when generators run",
    Moment.SETTLED: "settled",
}
EVERY = "every state"
NORMAL = 0
"""Place of the normal state among the failures."""


@dataclass(frozen=True)
class Finding:
    """A check in the failure and at the moment in which it is worst."""

    check: Check
    failure: str
    when: str

    def row(self) -> Row:
        """As a row of the summary; figures in kilo-units where the unit is large."""
        check, (scale, unit) = self.check, SHOWN.get(self.check.unit, (1.0, self.check.unit))
        return {
            "rule": check.rule,
            "where": check.node,
            "state": self.failure,
            "when": self.when,
            "value": finite(check.value * scale),
            "limit": finite(check.limit * scale),
            "unit": unit,
            "holds": bool(check.holds),
            "margin_pct": finite(100 * check.margin) if check.limit else None,
            "informational": check.informational,
            "source": check.source,
        }


SHOWN = {"W": (1e-3, "kW"), "VA": (1e-3, "kVA"), "1": (1e2, "%"), "W/s": (1e-6, "MW/s")}
"""How figures are shown: factor and unit."""


@dataclass(frozen=True, eq=False)
class PowerStudy:
    """All states of the chain of a case, and the checks that hang on more than one state."""

    case: Case
    side: PowerSide
    study: Study
    air: np.ndarray  # round the nodes, NaN where not known [K]
    room: Headroom
    sequences: tuple[tuple[int, list[backup.Step]], ...]
    others: tuple[tuple[int, Check], ...]  # by the place of the failure; of all states at -1
    faults: ShortCircuit
    pairs: tuple[Pair, ...]

    @cached_property
    def findings(self) -> list[Finding]:
        """Every rule that does not hold: those of all states, of the normal one, of failures.

        Advice comes last, and of failures only what must hold.
        """
        found = [self._of(n, check) for n, check in self.others if not check.holds]
        for n in range(len(self.study.failures)):
            broken = self.study.broken(n, informational=n == NORMAL)
            found += [Finding(c, str(self.study.failures[n]), WHEN[moment]) for moment, c in broken]
            if not self.study.solved(n):
                found.append(self._collapse(n))
        return sorted(found, key=_order)

    def broken(self, n: int) -> list[Finding]:
        """What must hold and does not in a failure, what belongs to all states included."""
        name = str(self.study.failures[n])
        found = [f for f in self.findings if f.failure in (name, EVERY)]
        return [f for f in found if not f.check.informational]

    def _of(self, n: int, check: Check) -> Finding:
        return Finding(check, EVERY if n < 0 else str(self.study.failures[n]), "")

    def _collapse(self, n: int) -> Finding:
        """A state in which no voltage carries the load."""
        rows = self.study.rows(n)
        row = int(rows[~self.study.state.converged[rows]][0])
        states = self.study.states.at(row)
        node = collapses_at(self.study.model, self.study.wanted_in(n), states)
        source = "no voltage at which the loads are carried"
        check = Check(node, "voltage collapse", np.inf, 1.0, "1", False, source)
        return Finding(check, str(self.study.failures[n]), WHEN[Moment(int(states.moment[0]))])


def _order(finding: Finding) -> tuple[bool, bool, bool, float]:
    """Advice last; the normal state and all states first; then what is broken most."""
    check, of_failure = finding.check, finding.failure not in (EVERY, "normal")
    return check.informational, of_failure, check.rule != "voltage collapse", check.margin


def power_study(
    case: Case,
    side: PowerSide,
    power: dict[str, float] | Sequence[dict[str, float]],
    air: np.ndarray | None = None,
    failures: Sequence[Failure] | None = None,
    clocks: Sequence[backup.Clock] = (),
) -> PowerStudy:
    """Solve all states with the loads at `power` [W], in the `air` round the nodes [K].

    `power` is one for all `failures`, or one for each.
    """
    assert case.power is not None, "a case without power chain"
    each = [power] if isinstance(power, dict) else power
    wanted = np.array([side.in_order(one) for one in each])
    found = study(side.model, wanted[0] if isinstance(power, dict) else wanted, failures, air)
    state, sequences = found.state, backup.generator_steps(found)
    given = (side.model, state.live, state.fed_from, case.power.voltage_tolerance)
    faults = short_circuit(*given, units=state.units)
    pairs = selectivity(side.model)
    of_all = [*fault_checks(side.model, faults, state.fed_from), *selectivity_checks(pairs)]
    others = [
        *((-1, check) for check in of_all),
        *backup.autonomy_checks(found),
        *backup.clock_checks(found, clocks),
        *backup.step_checks(sequences),
    ]
    every = np.arange(len(side.model.nodes))
    air = np.full(len(every), np.nan) if air is None else air
    rest = (tuple(sequences), tuple(others), faults, tuple(pairs))
    return PowerStudy(case, side, found, air, found.room(every), *rest)


def finite(value: float | np.ndarray) -> float | None:
    """A number for the summary: None where it is none."""
    return float(value) if np.isfinite(value) else None
