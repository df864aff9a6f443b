"""Every single failure of a chain, at every moment after it: what breaks, what is left."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from geometry.errors import Finding, InputError
from power.capacity import Capacity, capacity
from power.checks import Check, Rule
from power.headroom import Headroom, headroom
from power.network import PowerModel
from power.nodes import Generator, Tie, Ups, Utility
from power.rules import rules
from power.solve import PowerState, solve_states
from power.states import Failure, Moment, States, states_of

NORMAL = Failure(name="normal")
LASTING = Moment.GENERATOR
"""From here on a state lasts for hours."""


@dataclass(frozen=True)
class Study:
    """Failures of a chain, each solved at all `moments`; states of a failure side by side."""

    model: PowerModel
    failures: tuple[Failure, ...]
    moments: tuple[Moment, ...]
    wanted_by_failure: Float[np.ndarray, "failure load"]  # [W]
    states: States
    state: PowerState
    limits: Capacity
    rules: tuple[Rule, ...]

    @property
    def wanted(self) -> Float[np.ndarray, " load"]:
        """What loads want in the first failure: the normal state, unless others were asked [W]."""
        return self.wanted_in(0)

    def wanted_in(self, failure: int) -> Float[np.ndarray, " load"]:
        """What loads want in a failure [W]."""
        return self.wanted_by_failure[failure]

    def rows(self, failure: int) -> Int[np.ndarray, " state"]:
        """The states of a failure."""
        times = len(self.moments)
        return np.arange(failure * times, (failure + 1) * times)

    def by_moment(self, failure: int) -> dict[Moment, int]:
        """The states of a failure by their moment."""
        return dict(zip(self.moments, map(int, self.rows(failure)), strict=True))

    def settled(self, failure: int) -> int:
        """The last state of a failure."""
        return int(self.rows(failure)[-1])

    def broken(self, failure: int, informational: bool = False) -> list[tuple[Moment, Check]]:
        """What does not hold, each rule at each place once: at its worst moment, worst first."""
        worst: dict[tuple[str, str], tuple[Moment, Check]] = {}
        for row, moment in zip(self.rows(failure), self.moments, strict=True):
            for rule in self.rules:
                if rule.informational and not informational:
                    continue
                for thing in np.flatnonzero(rule.broken[row]):
                    check = rule.check(int(row), int(thing))
                    key = check.node, check.rule
                    if key not in worst or check.margin < worst[key][1].margin:
                        worst[key] = moment, check
        return sorted(worst.values(), key=lambda found: found[1].margin)

    def unserved(self, failure: int) -> Float[np.ndarray, " load"]:
        """Most power of each critical load that is not served at any moment [W]."""
        critical = np.array([load.critical for load in self.model.loads])
        return self.state.unserved[self.rows(failure)].max(axis=0) * critical

    def room(self, places: Int[np.ndarray, " node"]) -> Headroom:
        """Headroom of some nodes in every failure: the least of the moments that last for hours.

        NaN where such a moment has no solution.
        """
        found = [self._room(places, m) for m, at in enumerate(self.moments) if at >= LASTING]
        path = np.stack([room.path for room in found])
        worst = np.argmin(path, axis=0, keepdims=True)  # a NaN is less than all

        def least(of: str) -> np.ndarray:
            values = np.stack([getattr(room, of) for room in found])
            return np.take_along_axis(values, worst, axis=0)[0]

        return Headroom(least("own"), least("path"), least("binding"))

    def _room(self, places: Int[np.ndarray, " node"], moment: int) -> Headroom:
        at = np.arange(len(self.failures)) * len(self.moments) + moment
        state = PowerState(*(np.asarray(value)[at] for value in vars(self.state).values()))
        return headroom(self.model, state, self.limits.at(at), places)

    def solved(self, failure: int) -> bool:
        """Whether all states of a failure have a solution."""
        return bool(self.state.converged[self.rows(failure)].all())


def study(
    model: PowerModel,
    wanted: Sequence[float] | Sequence[Sequence[float]] | Float[np.ndarray, "..."],
    failures: Sequence[Failure] | None = None,
    ambient: Float[np.ndarray, " node"] | None = None,
) -> Study:
    """Solve failures (the normal state and every single one) in one batch, and check all rules.

    Loads want `wanted` [W], alike or by failure; `ambient` is the air round the nodes [K].
    """
    chosen = [NORMAL, *single_failures(model)] if failures is None else list(failures)
    moments = moments_of(model)
    states = states_of(model, chosen, moments)
    by_failure = _by_failure(wanted, (len(chosen), len(model.loads)))
    state = solve_states(model, np.repeat(by_failure, len(moments), axis=0), states)
    limits = capacity(model, state, ambient)
    return Study(
        model=model,
        failures=tuple(chosen),
        moments=moments,
        wanted_by_failure=by_failure,
        states=states,
        state=state,
        limits=limits,
        rules=tuple(rules(model, state, limits)),
    )


def _by_failure(
    wanted: Sequence[float] | Sequence[Sequence[float]] | Float[np.ndarray, "..."],
    shape: tuple[int, int],
) -> Float[np.ndarray, "failure load"]:
    """One row of powers for each failure [W]."""
    given = np.asarray(wanted, dtype=float)
    if given.shape not in (shape, shape[1:]):
        message = f"got {given.shape} for {shape[0]} failures and {shape[1]} loads; give one power "
        raise InputError([Finding("power", message + "for each load, or a row for each failure")])
    return np.broadcast_to(given, shape)


def moments_of(model: PowerModel) -> tuple[Moment, ...]:
    """The moments that differ: all four where there are batteries, generators or slow switches."""
    batteries = any(isinstance(n, Ups) and n.battery is not None for n in model.nodes)
    generators = any(isinstance(n, Generator) for n in model.nodes)
    found = [Moment.SETTLED]
    if generators:
        found.insert(0, Moment.GENERATOR)
    if batteries or generators:
        found.insert(0, Moment.BATTERY)
    if model.slow.any():
        found.insert(0, Moment.TRANSFER)
    return tuple(found)


def single_failures(model: PowerModel) -> list[Failure]:
    """Every device lost alone, one unit of those with several, every UPS on its bypass.

    What waits breaks nothing alone: a tie is left out, and a generator fails to start when all
    utilities are lost, whole or by one of its units.
    """
    found = []
    utilities = frozenset(node.name for node in model.nodes if isinstance(node, Utility))
    for node in model.nodes:
        if isinstance(node, Tie):
            continue
        units = getattr(node, "units", 1)
        if isinstance(node, Generator):
            lost = " and ".join(sorted(utilities)) + " lost"
            if units > 1:
                name = f"{lost} and a unit of {node.name} does not start"
                found.append(Failure(utilities, ((node.name, 1),), name=name))
            name = f"{lost} and {node.name} does not start"
            found.append(Failure(utilities | {node.name}, name=name))
            continue
        if units > 1:
            found.append(Failure(units=((node.name, 1),), name=f"a unit of {node.name} lost"))
        found.append(Failure(frozenset({node.name}), name=f"{node.name} lost"))
        if isinstance(node, Ups) and node.bypass:
            name = f"{node.name} on bypass"
            found.append(Failure(bypassed=frozenset({node.name}), name=name))
    return found


def collapses_at(model: PowerModel, wanted: Float[np.ndarray, " load"], states: States) -> str:
    """The node whose voltage gives way first in a single state that has no solution.

    All loads grow together up to the most that is solved; there the lowest voltage decides.
    """
    low, high, at = 0.0, 1.0, "the chain"
    for _ in range(12):
        share = 0.5 * (low + high)
        state = solve_states(model, share * wanted, states).at(0)
        if bool(state.converged):
            low = share
            sag = np.where(state.live, state.own_drop, -np.inf)
            at = model.nodes[int(np.argmax(sag))].name
        else:
            high = share
    return at
