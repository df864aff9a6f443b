"""Which devices are out and when it is asked: many states as arrays; what is live in each."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import IntEnum

import numpy as np
from jaxtyping import Bool, Float, Int

from geometry.errors import Finding, InputError
from power.network import NONE, PowerModel
from power.nodes import Generator, Tie, Ups
from power.ways import rings


class Moment(IntEnum):
    """How long after a failure a state is.

    TRANSFER: switches have transferred whose gap power supplies bridge, others have not.
    BATTERY: all switches have; no generator runs; batteries carry.
    GENERATOR: generators run; batteries carry what has no other feed.
    SETTLED: batteries are empty.
    """

    TRANSFER = 0
    BATTERY = 1
    GENERATOR = 2
    SETTLED = 3


@dataclass(frozen=True)
class States:
    """States to be solved: nodes (or `units` of them) out of service, and the moment of each."""

    units: Float[np.ndarray, "state node"]  # share of a device's units in service [-]
    bypassed: Bool[np.ndarray, "state node"]  # UPS on their static bypass
    moment: Int[np.ndarray, " state"]
    supplies: Float[np.ndarray, "state load feeds"]  # share of each that is in service [-]

    def __len__(self) -> int:
        """Number of states."""
        return len(self.moment)

    def at(self, state: int) -> "States":
        """One of them, still as several."""
        chosen = [state]
        return States(*(values[chosen] for values in vars(self).values()))


@dataclass(frozen=True)
class Failure:
    """What is out: whole nodes, units of nodes with several, UPS on bypass, supplies of loads.

    `supplies` gives a load, one of its feeds, and the share of the supplies there that is left: 0
    of a whip that is cut.
    """

    dead: frozenset[str] = frozenset()
    units: tuple[tuple[str, int], ...] = ()
    bypassed: frozenset[str] = frozenset()
    name: str = ""
    supplies: tuple[tuple[str, str, float], ...] = ()

    def __str__(self) -> str:
        """Return its name, else what is out."""
        out = [*sorted(self.dead), *(f"{n} of {name}" for name, n in self.units)]
        out += [f"{name} to bypass" for name in sorted(self.bypassed)]
        out += [f"{100 * left:.0f} % of {load} on {feed}" for load, feed, left in self.supplies]
        return self.name or " and ".join(out) or "normal"


@dataclass(frozen=True)
class Energised:
    """What is live and what feeds it."""

    live: Bool[np.ndarray, "state node"]
    fed_from: Int[np.ndarray, "state node"]  # node that feeds it, -1 for none
    on_battery: Bool[np.ndarray, "state node"]
    through: Bool[np.ndarray, "state node"]  # UPS whose output hangs on their input


def states_of(
    model: PowerModel,
    failures: Sequence[Failure],
    moments: Sequence[Moment] = (Moment.SETTLED,),
) -> States:
    """Every failure at every moment, moments of a failure side by side; refuses unknown names."""
    _refuse_unknown(model, failures)
    units = np.ones((len(failures), len(model.nodes)))
    bypassed = np.zeros(units.shape, dtype=bool)
    for row, failure in enumerate(failures):
        units[row, [model.index[name] for name in failure.dead]] = 0.0
        bypassed[row, [model.index[name] for name in failure.bypassed]] = True
        for name, lost in failure.units:
            there = getattr(model.nodes[model.index[name]], "units", 1)
            units[row, model.index[name]] *= max(0.0, 1.0 - lost / there)
    times = len(moments)
    return States(
        np.repeat(units, times, axis=0),
        np.repeat(bypassed, times, axis=0),
        np.tile(np.array(moments, dtype=int), len(failures)),
        np.repeat(_supplies(model, failures), times, axis=0),
    )


def _supplies(
    model: PowerModel, failures: Sequence[Failure]
) -> Float[np.ndarray, "failure load feeds"]:
    """Share of the supplies of every load on each of its feeds that a failure leaves [-]."""
    found = np.ones((len(failures), *model.feeds.shape))
    number = {load.name: n for n, load in enumerate(model.loads)}
    for row, failure in enumerate(failures):
        for load, feed, left in failure.supplies:
            n = number[load]
            found[row, n, model.feeds[n] == model.index[feed]] *= left
    return found


def _refuse_unknown(model: PowerModel, failures: Sequence[Failure]) -> None:
    found = []
    for failure in failures:
        named = failure.dead | failure.bypassed | {name for name, _ in failure.units}
        for name in sorted(named - set(model.index)):
            near = get_close_matches(name, model.index, n=1)
            hint = f"; did you mean '{near[0]}'?" if near else ""
            found.append(Finding(name, f"no such node to take out of service{hint}"))
        for name in sorted(failure.bypassed & set(model.index)):
            node = model.nodes[model.index[name]]
            if not isinstance(node, Ups) or not node.bypass:
                found.append(Finding(name, "is no UPS with a static bypass"))
        found += _unknown_supplies(model, failure)
    if found:
        raise InputError(list(dict.fromkeys(found)))


def _unknown_supplies(model: PowerModel, failure: Failure) -> list[Finding]:
    feeds = {load.name: load.feeds for load in model.loads}
    return [
        Finding(load, f"is no load with a feed from {feed}")
        for load, feed, _ in failure.supplies
        if feed not in feeds.get(load, ())
    ]


def energise(model: PowerModel, states: States) -> Energised:
    """Which nodes are live and which feed each one uses.

    Parents before children; then generators start for switches that have lost their feed, and a
    tie closes from a board that has a feed of its own to one that has lost it.
    """
    none = np.full(states.units.shape, NONE)
    starts = np.zeros(states.units.shape, dtype=bool)
    found = _pass(model, states, none, starts)
    for place, switches in model.backed_up:
        lost = ~found.live[:, switches] & (states.units[:, switches] > 0)
        starts[:, place] = lost.any(axis=1) & (states.moment >= Moment.GENERATOR)
    if starts.any():
        found = _pass(model, states, none, starts)
    ties = [place for place, node in enumerate(model.nodes) if isinstance(node, Tie)]
    if not ties:
        return found
    forced, tied = _closed(model, states, found, ties)
    closed = _tied(model, states, starts, ties, forced, tied)
    # A board that would feed itself through other ties: there none closes.
    ringed = rings(closed.fed_from)
    if ringed.any():
        forced[ringed] = tied[ringed] = NONE
        closed = _tied(model, states, starts, ties, forced, tied)
    return closed


def _tied(
    model: PowerModel,
    states: States,
    starts: Bool[np.ndarray, "state node"],
    ties: list[int],
    forced: Int[np.ndarray, "state node"],
    tied: Int[np.ndarray, "state node"],
) -> Energised:
    """What is live with ties closed as told."""
    found = _pass(model, states, forced, starts)
    found.live[:, ties] = tied[:, ties] != NONE
    found.fed_from[:, ties] = tied[:, ties]
    return found


def _closed(
    model: PowerModel, states: States, alone: Energised, ties: list[int]
) -> tuple[Int[np.ndarray, "state node"], Int[np.ndarray, "state node"]]:
    """Boards that hang on a tie, by that tie, and the boards that feed the ties."""
    forced, tied = (np.full(states.units.shape, NONE) for _ in range(2))
    for tie in ties:
        ready = states.units[:, tie] > 0
        if model.slow[tie]:
            ready &= states.moment > Moment.TRANSFER
        one, other = model.parents[tie][:2]
        for dead, fed in ((one, other), (other, one)):
            closes = ready & alone.live[:, fed] & ~alone.live[:, dead] & (states.units[:, dead] > 0)
            closes &= (forced[:, dead] == NONE) & (tied[:, tie] == NONE)
            closes &= not model.above[fed, dead]  # what may come to hang on the dead board
            forced[closes, dead] = tie
            tied[closes, tie] = fed
    return forced, tied


def _pass(
    model: PowerModel,
    states: States,
    forced: Int[np.ndarray, "state node"],
    starts: Bool[np.ndarray, "state node"],
) -> Energised:
    """Go through the nodes once: those `forced` hang on a tie, generators run that `starts` has."""
    shape = states.units.shape
    live, on_battery, through = (np.zeros(shape, dtype=bool) for _ in range(3))
    fed_from = np.full(shape, NONE)
    for place in model.order:
        node, there = model.nodes[place], states.units[:, place] > 0
        if isinstance(node, Tie):
            continue
        feed, fed = _first_live(model, place, live, states)
        feed = np.where(forced[:, place] != NONE, forced[:, place], feed)
        fed |= forced[:, place] != NONE
        if isinstance(node, Generator):
            fed = starts[:, place]
        elif not node.fed_by:
            fed = np.ones(len(states), dtype=bool)
        if isinstance(node, Ups):
            on_bypass = states.bypassed[:, place]
            carried = ~fed & ~on_bypass & (states.moment < Moment.SETTLED)
            on_battery[:, place] = there & carried & (node.battery is not None)
            through[:, place] = there & fed & (on_bypass | node.eco)
        live[:, place] = there & (fed | on_battery[:, place])
        fed_from[:, place] = np.where(there & fed, feed, NONE)
    return Energised(live, fed_from, on_battery, through)


def _first_live(
    model: PowerModel, place: int, live: Bool[np.ndarray, "state node"], states: States
) -> tuple[Int[np.ndarray, " state"], Bool[np.ndarray, " state"]]:
    """The first live feed of a node in each state, and whether there is one in time."""
    feed = np.full(len(states), NONE)
    for rank, parent in enumerate(model.parents[place]):
        if parent == NONE:
            continue
        usable = live[:, parent] & (feed == NONE)
        if rank > 0 and model.slow[place]:
            usable &= states.moment > Moment.TRANSFER
        feed = np.where(usable, parent, feed)
    return feed, feed != NONE
