"""What bridges a loss of the utility: batteries until generators run, generators step by step."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from power.capacity import derating
from power.checks import Check
from power.network import NONE, PowerModel
from power.nodes import Battery, Generator, TransferSwitch, Ups
from power.solve import PowerState, roots
from power.split import at_feeds
from power.states import Moment

AUTONOMY_SOURCE = "batteries must carry until the generators have taken over"
CLOCK_SOURCE = "cooling must be back before the first thermal limit"
STEP_SOURCE = "ISO 8528-5: load step that the set takes within its dips of voltage and frequency"
TOGETHER = 1.0
"""Loads that return within this time of each other are one step [s]."""


@dataclass(frozen=True)
class Step:
    """Load that comes to a generator at one time after the loss of the utility."""

    generator: str
    time: float  # after the loss [s]
    what: tuple[str, ...]  # switches through which it comes
    power: float  # at once [W]
    ramped: float  # that UPS take over slowly, from then on [W]
    limit: float  # of a step [W]


def autonomy(battery: Battery, power: float) -> float:
    """How long an old battery carries `power` [W] at its room's temperature [s].

    >>> autonomy(Battery(energy=750e6), 2.0e6)
    300.0
    """
    energy = battery.energy * battery.end_of_life * derating(battery.derating, battery.temperature)
    return energy / power if power > 0 else np.inf


def autonomy_checks(model: PowerModel, state: PowerState) -> list[Check]:
    """Autonomy of every battery in its heaviest state, against what it must bridge.

    It carries from the loss of its feed until generators run and the slowest switch above it has
    transferred; without generators nothing ends that time, and the autonomy is only told.
    """
    found = []
    for place, node in enumerate(model.nodes):
        if not isinstance(node, Ups) or node.battery is None:
            continue
        on_battery = state.on_battery[:, place]
        carried = float(np.where(on_battery, state.power[:, place], 0.0).max(initial=0.0))
        if carried > 0:
            lasts, wanted = autonomy(node.battery, carried), bridged(model, place)
            unknown = not np.isfinite(wanted)
            found.append(
                Check(
                    node.name,
                    "battery autonomy",
                    lasts,
                    0.0 if unknown else wanted,
                    "s",
                    unknown or lasts >= wanted,
                    AUTONOMY_SOURCE,
                    informational=unknown,
                    least=True,
                )
            )
    return found


def bridged(model: PowerModel, place: int) -> float:
    """Longest time without voltage before a node while a generator starts [s]; inf without one."""
    above, below = {place}, [place]
    while below:
        more = [int(p) for p in model.parents[below.pop()] if p != NONE]
        below += [p for p in more if p not in above]
        above |= set(more)
    waits = [n.gap + n.delay for p in above if isinstance(n := model.nodes[p], TransferSwitch)]
    times = [n.start_time for p in above if isinstance(n := model.nodes[p], Generator)]
    return max(times) + max(waits, default=0.0) if times else np.inf


@dataclass(frozen=True)
class Clock:
    """Cooling that many `loads` give together, and how long its absence is borne [s]."""

    name: str
    loads: tuple[str, ...]
    seconds: float


def clock_checks(model: PowerModel, state: PowerState, clocks: Sequence[Clock]) -> list[Check]:
    """How long cooling stands still against the time to its first limit.

    Where all loads of a clock are without power in a state on batteries: until the generator above
    one of their feeds runs, or the batteries of what they cool are empty.
    """
    waiting, found = state.moment == Moment.BATTERY, []
    lasts = max((check.value for check in autonomy_checks(model, state)), default=0.0)
    number = {load.name: n for n, load in enumerate(model.loads)}
    for clock in clocks:
        at = [number[name] for name in clock.loads]
        if not at or not (state.served[waiting][:, at] <= 0).all(axis=1).any():
            continue
        still = min(bridged(model, model.index[f]) for n in at for f in model.loads[n].feeds)
        still = min(still, lasts)
        holds = still <= clock.seconds
        found.append(
            Check(
                clock.name, "time without cooling", still, clock.seconds, "s", holds, CLOCK_SOURCE
            )
        )
    return found


def generator_steps(model: PowerModel, state: PowerState) -> list[Step]:
    """The sequence of loads on every generator in the state with most of them.

    A load comes when the switch above it has waited; what a UPS with a walk-in time draws does not
    come at once. State: several, of which those at the moment of generators count.
    """
    running = np.flatnonzero(state.moment == Moment.GENERATOR)
    top = roots(state.fed_from)
    found = []
    for place, node in enumerate(model.nodes):
        if not isinstance(node, Generator) or not len(running):
            continue
        row = running[np.argmax(state.power[running, place])]
        if state.power[row, place] <= 0:
            continue
        direct, ramped = _by_switch(model, state, int(row), top[row] == place)
        times = {s: node.start_time + _wait(model, s) for s in {*direct, *ramped}}
        limit = node.step * node.rated_power * float(state.units[row, place])
        for group in _groups(times):
            names = tuple(model.nodes[s].name for s in group if s != NONE)
            found.append(
                Step(
                    node.name,
                    times[group[0]],
                    names,
                    sum(direct.get(s, 0.0) for s in group),
                    sum(ramped.get(s, 0.0) for s in group),
                    limit,
                )
            )
    return found


def step_checks(steps: Sequence[Step]) -> list[Check]:
    """Every step against what its generator takes at once."""
    return [
        Check(
            step.generator,
            "load step",
            step.power,
            step.limit,
            "W",
            step.power <= step.limit,
            STEP_SOURCE,
        )
        for step in steps
    ]


def _by_switch(
    model: PowerModel, state: PowerState, row: int, here: np.ndarray
) -> tuple[dict[int, float], dict[int, float]]:
    """Power that comes at once, and over a walk-in, by the switch that lets it through [W]."""
    direct, ramped = dict[int, float](), dict[int, float]()
    drawn_at = at_feeds(model, state.feed_power[row])
    converts = model.is_ups & ~state.through[row]  # it stands for all below it
    for place in np.flatnonzero(here & state.live[row]):
        own, slow = drawn_at[place], 0.0
        if converts[place]:
            node = model.nodes[place]
            assert isinstance(node, Ups), f"{node.name} is no UPS"
            drawn = state.power[row, place] + state.losses[row, place] + state.charging[row, place]
            own, slow = (0.0, drawn) if node.walk_in > 0 else (drawn, 0.0)
        elif not own or _below_ups(converts, state.fed_from[row], int(place)):
            continue
        switch = _switch_above(model, state.fed_from[row], int(place))
        direct[switch] = direct.get(switch, 0.0) + float(own)
        ramped[switch] = ramped.get(switch, 0.0) + float(slow)
    return direct, ramped


def _below_ups(converts: np.ndarray, fed_from: np.ndarray, place: int) -> bool:
    while fed_from[place] != NONE:
        place = int(fed_from[place])
        if converts[place]:
            return True
    return False


def _switch_above(model: PowerModel, fed_from: np.ndarray, place: int) -> int:
    """The nearest transfer switch at or above a node; -1 for none."""
    while place != NONE and not isinstance(model.nodes[place], TransferSwitch):
        place = int(fed_from[place])
    return place


def _wait(model: PowerModel, switch: int) -> float:
    node = model.nodes[switch]
    return node.gap + node.delay if switch != NONE and isinstance(node, TransferSwitch) else 0.0


def _groups(times: dict[int, float]) -> list[list[int]]:
    """Switches whose times are within `TOGETHER` of the first of their group, in order."""
    groups: list[list[int]] = []
    for switch in sorted(times, key=lambda s: times[s]):
        if groups and times[switch] - times[groups[-1][0]] <= TOGETHER:
            groups[-1].append(switch)
        else:
            groups.append([switch])
    return groups
