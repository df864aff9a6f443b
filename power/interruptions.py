"""When each load is without power after a failure, and when it gets it back.

Nodes are gone through from the sources down, each with the spans of time in which it has voltage:
a generator from its start, a switch after its gap and its delay, a UPS as long as its battery
carries. At every time a load gets what its live feeds can give it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf, isclose

import numpy as np
from jaxtyping import Bool, Float, Int

from power.backup import return_wait
from power.emptying import MILLISECONDS, seconds_carried
from power.network import NONE, PowerModel
from power.nodes import Generator, Tie
from power.spans import ALWAYS, Feed, Spans, carried, taken
from power.split import split
from power.states import Failure, energise, states_of
from power.study import Study


@dataclass(frozen=True)
class Supply:
    """Power that a load gets from a time on after the failure."""

    time: float  # [s]
    power: float  # [W]


def supplies(found: Study, failure: int) -> dict[str, tuple[Supply, ...]]:
    """What each load gets after a failure, piece by piece, the first from 0 s on.

    Loads that always get what they want are left out, and so are interruptions that the supplies of
    a load bridge. The last piece is what it gets in the settled state. Switches whose gap supplies
    bridge leave none. A battery carries what it does before any generator runs, and more when
    another is empty (power.emptying).
    """
    spans, wanted = _voltage(found, failure), found.wanted_in(failure)
    times, power = _served(found, failure, spans)
    told = {}
    for load, want, row in zip(found.model.loads, wanted, power.T, strict=True):
        pieces = [Supply(time, float(value)) for time, value in zip(times, row, strict=True)]
        noticed = _noticed(pieces, float(want), load.hold_up)
        if noticed != (Supply(0.0, float(want)),):
            told[load.name] = noticed
    return told


def _served(
    found: Study, failure: int, spans: list[Spans]
) -> tuple[list[float], Float[np.ndarray, "time load"]]:
    """The times at which some feed comes or goes [s], and what loads get from each on [W]."""
    model, row = found.model, int(found.rows(failure)[0])
    rounded = [[(round(a, MILLISECONDS), round(b, MILLISECONDS)) for a, b in s] for s in spans]
    feeds = set(model.feeds[model.feeds != NONE].tolist())
    edges = {edge for feed in feeds for span in rounded[feed] for edge in span}
    times = sorted({0.0} | {edge for edge in edges if edge < inf})
    live = np.array(
        [[any(start <= t < end for start, end in node) for node in rounded] for t in times]
    )
    shape = (len(times), *model.feeds.shape)
    wanted = np.broadcast_to(found.wanted_in(failure), shape[:2])
    working = np.broadcast_to(found.states.supplies[row], shape)
    power = split(model, wanted, live, working).sum(axis=-1)
    return times, np.where(power < wanted * (1 - 1e-9), power, wanted)  # sums of shares round


def _noticed(pieces: list[Supply], wanted: float, hold_up: float) -> tuple[Supply, ...]:
    """Pieces without those that supplies bridge; equal ones in a row as one."""
    kept, ends = [Supply(0.0, wanted)], [piece.time for piece in pieces[1:]] + [inf]
    dip = None
    for piece, end in zip(pieces, ends, strict=True):
        if isclose(piece.power, kept[-1].power, rel_tol=1e-9):
            dip = None
            continue
        if piece.power < kept[-1].power:
            dip = piece.time if dip is None else dip
            if round(end - dip, MILLISECONDS) <= hold_up:
                continue
        kept = [other for other in kept if other.time < piece.time] + [piece]
        dip = None
    return tuple(kept)


@dataclass(frozen=True)
class _Chain:
    """A chain after a failure: what of it is in service, and how it was fed before."""

    model: PowerModel
    there: Bool[np.ndarray, " node"]
    before: Int[np.ndarray, " node"]  # node that fed it, -1 for none
    ties: tuple[tuple[int, int, int], ...]  # that close: the dead board, the tie, the other board


def _voltage(found: Study, failure: int) -> list[Spans]:
    """When each node has voltage after a failure."""
    model, rows = found.model, found.rows(failure)
    before = energise(model, states_of(model, [Failure()])).fed_from[0]
    ties = tuple(dict.fromkeys(tie for row in rows for tie in _ties(found, int(row))))
    chain = _Chain(model, found.states.units[rows[0]] > 0, before, ties)
    bare = _spans(chain, {})
    back = {place: spans[-1][0] for place, spans in enumerate(bare) if spans}
    return _spans(chain, seconds_carried(found, failure, back))


def _ties(found: Study, row: int) -> Iterator[tuple[int, int, int]]:
    """The ties that are closed in a state: the board that hangs on each, the tie, the other one."""
    fed_from = found.state.fed_from[row]
    for board, tie in enumerate(fed_from):
        if tie != NONE and isinstance(found.model.nodes[tie], Tie):
            yield board, int(tie), int(fed_from[tie])


def _spans(chain: _Chain, batteries: dict[int, float]) -> list[Spans]:
    """When each node has voltage with batteries that carry for so long [s].

    Without generators first, which tells when they are called for; then without ties, which pass on
    only what a board has of its own.
    """
    starts = _starts(chain, _pass(chain, batteries, {}, {}))
    alone = _pass(chain, batteries, starts, {})
    tied: dict[int, list[Feed]] = {}
    for board, tie, other in chain.ties:
        tied.setdefault(board, []).append(_feed(chain, tie, alone[other], board, tie))
    return _pass(chain, batteries, starts, tied) if tied else alone


def _starts(chain: _Chain, bare: list[Spans]) -> dict[int, float]:
    """When each generator gives voltage [s]: its start after its first switch is lost for good."""
    found = {}
    for place, switches in chain.model.backed_up:
        lost = [bare[s][-1][1] if bare[s] else 0.0 for s in switches if chain.there[s]]
        node = chain.model.nodes[place]
        assert isinstance(node, Generator), f"{node.name} is no generator"
        found[place] = min(lost, default=inf) + node.start_time
    return found


def _pass(
    chain: _Chain,
    batteries: dict[int, float],
    starts: dict[int, float],
    tied: dict[int, list[Feed]],
) -> list[Spans]:
    """Go through the nodes once, parents before children; some boards may hang on ties too."""
    model = chain.model
    spans: list[Spans] = [()] * len(model.nodes)
    for place in model.order:
        node = model.nodes[place]
        if not chain.there[place] or isinstance(node, Tie):
            continue
        if isinstance(node, Generator):
            start = starts.get(place, inf)
            own: Spans = ((start, inf),) if start < inf else ()
        elif not node.fed_by:
            own = ALWAYS
        else:
            parents = [int(p) for p in model.parents[place] if p != NONE]
            feeds = [_feed(chain, place, spans[p], place, p) for p in parents]
            own = taken(feeds + tied.get(place, []))
        spans[place] = carried(own, batteries[place]) if place in batteries else own
    return spans


def _feed(chain: _Chain, switch: int, spans: Spans, place: int, parent: int) -> Feed:
    """A feed that a node takes through a switch or tie, itself or another node."""
    wait = return_wait(chain.model.nodes[switch])
    gap = getattr(chain.model.nodes[switch], "gap", 0.0) if chain.model.slow[switch] else 0.0
    return Feed(spans, gap, wait, used=bool(chain.before[place] == parent))
