"""What a case claims of its redundancy, and failures that it asks for by name."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from rehall.schema.base import Description, Name
from rehall.schema.transient import Duration, Moment, on_the_clock

LEAST = 30.0
"""Shortest stretch of time that a failure is followed over [s]."""


def _long_enough(duration: float) -> float:
    if duration < LEAST:
        raise ValueError(f"found {duration:g} s, wanted at least {LEAST:g} s")
    return on_the_clock(duration)


Claim = Annotated[str, StringConstraints(pattern=r"^(N|N\+[1-9]|2N)$")]


class PartSpec(Description):
    """One of the failures of a scenario: its name, as the list of failures gives it, and when."""

    of: Name
    at: Moment = 0.0


class ScenarioSpec(Description):
    """Several failures, together or one after the other."""

    name: Name
    failures: tuple[PartSpec, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def each_once(self) -> Self:
        """Refuse a failure that is named twice."""
        names = [part.of for part in self.failures]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"names {twice!r} twice")
        return self


class RedundancySpec(Description):
    """What a study of failures follows.

    `claims` are what the design promises of a subsystem: N, N+1, 2N. `duration` is how long the air
    and the coolant are followed after a failure, beyond what the chain's batteries last.
    """

    claims: dict[Name, Claim] = Field(default_factory=dict)
    scenarios: tuple[ScenarioSpec, ...] = ()
    duration: Annotated[Duration, AfterValidator(_long_enough)] = 300.0
