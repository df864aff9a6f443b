"""How many more racks the power chain could feed: added until a continuous rating breaks."""

import math
from dataclasses import dataclass

import numpy as np

from power import Failure, Load, PowerModel, build, solve_states, states_of
from power.capacity import capacity
from power.study import NORMAL, single_failures
from rehall.electrical import PowerSide
from rehall.floor import is_server
from rehall.layout import Item
from rehall.node_air import ambient, node_headroom
from rehall.simulate import Solution

MOST = 4096
"""More racks than this on one feeder are not looked for."""

SHOWN = 3
"""Nodes named that end it."""

Feeds = tuple[str, ...]


@dataclass(frozen=True)
class Broken:
    """A node beyond what it may carry for hours: `use` of it [-], in which state of the chain."""

    node: str
    use: float
    state: str

    def __str__(self) -> str:
        """Return where, how far and when."""
        if not math.isfinite(self.use):
            return f"{self.node} beyond what it carries at any voltage {self.state}"
        return f"{self.node} at {100 * self.use:.1f} % of its continuous limit {self.state}"


@dataclass(frozen=True, eq=False)
class Trial:
    """A chain with more racks on some of its feeders, in order and after every single failure."""

    present: np.ndarray  # power of the loads that are there [W]
    feeders: tuple[Feeds, ...]
    model: PowerModel
    rack: float  # power of one [W]
    air: np.ndarray  # round the nodes, NaN where not known [K]
    failures: tuple[Failure, ...]

    def broken(self, racks: dict[Feeds, int]) -> Broken | None:
        """The node farthest beyond its limit in any state; None if all hold."""
        more = [self.rack * racks.get(feeds, 0) for feeds in self.feeders]
        states = states_of(self.model, self.failures)
        state = solve_states(self.model, np.concatenate([self.present, more]), states)
        if not state.converged.all():
            lost = self.failures[int(np.argmin(state.converged))]
            return Broken("the chain", math.inf, words_of(lost))
        limits = capacity(self.model, state, self.air)
        apparent, real = (np.where(state.live, x, np.inf) for x in (limits.apparent, limits.real))
        use = np.maximum(state.load / apparent, state.power / real)
        n, place = np.unravel_index(int(np.argmax(use)), use.shape)
        if use[n, place] <= 1.0 + 1e-6:
            return None
        node = self.model.nodes[place].name
        return Broken(node, float(use[n, place]), words_of(self.failures[n]))


def words_of(failure: Failure) -> str:
    """A failure as the end of a sentence."""
    return "in the normal state" if failure == NORMAL else f"with {failure}"


def power(solution: Solution, rack: Item) -> tuple[int | None, str]:
    """How many more racks like this one the chain could feed, and what ends it."""
    if solution.power is None:
        return None, "not known: the case has no power chain"
    side, _ = solution.power
    feeders = candidate_feeders(solution)
    air = ambient(solution.case, side.model, solution.node_air)
    trial = trial_of(side, solution.powers, feeders, rack, air)
    broken = trial.broken({})
    if broken is not None:
        return 0, f"without one more rack: {broken}"
    room = node_headroom(solution).path
    feeders.sort(key=lambda feeds: -_room(side.model, room, feeds))
    racks: dict[Feeds, int] = {}
    ends: dict[Feeds, Broken] = {}
    for feeds in feeders:
        racks[feeds], end = most(trial, racks, feeds)
        if end is not None:
            ends[feeds] = end
    kind = "A/B pairs" if len(feeders[0]) > 1 else "feeders"
    if len(ends) < len(feeders):
        return None, f"no rating ends it ({kind}: {len(feeders)})"
    best = feeders[0]
    return sum(racks.values()), (
        f"racks added one by one ({kind}: {len(feeders)}; {' and '.join(best)}, with most room, "
        f"{racks[best]}); one more puts {_listed(ends)}; cooling power as it is now"
    )


def _listed(ends: dict[Feeds, Broken]) -> str:
    """The nodes that end it, each once and the farthest beyond its limit first."""
    by_node = {end.node: end for end in sorted(ends.values(), key=lambda end: end.use)}
    first, *others = [str(end) for end in reversed(by_node.values())]
    return " or ".join([first, *others[: SHOWN - 1]])


def trial_of(
    side: PowerSide,
    powers: dict[str, float],
    feeders: list[Feeds],
    rack: Item,
    air: np.ndarray,
) -> Trial:
    """The chain with one more load on each of the feeders."""
    more = [
        Load(name=f"more racks on {', '.join(feeds)}", feeds=feeds, power_factor=rack.power_factor)
        for feeds in feeders
    ]
    model = build(side.model.nodes, [*side.model.loads, *more])
    present = np.array([powers[name] for name in side.loads])
    failures = (NORMAL, *single_failures(model))
    return Trial(present, tuple(feeders), model, rack.power, air, failures)


def candidate_feeders(solution: Solution) -> list[Feeds]:
    """Feeds by which servers hang on the chain, A/B pairs only where there are any.

    Where no server has a feed: each node that feeds no other.
    """
    used = list(dict.fromkeys(i.feeds for i in solution.case.items if is_server(i) and i.feeds))
    if not used:
        nodes = solution.case.nodes
        parents = {feed for node in nodes for feed in node.feeds}
        return [(node.name,) for node in nodes if node.name not in parents]
    pairs = [feeds for feeds in used if len(feeds) > 1]
    return pairs or used


def most(trial: Trial, there: dict[Feeds, int], feeds: Feeds) -> tuple[int, Broken | None]:
    """Most racks on one feeder beside those that are there, and what one more breaks."""
    low, high = 0, 1
    end = trial.broken(there | {feeds: high})
    while end is None and high < MOST:
        low, high = high, 2 * high
        end = trial.broken(there | {feeds: high})
    if end is None:
        return high, None
    while high - low > 1:
        middle = (low + high) // 2
        broken = trial.broken(there | {feeds: middle})
        low, high, end = (low, middle, broken) if broken else (middle, high, end)
    return low, end


def _room(model: PowerModel, headroom: np.ndarray, feeds: Feeds) -> float:
    """Headroom of the tightest of some feeds [W]."""
    return min(float(headroom[model.index[feed]]) for feed in feeds)
