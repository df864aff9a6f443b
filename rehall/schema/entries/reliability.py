"""How often equipment fails and how long it stays failed: of an entry, and typical of a kind."""

from typing import Annotated, Literal

from pydantic import Field

from rehall.quantities import Share, quantity
from rehall.schema.base import Description, Name
from rehall.schema.entries.common import Entry

HOUR = 3600.0
"""Seconds of an hour [s]."""
HOURS_A_YEAR = 8760.0
"""Hours of a year [h]."""

Period = Annotated[float, quantity("time", above=0.0)]


class FailureFigures(Description):
    """Mean time in service between failures `mtbf` [s], and `mttr` until it serves again [s].

    `start_failure` is the probability that what stands by does not start when it is asked.
    """

    mtbf: Period
    mttr: Period
    start_failure: Share | None = None

    @property
    def rate(self) -> float:
        """Failures of one unit a year in service [1/a]."""
        return HOURS_A_YEAR * HOUR / self.mtbf

    @property
    def repair(self) -> float:
        """Mean time that it stays failed [h]."""
        return self.mttr / HOUR


class Reliability(FailureFigures):
    """The figures of one unit as a whole, and `by_mode` of ways in which it fails in part."""

    by_mode: dict[Name, FailureFigures] = Field(default_factory=dict)

    def of(self, mode: str) -> FailureFigures:
        """Return the figures of a way to fail; of the unit where that way has none of its own."""
        return self.by_mode.get(mode, self)


class TypicalReliability(Entry):
    """What is usual of equipment of some kinds, for entries that do not tell."""

    kind: Literal["typical_reliability"]
    of: tuple[Name, ...] = Field(min_length=1)
    reliability: Reliability
