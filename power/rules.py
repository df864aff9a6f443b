"""Rules that every node must keep in every state, with the source of each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from power.capacity import Capacity, capacity
from power.checks import Check, Rule
from power.gathered import peaks, swings, up_to_sources
from power.network import NONE, PowerModel
from power.nodes import FULLY_RATED, Generator, Line, Load, Node, Ups, Utility
from power.solve import PowerState
from power.split import at_feeds
from power.states import Moment

BRANCH_DROP = 0.03  # NEC 210.19(A) and 215.2(A), informational notes
BRIDGED = 60.0
"""How long the overload of a UPS must last where no generator comes: to shed load by hand [s]."""
MINUTE = 60.0
TOTAL_DROP = 0.05  # the same notes: feeder and branch circuit together
UNBALANCE = 0.10  # usual design limit of panels
DROP_SOURCE = "NEC 210.19(A) and 215.2(A), informational notes"
CONTINUOUS_SOURCE = "NEC 210.20(A), 215.3: overcurrent device >= 125 % of the continuous load"
FULLY_RATED_SOURCE = "NEC 210.20(A), 215.3, exception: listed for 100 % of its rating"
RATING_SOURCE = {
    "transformer": "IEC 60076-1: rated power is for continuous loading",
    "ups": "IEC 62040-3: rated output apparent and active power",
    "utility": "rating of the grid connection",
    "generator": "ISO 8528-1: rated power of the set",
    "rectifier": "rated output power",
}
OVERLOAD_SOURCE = "overload table of the UPS, for the time until generators run or of the peak"
WINDOW_SOURCE = "input window of its power supplies"
RMS_SOURCE = "breakers and conductors heat up by the mean square over minutes"
CONDUCTOR_SOURCE = "NEC 310.15(B)(1): ampacity corrected for the air temperature"


def checks(model: PowerModel, state: PowerState, limits: Capacity | None = None) -> list[Check]:
    """Every rule at every live node and load of one state, node by node."""
    many = PowerState(*(np.asarray(value)[None] for value in vars(state).values()))
    found = [
        (thing, rule.check(0, thing))
        for rule in rules(model, many, limits)
        for thing in map(int, np.flatnonzero(rule.applies[0]))
    ]
    places = {node.name: place for place, node in enumerate(model.nodes)}
    last = len(places)
    return [check for _, check in sorted(found, key=lambda f: places.get(f[1].node, last))]


def rules(model: PowerModel, state: PowerState, limits: Capacity | None = None) -> list[Rule]:
    """Every rule in several states, at the limits of a `capacity` (as rated)."""
    limits = capacity(model, state) if limits is None else limits
    at = _Nodes(model, state)
    sources = [_rating_source(node) for node in model.nodes]
    found = [
        at.rule("loading", "VA", state.load, limits.device, sources, at.lasting),
        at.rule("conductor", "VA", state.load, limits.conductor, CONDUCTOR_SOURCE, at.lasting),
        *_of_sources(model, state, limits),
        *_of_voltage(model, state),
        *_of_swings(model, state, limits),
        *_of_phases(model, state, limits),
        *_of_loads(model, state),
    ]
    return [rule for rule in found if rule.applies.any()]


@dataclass(frozen=True)
class _Nodes:
    """A rule at the nodes, where they are live and have a finite limit."""

    model: PowerModel
    state: PowerState

    @property
    def lasting(self) -> Bool[np.ndarray, "*state 1"]:
        """States that last for hours; before generators run, minutes count."""
        return (self.state.moment >= Moment.GENERATOR)[..., None]

    def rule(
        self,
        name: str,
        unit: str,
        value: np.ndarray,
        limit: np.ndarray | float,
        source: str | Sequence[str],
        where: np.ndarray | bool = True,
        informational: bool = False,
        least: bool = False,
    ) -> Rule:
        nodes, shape = self.model.nodes, self.state.live.shape
        sources = (source,) * len(nodes) if isinstance(source, str) else tuple(source)
        limits = np.broadcast_to(limit, shape)
        return Rule(
            name,
            unit,
            tuple(node.name for node in nodes),
            sources,
            np.broadcast_to(value, shape),
            limits,
            self.state.live & self.state.converged[..., None] & np.isfinite(limits) & where,
            informational,
            least,
        )


def _of_kind(model: PowerModel, kind: type) -> Bool[np.ndarray, " node"]:
    return np.array([isinstance(node, kind) for node in model.nodes], dtype=bool)


def _of_sources(model: PowerModel, state: PowerState, limits: Capacity) -> list[Rule]:
    """Real power of UPS and generators, contracted demand, power factor at the meter."""
    at, utilities = _Nodes(model, state), _of_kind(model, Utility)
    size = np.hypot(state.power, state.reactive)
    factor = np.where(size > 0, state.power / np.where(size > 0, size, 1.0), 1.0)
    least = np.array(
        [node.power_factor_min if isinstance(node, Utility) else 0.0 for node in model.nodes]
    )
    return [
        at.rule(
            "real power",
            "W",
            state.power,
            limits.real,
            [RATING_SOURCE.get(node.kind, "") for node in model.nodes],
            ~utilities & at.lasting,
        ),
        at.rule(
            "overload",
            "W",
            state.power,
            _borne(model, limits, bridging_time(model))[1],
            OVERLOAD_SOURCE,
            ~at.lasting & _of_kind(model, Ups),
        ),
        at.rule("contracted demand", "W", state.power, limits.real, "supply contract", utilities),
        at.rule(
            "power factor",
            "1",
            factor,
            least,
            "supply contract: reactive power is charged below it",
            least > 0,
            least=True,
        ),
    ]


def _of_voltage(model: PowerModel, state: PowerState) -> list[Rule]:
    at, lines = _Nodes(model, state), _of_kind(model, Line)
    since = "voltage drop since transformer or UPS"
    return [
        at.rule("voltage drop", "1", state.own_drop, BRANCH_DROP, DROP_SOURCE, lines, True),
        at.rule(since, "1", state.feeder_drop, TOTAL_DROP, DROP_SOURCE, lines, True),
    ]


def _of_swings(model: PowerModel, state: PowerState, limits: Capacity) -> list[Rule]:
    """What accelerators draw for moments, against what each kind of node bears for so long.

    A UPS bears its overload table for the time of the peak. Breakers, conductors and transformers
    heat up over minutes: they feel the root of the mean square of a swing, P^2 + A^2 / 2. The grid
    sees the fastest change of it, 2 pi f A.
    """
    at, found = _Nodes(model, state), []
    if any(load.peak > 1.0 for load in model.loads):
        time = max(load.peak_time for load in model.loads)
        apparent, real = _borne(model, limits, time)
        highest = peaks(model, state)
        load = state.load * highest / np.where(state.power > 0, state.power, np.inf)
        found += [
            at.rule("peak power", "W", highest, real, OVERLOAD_SOURCE, at.lasting),
            at.rule("peak load", "VA", load, apparent, OVERLOAD_SOURCE, at.lasting),
        ]
    if any(load.swing > 0.0 for load in model.loads):
        amplitude = swings(model, state)
        fastest = 2 * np.pi * max(load.swing_frequency for load in model.loads)
        ramp = [n.ramp_limit if isinstance(n, Utility) else np.inf for n in model.nodes]
        heating = state.load * np.sqrt(
            1.0 + 0.5 * (amplitude / np.where(state.power > 0, state.power, np.inf)) ** 2
        )
        found += [
            at.rule("heating by the swing", "VA", heating, limits.apparent, RMS_SOURCE, at.lasting),
            at.rule("ramp", "W/s", fastest * amplitude, np.array(ramp), "grid code or contract"),
        ]
    return found


def bridging_time(model: PowerModel) -> float:
    """How long UPS carry on their own: until the last generator runs; `BRIDGED` without any [s]."""
    starts = [node.start_time for node in model.nodes if isinstance(node, Generator)]
    return max(starts, default=BRIDGED)


def _borne(
    model: PowerModel, limits: Capacity, time: float
) -> tuple[Float[np.ndarray, "*state node"], Float[np.ndarray, "*state node"]]:
    """Apparent and real power that each node bears for a time [VA, W]; inf where none is known.

    A UPS by its table, a generator 110 % from a second on (ISO 8528-1); breakers, conductors and
    transformers heat up over minutes.
    """
    share = np.full(len(model.nodes), 1.0 if time >= MINUTE else np.inf)
    for place, node in enumerate(model.nodes):
        if isinstance(node, Ups):
            shares = [share for share, longest in node.overload if longest >= time]
            share[place] = max(shares, default=1.0)
        elif isinstance(node, Generator):
            share[place] = 1.1 if time >= 1.0 else np.inf
        elif isinstance(node, Utility):
            share[place] = np.inf
    open_ended, share = np.isinf(share), np.where(np.isinf(share), 1.0, share)
    apparent, real = (
        np.where(open_ended, np.inf, x * share) for x in (limits.apparent, limits.real)
    )
    return apparent, real


def _of_phases(model: PowerModel, state: PowerState, limits: Capacity) -> list[Rule]:
    """Balance of the phases and current of the neutral, where phases are solved one by one."""
    if not model.three:
        return []
    at, size = _Nodes(model, state), np.abs(state.current)
    mean = size.mean(axis=-1)
    apart = (size.max(axis=-1) - mean) / np.where(mean > 0, mean, 1.0)
    limit = limits.apparent / (np.sqrt(3.0) * model.voltage)
    return [
        at.rule("phase unbalance", "1", apart, UNBALANCE, "usual design limit", True, True),
        at.rule(
            "neutral current",
            "A",
            neutral(model, state),
            limit,
            "NEC 310.15(E): a neutral of the size of the phases carries as much as they",
            _of_kind(model, Line) & at.lasting,
        ),
    ]


def neutral(model: PowerModel, state: PowerState) -> Float[np.ndarray, "*state node"]:
    """Current of the neutral at each node [A]: the sum of the phases, and thirds arithmetically.

    A transformer's delta and a converter keep both from what feeds them.
    """
    fundamental = np.abs(state.current.sum(axis=-1))
    third = np.array([load.third for load in model.loads])
    if not third.any():
        return fundamental
    volts = model.voltage[np.maximum(model.feeds, 0)] / np.sqrt(3.0)
    factor = np.array([load.power_factor for load in model.loads])
    currents = state.feed_power * (third / factor)[:, None] / volts
    above = np.where(model.starts_anew & ~state.through, NONE, state.fed_from)
    return np.hypot(fundamental, up_to_sources(above, at_feeds(model, currents)))


def _of_loads(model: PowerModel, state: PowerState) -> list[Rule]:
    names, lasting = tuple(load.name for load in model.loads), _Nodes(model, state).lasting
    fed = (state.feed_power > 0) & state.converged[..., None, None]
    volts = state.voltage[..., np.maximum(model.feeds, 0)]
    volts = volts * np.array([_to_terminals(load) for load in model.loads])[:, None]
    lowest = np.where(fed, volts, np.inf).min(axis=-1)
    highest = np.where(fed, volts, -np.inf).max(axis=-1)
    windows = [load.window or (-np.inf, np.inf) for load in model.loads]
    least, most = (np.broadcast_to(ends, lowest.shape) for ends in zip(*windows, strict=True))
    return [
        Rule(
            "unserved power",
            "W",
            names,
            tuple("every critical load is served" for _ in names),
            state.unserved,
            np.zeros_like(state.unserved),
            np.array([load.critical for load in model.loads]) & state.converged[..., None],
        ),
        Rule(
            "unserved cooling power",
            "W",
            names,
            tuple("standby units must carry on" for _ in names),
            state.unserved,
            np.zeros_like(state.unserved),
            np.array([not load.critical for load in model.loads]) & lasting,
            informational=True,
        ),
        Rule(
            "lowest voltage",
            "V",
            names,
            (WINDOW_SOURCE,) * len(names),
            lowest,
            least,
            np.isfinite(lowest) & np.isfinite(least),
            least=True,
        ),
        Rule(
            "highest voltage",
            "V",
            names,
            (WINDOW_SOURCE,) * len(names),
            highest,
            most,
            np.isfinite(highest) & np.isfinite(most),
        ),
    ]


def _to_terminals(load: Load) -> float:
    """From line-to-line to the voltage between the load's terminals [-]."""
    return 1.0 / np.sqrt(3.0) if len(load.phases) == 1 else 1.0


def _rating_source(node: Node) -> str:
    """Where the share of the rating comes from that a continuous load (3 h or more) may take."""
    fully = FULLY_RATED_SOURCE if node.continuous_factor == FULLY_RATED else CONTINUOUS_SOURCE
    return RATING_SOURCE.get(node.kind, fully)
