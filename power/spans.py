"""Spans of time after a failure in which a node has voltage, in order and apart [s]."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf

Spans = Sequence[tuple[float, float]]
ALWAYS: Spans = ((0.0, inf),)


@dataclass(frozen=True)
class Feed:
    """Voltage that a node can take."""

    spans: Spans
    gap: float = 0.0  # without voltage while the node moves to this feed [s]
    wait: float = 0.0  # before it takes a voltage that has returned [s]
    used: bool = False  # before the failure


def holes(spans: Spans) -> list[tuple[float, float]]:
    """The times between spans, from 0 s on.

    >>> holes([(1.0, 2.0), (5.0, inf)])
    [(0.0, 1.0), (2.0, 5.0)]
    """
    starts, ends = [start for start, _ in spans], [end for _, end in spans]
    between = zip([0.0, *ends], [*starts, inf], strict=True)
    return [(lost, back) for lost, back in between if lost < back]


def joined(spans: Iterable[tuple[float, float]]) -> Spans:
    """Spans in order, those that touch as one.

    >>> joined([(5.0, inf), (0.0, 1.0), (1.0, 2.0)])
    [(0.0, 2.0), (5.0, inf)]
    """
    found: list[tuple[float, float]] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found


def taken(feeds: Sequence[Feed]) -> Spans:
    """When a node has voltage that takes the first of its feeds that has.

    It moves to a feed that lives after the gap, to one that returns after the wait, and back to one
    that it prefers without either, as what it leaves still lives.

    >>> taken([Feed([(0.0, 60.0)], used=True), Feed([(0.0, 90.0)], gap=0.5)])
    [(0.0, 60.0), (60.5, 90.0)]
    """
    found: Spans = ()
    for feed in feeds:
        more = []
        for lost, back in holes(found):
            for start, end in feed.spans:
                first = start + feed.wait if start > lost else lost + feed.gap
                if feed.used and start == lost == 0:
                    first = 0.0
                if first < min(end, back):
                    more.append((first, min(end, back)))
        found = joined([*found, *more])
    return found


def carried(spans: Spans, seconds: float) -> Spans:
    """What a battery makes of the spans of its feed that carries for some time in all [s].

    >>> carried([(0.0, 5.0), (8.0, 9.0), (11.0, 20.0)], 4.0)
    [(0.0, 10.0), (11.0, 20.0)]
    """
    more = []
    for lost, back in holes(spans):
        length = min(seconds, back - lost)
        seconds -= length
        if length > 0:
            more.append((lost, lost + length))
    return joined([*spans, *more])
