"""Ratings of overcurrent devices in series: does the lower one open alone?

A table of ratios by a rule of thumb, and no study of time-current curves: a ratio that holds still
needs the makers' tables up to the short-circuit current, and one that does not may be mended by
settings.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from power.checks import Check
from power.network import NONE, PowerModel
from power.nodes import Board, Line, Node, Rectifier, Tie, TransferSwitch, Ups, Utility
from power.states import Failure, energise, states_of

RATIO = 2.0
"""Wanted ratio of ratings [-]: rule of thumb for breakers of one family.

Fuse links gG need 1.6 (IEC 60269-2).
"""
SWITCHED = Board | Line | TransferSwitch | Tie | Utility
PICK_UP = 10.0
"""Current over rating at which a breaker opens at once [-]: top of the band of type C, 5 to 10.

IEC 60898-1; usual for the magnetic release of moulded-case breakers too.
"""


RATIO_SOURCE = "rule of thumb for breakers in series; no study of their curves"
INVERTER_SOURCE = "a breaker opens at once at ten times its rating; below it the bypass must help"


@dataclass(frozen=True)
class Pair:
    """Two overcurrent devices in series in the normal state, with nothing rated between them.

    `alone` tells that the upper one feeds nothing but the lower: if it opens, no more is lost (NEC
    700.32, exception). `ups` is the nearest UPS above the lower device ("": none): as long as the
    load is on its inverter, `inverter` is what it gives into a fault, and the lower device must
    open on that alone; `trips` is None without a UPS, or where its fault current is not known.
    """

    upper: str
    lower: str
    upper_rating: float  # at the voltage of the lower [A]
    lower_rating: float  # [A]
    wanted: float  # ratio [-]
    alone: bool
    ups: str = ""
    between: bool = False  # the UPS is between the two
    inverter: float = 0.0  # at the voltage of the lower [A]; 0 without one or where not known
    pick_up: float = PICK_UP

    @property
    def ratio(self) -> float:
        """Upper over lower rating [-]."""
        return self.upper_rating / self.lower_rating

    @property
    def holds(self) -> bool:
        """Whether the ratio is at least the wanted one; says nothing of an inverter."""
        return self.ratio >= self.wanted * (1 - 1e-9)  # ratings in VA round

    @property
    def trips(self) -> bool | None:
        """Whether the inverter gives enough for the lower device to open at once."""
        if self.inverter <= 0:
            return None
        return self.inverter >= self.pick_up * self.lower_rating * (1 - 1e-9)


def selectivity(model: PowerModel, wanted: float = RATIO, pick_up: float = PICK_UP) -> list[Pair]:
    """Every pair of neighbouring devices on the way that feeds each node in the normal state.

    Ratings are referred across transformers by the ratio of the voltages. A rectifier ends the way.
    """
    fed_from = energise(model, states_of(model, [Failure()])).fed_from[0]
    outgoing = np.bincount(fed_from[fed_from != NONE], minlength=len(model.nodes))
    outgoing += np.bincount(model.feeds[model.feeds != NONE], minlength=len(model.nodes))
    found = [
        _pair(model, fed_from, outgoing, lower, wanted, pick_up)
        for lower, node in enumerate(model.nodes)
        if device_rating(node) > 0
    ]
    return [pair for pair in found if pair is not None]


def selectivity_checks(pairs: Sequence[Pair]) -> list[Check]:
    """Ratios that are wanted, and whether an inverter opens the device below it; as advice.

    Where the upper device feeds nothing else no more is lost, and the ratio does not matter.
    """
    found = [
        Check(p.lower, "selectivity", p.ratio, p.wanted, "", p.holds, RATIO_SOURCE, True, True)
        for p in pairs
        if not p.alone
    ]
    for p in pairs:
        if p.trips is not None:
            wanted = p.pick_up * p.lower_rating
            found.append(
                Check(
                    p.lower,
                    "fault on the inverter",
                    p.inverter,
                    wanted,
                    "A",
                    p.trips,
                    INVERTER_SOURCE,
                    informational=True,
                    least=True,
                )
            )
    return found


def device_rating(node: Node) -> float:
    """Rating of a node's overcurrent device [A]; 0 where it has none.

    That of boards, lines, switches and grid connections is their own where no other is given.
    Others have one only where it is given: a transformer's or UPS's rating is not a breaker's.
    """
    if node.breaker > 0:
        return node.breaker
    return node.full_load if isinstance(node, SWITCHED) else 0.0


def _pair(
    model: PowerModel,
    fed_from: Int[np.ndarray, " node"],
    outgoing: Int[np.ndarray, " node"],
    lower: int,
    wanted: float,
    pick_up: float,
) -> Pair | None:
    """The nearest device above `lower`, and what is in between."""
    way = _way(model, fed_from, lower)
    rated = (rank for rank, place in enumerate(way) if device_rating(model.nodes[place]) > 0)
    rank = next(rated, None)
    if rank is None:
        return None
    upper, below = model.nodes[way[rank]], model.nodes[lower]
    place = next((place for place in way if model.is_ups[place]), None)
    ups = None if place is None else model.nodes[place]
    given = ups.fault_current * ups.full_load if isinstance(ups, Ups) else 0.0
    return Pair(
        upper=upper.name,
        lower=below.name,
        upper_rating=device_rating(upper) * upper.voltage / below.voltage,
        lower_rating=device_rating(below),
        wanted=wanted,
        alone=bool((outgoing[way[: rank + 1]] == 1).all()),
        ups="" if ups is None else ups.name,
        between=place in way[: rank + 1],
        inverter=given * ups.voltage / below.voltage if ups is not None else 0.0,
        pick_up=pick_up,
    )


def _way(model: PowerModel, fed_from: Int[np.ndarray, " node"], place: int) -> list[int]:
    """Nodes above a node up to its source, or to the rectifier that feeds it."""
    way: list[int] = []
    while (place := int(fed_from[place])) != NONE and not isinstance(model.nodes[place], Rectifier):
        way.append(place)
    return way
