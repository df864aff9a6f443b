"""A rule at one place, and at many places in many states: value, limit, source, margin."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float


@dataclass(frozen=True)
class Check:
    """One rule at one node (or load): `holds` is value <= limit, in `unit` (1: a ratio).

    With `least` the value must not be less than the limit. An informational rule is a
    recommendation: breaking it is reported and fails nothing.
    """

    node: str
    rule: str
    value: float
    limit: float
    unit: str
    holds: bool
    source: str
    informational: bool = False
    least: bool = False

    @property
    def margin(self) -> float:
        """What is left, as a share of the limit; negative where it does not hold [-]."""
        left = self.value - self.limit if self.least else self.limit - self.value
        return left / abs(self.limit) if self.limit else left


@dataclass(frozen=True)
class Rule:
    """One rule at many nodes or loads in many states; it applies where `applies`."""

    name: str
    unit: str
    names: tuple[str, ...]
    sources: tuple[str, ...]
    value: Float[np.ndarray, "*state thing"]
    limit: Float[np.ndarray, "*state thing"]
    applies: Bool[np.ndarray, "*state thing"]
    informational: bool = False
    least: bool = False

    @property
    def broken(self) -> Bool[np.ndarray, "*state thing"]:
        """Where it does not hold."""
        kept = self.value >= self.limit if self.least else self.value <= self.limit
        return self.applies & ~kept

    @property
    def margin(self) -> Float[np.ndarray, "*state thing"]:
        """What is left, as a share of the limit, as `Check.margin`; of no use elsewhere."""
        with np.errstate(invalid="ignore"):
            left = self.value - self.limit if self.least else self.limit - self.value
            return left / np.where(self.limit != 0, np.abs(self.limit), 1.0)

    def check(self, state: int, thing: int) -> Check:
        """The rule at one thing in one of several states."""
        value, limit = float(self.value[state, thing]), float(self.limit[state, thing])
        return Check(
            self.names[thing],
            self.name,
            value,
            limit,
            self.unit,
            not bool(self.broken[state, thing]),
            self.sources[thing],
            self.informational,
            self.least,
        )
