"""What bridges a loss of power: batteries, generators step by step, and cooling meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from power.capacity import derating
from power.checks import Check
from power.network import NONE, PowerModel
from power.nodes import Battery, Generator, Node, Tie, TransferSwitch, Ups
from power.solve import ROUNDING, PowerState
from power.split import at_feeds
from power.states import Moment
from power.study import Study
from power.ways import way

AUTONOMY_SOURCE = "batteries must carry until the generators have taken over"
CLOCK_SOURCE = "cooling must be back before the first thermal limit"
STEP_SOURCE = "ISO 8528-5: load step that the set takes within its dips of voltage and frequency"
TOGETHER = 1.0
"""Loads that return within this time of each other are one step [s]."""


@dataclass(frozen=True)
class Step:
    """Load that comes to a generator at one time after the loss of its voltage."""

    generator: str
    time: float  # after the loss [s]
    what: tuple[str, ...]  # switches through which it comes
    power: float  # at once [W]
    ramped: float  # that UPS take over slowly, from then on [W]
    limit: float  # of a step [W]


@dataclass(frozen=True)
class Clock:
    """Cooling that `loads` give together to `cooled`, and how long its absence is borne [s]."""

    name: str
    loads: tuple[str, ...]
    cooled: tuple[str, ...]
    seconds: float


def autonomy(battery: Battery, power: float) -> float:
    """How long an old battery gives `power` [W] at its room's temperature [s].

    >>> autonomy(Battery(energy=750e6), 2.0e6)
    300.0
    """
    return usable_energy(battery) / power if power > 0 else np.inf


def usable_energy(battery: Battery) -> float:
    """What an old battery gives at its room's temperature [J]."""
    return battery.energy * battery.end_of_life * derating(battery.derating, battery.temperature)


def autonomy_checks(found: Study) -> list[tuple[int, Check]]:
    """Autonomy of every battery in every failure, with its place among the failures.

    It gives what its UPS does and loses, from the loss of the feed until a generator runs and all
    switches on the way have transferred, and half of that while the input walks in. Where none
    comes the autonomy is only told.
    """
    checks = []
    for n in range(len(found.failures)):
        rows = found.by_moment(n)
        if Moment.BATTERY not in rows:
            continue
        row = rows[Moment.BATTERY]
        for place in map(int, np.flatnonzero(found.state.on_battery[row])):
            lasts, node = _lasts(found, row, place), found.model.nodes[place]
            assert isinstance(node, Ups), f"{node.name} is no UPS"
            back = _back(found, rows, place)
            wanted, known = back + 0.5 * node.walk_in, bool(np.isfinite(back))
            holds = not known or lasts >= wanted
            check = Check(
                node.name,
                "battery autonomy",
                lasts,
                wanted if known else 0.0,
                "s",
                holds,
                AUTONOMY_SOURCE,
                informational=not known,
                least=True,
            )
            checks.append((n, check))
    return checks


def clock_checks(found: Study, clocks: Sequence[Clock]) -> list[tuple[int, Check]]:
    """How long cooling stands still against the time to its first limit, in every failure.

    Counted where none of a clock's loads has power while something that it cools draws: in the end
    for ever; on batteries until the first of them is fed by a generator, or what is cooled is
    empty; during a transfer for its gaps.
    """
    number = {load.name: n for n, load in enumerate(found.model.loads)}
    checks = []
    for clock in clocks:
        own, hot = ([number[name] for name in names] for names in (clock.loads, clock.cooled))
        if not own or not hot:
            continue
        for n in range(len(found.failures)):
            wants = bool((found.wanted_in(n)[own] > 0).any())
            still = _still(found, n, own, hot) if wants else 0.0
            if still > 0:
                holds = still <= clock.seconds
                what = (clock.name, "time without cooling", still, clock.seconds, "s", holds)
                checks.append((n, Check(*what, CLOCK_SOURCE)))
    return checks


def _still(found: Study, n: int, own: list[int], hot: list[int]) -> float:
    """How long no load of `own` has power in a failure while one of `hot` has [s]."""
    rows = found.by_moment(n)
    served = found.state.served

    def off(moment: Moment) -> bool:
        row = rows.get(moment)
        if row is None or not (served[row, hot] > 0).any():
            return False
        return not (served[row, own] > 0).any()

    if off(Moment.SETTLED):
        return np.inf
    if off(Moment.GENERATOR) or off(Moment.BATTERY):
        row = rows[Moment.GENERATOR if off(Moment.GENERATOR) else Moment.BATTERY]
        empty = [
            _lasts(found, row, p) for p in map(int, np.flatnonzero(found.state.on_battery[row]))
        ]
        feeds = {int(f) for load in own for f in found.model.feeds[load] if f != NONE}
        back = min((_back(found, rows, feed) for feed in feeds), default=np.inf)
        return min(back, max(empty, default=np.inf))
    if off(Moment.TRANSFER):
        gaps = [node.gap for node in found.model.nodes if isinstance(node, TransferSwitch | Tie)]
        return max(gaps, default=0.0)
    return 0.0


