"""When a limit holds, is broken, or cannot be told; and what follows for the case."""

from dataclasses import dataclass, replace
from typing import Any

NOTHING = 0.01
"""A limit below this is one of nothing, as load that is not served: no share of it is left."""


@dataclass(frozen=True)
class Limit:
    """One limit at one place: `value` and `limit` in `unit`, within +- `uncertainty`.

    `least` marks a limit from below; an uncertainty of None is unknown. `other` is the value in a
    second steady state of the same case, where one was looked for.
    """

    name: str
    where: str
    value: float
    limit: float
    unit: str
    uncertainty: float | None = 0.0
    least: bool = False
    other: float | None = None

    @property
    def holds(self) -> bool | None:
        """Whether it holds; None where nobody can tell.

        That is where the uncertainty is larger than the margin, or unknown, or where two steady
        states disagree.
        """
        if self.disputed or self.uncertainty is None:
            return None
        if abs(self._margin(self.value)) < self.uncertainty:
            return None
        return self._margin(self.value) >= -1e-9

    @property
    def disputed(self) -> bool:
        """Whether it holds in one steady state and not in the other."""
        if self.other is None:
            return False
        return (self._margin(self.value) >= -1e-9) != (self._margin(self.other) >= -1e-9)

    def _margin(self, value: float) -> float:
        return float(value - self.limit if self.least else self.limit - value)

    def row(self) -> dict[str, Any]:
        """The limit as a row of the summary."""
        return {
            "name": self.name,
            "where": self.where,
            "value": self.value,
            "limit": self.limit,
            "unit": self.unit,
            "uncertainty": self.uncertainty,
            "holds": self.holds,
        }


def verdict(converged: bool, limits: list[Limit]) -> str:
    """`pass`, `fail`, or `unsure` where the run or a limit cannot be trusted either way."""
    if not converged:
        return "unsure"
    states = [limit.holds for limit in limits]
    if any(state is False for state in states):
        return "fail"
    return "unsure" if any(state is None for state in states) else "pass"


def between_states(limits: list[Limit], others: list[Limit]) -> list[Limit]:
    """Limits of one steady state that know their values in another one, by name and place.

    Neither state is the right one: the uncertainty is at least half of their difference.
    """
    values = {(other.name, other.where): other.value for other in others}
    found = []
    for limit in limits:
        other = values.get((limit.name, limit.where))
        if other is not None:
            half = 0.5 * abs(other - limit.value)
            known = limit.uncertainty
            limit = replace(
                limit, other=other, uncertainty=None if known is None else max(known, half)
            )
        found.append(limit)
    return found
