"""A failure as data: what fails, in which way, and what is changed by it."""

from dataclasses import dataclass
from typing import Any

from geometry.hall import Baffle
from power.states import Failure
from rehall.schema.entries.common import Entry
from rehall.schema.transient import EventSpec

RUN_DOWN = 2.0
"""Time in which fans without power stop (assumed) [s]."""


START = "start, "
"""What the mode of a failure begins with that is not to start when asked for."""


@dataclass(frozen=True)
class Outage:
    """A failure: of what, in which way, and what it changes from 0 s on.

    `events` are of equipment, openings and loops, `chain` of the power chain, `baffles` of the
    shell. `kind` and `mode` are those that rates of failure are kept by, `entry` is the one of the
    catalogue that may have its own, `count` how many alike one stands for.
    """

    name: str
    component: str
    kind: str
    mode: str
    subsystem: str
    events: tuple[EventSpec, ...] = ()
    chain: Failure | None = None
    baffles: tuple[Baffle, ...] = ()
    entry: Entry | None = None
    count: int = 1


def event(item: str, at: float = 0.0, **changes: Any) -> EventSpec:
    """An event in SI units."""
    return EventSpec.model_construct(at=at, item=item, **changes)