def _lasts(found: Study, row: int, place: int) -> float:
    """How long a battery carries its UPS in a state [s]."""
    node = found.model.nodes[place]
    assert isinstance(node, Ups), f"{node.name} is no UPS"
    assert node.battery is not None, f"{node.name} has no battery"
    power = found.state.power[row, place] + found.state.losses[row, place]
    return autonomy(node.battery, float(power))


def _back(found: Study, rows: dict[Moment, int], place: int) -> float:
    """When a node has voltage again that comes from a generator [s]; inf where it never does."""
    row = rows.get(Moment.GENERATOR)
    if row is None or found.state.on_battery[row, place] or not found.state.live[row, place]:
        return np.inf
    feed = found.state.fed_from[row]
    return _after(found.model, way(feed, place)) if feed[place] != NONE else np.inf


def _after(model: PowerModel, path: Sequence[int]) -> float:
    """Start of the generator at the end of a way and the waits of all switches on it [s].

    Without a generator there only the gaps count.
    """
    waits = sum(return_wait(model.nodes[place]) for place in path)
    source = model.nodes[path[-1]]
    return waits + (source.start_time if isinstance(source, Generator) else 0.0)


def return_wait(node: Node) -> float:
    """How long a node waits before it passes on a voltage that has returned [s]."""
    if isinstance(node, TransferSwitch):
        return node.gap + node.delay
    return node.gap if isinstance(node, Tie) else 0.0


def generator_steps(found: Study) -> list[tuple[int, list[Step]]]:
    """The sequence of loads on every generator in every failure in which it runs."""
    sequences = []
    for n in range(len(found.failures)):
        row = found.by_moment(n).get(Moment.GENERATOR)
        if row is not None and found.state.converged[row]:
            for place in map(int, np.flatnonzero(found.state.live[row])):
                if isinstance(found.model.nodes[place], Generator):
                    sequences.append((n, _sequence(found, row, place)))
    return [(n, steps) for n, steps in sequences if steps]


def step_checks(sequences: Sequence[tuple[int, list[Step]]]) -> list[tuple[int, Check]]:
    """Every step against what its generator takes at once."""
    return [
        (
            n,
            Check(
                step.generator,
                "load step",
                step.power,
                step.limit,
                "W",
                step.power <= step.limit,
                STEP_SOURCE,
            ),
        )
        for n, steps in sequences
        for step in steps
    ]


def _sequence(found: Study, row: int, generator: int) -> list[Step]:
    """What comes to a generator when: by the waits on the way, at once or over a walk-in.

    A UPS stands for all that it feeds.
    """
    model, state = found.model, found.state
    node = model.nodes[generator]
    assert isinstance(node, Generator), f"{node.name} is no generator"
    parts = [
        (_after(model, path), _switch(model, path), *_drawn(model, state, row, path[0]))
        for path in (way(state.fed_from[row], p) for p in map(int, np.flatnonzero(state.live[row])))
        if path[-1] == generator and not any(_separates(model, state, row, p) for p in path[1:])
    ]
    drawing = (part for part in parts if part[2] + part[3] > ROUNDING)
    parts = sorted(drawing, key=lambda part: part[0])
    limit = node.step * node.rated_power * float(state.units[row, generator])
    steps: list[list[tuple[float, str, float, float]]] = []
    for part in parts:
        if steps and part[0] - steps[-1][0][0] <= TOGETHER:
            steps[-1].append(part)
        else:
            steps.append([part])
    return [
        Step(
            node.name,
            step[0][0],
            tuple(dict.fromkeys(name for _, name, _, _ in step if name)),
            sum(power for _, _, power, _ in step),
            sum(ramped for _, _, _, ramped in step),
            limit,
        )
        for step in steps
    ]


def _separates(model: PowerModel, state: PowerState, row: int, place: int) -> bool:
    return bool(model.is_converter[place] and not state.through[row, place])


def _drawn(model: PowerModel, state: PowerState, row: int, place: int) -> tuple[float, float]:
    """What a node takes for itself at once, and over a walk-in [W]."""
    if not _separates(model, state, row, place):
        own = at_feeds(model, state.feed_power[row])[place] + state.losses[row, place]
        return float(own), 0.0
    node = model.nodes[place]
    drawn = state.power[row, place] + state.losses[row, place] + state.charging[row, place]
    walks = isinstance(node, Ups) and node.walk_in > 0
    return (0.0, float(drawn)) if walks else (float(drawn), 0.0)


def _switch(model: PowerModel, path: Sequence[int]) -> str:
    """The switch nearest to the end of a way; nothing without one."""
    names = (model.nodes[p].name for p in path if isinstance(model.nodes[p], TransferSwitch))
    return next(names, "")
