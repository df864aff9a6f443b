"""Circuits of liquid that exchange heat: descriptions -> CircuitsModel, and its steady state."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from geometry.errors import Finding, InputError
from thermal.liquid import band, network
from thermal.liquid.checks import group_of
from thermal.liquid.heat import Exchangers, HeatModel
from thermal.liquid.network import Network, State
from thermal.liquid.parts import Control, Link, Node
from thermal.properties import Fluid, check_range


@dataclass(frozen=True)
class Circuit:
    """Links and nodes that one liquid runs through; `T` is where its density is taken [K]."""

    name: str
    fluid: Fluid
    T: float
    links: tuple[Link, ...]
    nodes: tuple[Node, ...]
    controls: tuple[Control, ...] = ()


@dataclass(frozen=True)
class Exchanger:
    """A counterflow exchanger between links of two circuits, by its clean UA at nominal flows.

    With `T_set` a valve lets through the cold side what holds it behind the hot link. A three-way
    valve lets the rest pass by within the cold link, whose flow stays; a two-way valve holds it
    back.
    """

    name: str
    hot: tuple[str, str]  # circuit, link
    cold: tuple[str, str]
    UA: float  # [W/K]
    m_hot: float  # nominal [kg/s]
    m_cold: float  # nominal [kg/s]
    T_set: float | None = None  # [K]
    two_way: bool = False


@dataclass(frozen=True)
class Rejection:
    """A link that leaves at a temperature given from outside: chiller, dry cooler, tower."""

    name: str
    link: tuple[str, str]  # circuit, link
    T: float  # [K]


Name = tuple[str, str]
"""Of a circuit, and of what is in it."""


@dataclass(frozen=True)
class Places:
    """Where things of this name are: among all links and nodes, exchangers and rejections.

    Pumps, valves and groups of pumps: in which network, and where among those of its state.
    """

    circuit: dict[str, int]
    link: dict[Name, int]
    node: dict[Name, int]
    exchanger: dict[str, int]
    rejection: dict[str, int]
    network: dict[str, int]  # of a circuit
    pump: dict[Name, tuple[int, int]]
    valve: dict[Name, tuple[int, int]]
    group: dict[Name, tuple[int, int]]
    first: tuple[int, ...]  # among all links, of each network


class CircuitsModel(eqx.Module):
    """Arrays of all circuits, fixed during a solve.

    Circuits without two-way valves are one network for the solver of flows, those with them
    another. Links and nodes are counted through both.
    """

    networks: tuple[Network, ...]
    heat: HeatModel
    T_ref: Float[Array, ""]  # [K]
    T_rest: Float[Array, " circuit"]  # where its density is taken [K]
    fluids: tuple[Fluid, ...]  # of the circuits
    two_way: Bool[Array, " exchanger"]
    valved: tuple[bool, ...] = eqx.field(static=True)  # networks with two-way valves
    links: tuple[tuple[int, int], ...] = eqx.field(static=True)  # of each circuit, from and to
    nodes: tuple[tuple[int, int], ...] = eqx.field(static=True)


class Scenario(eqx.Module):
    """What may differ between states of the same circuits: arrays only, so that states batch."""

    hydraulic: tuple[State, ...]
    heat: Float[Array, " link"]  # to each link, its pumps' left out [W]
    loss: Float[Array, " link"]  # conductance to the air along it [W/K]
    T_air: Float[Array, " link"]  # [K]
    T_enter: Float[Array, " node"]  # of what enters a network here [K]
    T_set: Float[Array, " exchanger"]  # -inf where nothing is held [K]
    fouling: Float[Array, " exchanger"]  # resistance over that of the clean exchanger [-]
    T_rejected: Float[Array, " rejection"]  # leaving the rejection, inf where there is none [K]


def build(
    circuits: Sequence[Circuit],
    exchangers: Sequence[Exchanger] = (),
    rejections: Sequence[Rejection] = (),
) -> tuple[CircuitsModel, Scenario, Places]:
    """Circuits, their state with everything in order, and where each name is.

    Raises InputError with everything that is wrong.
    """
    for circuit in circuits:
        check_range(circuit.fluid, circuit.T, circuit.name)
    valved = {x.cold[0] for x in exchangers if x.two_way}
    parts = [
        [c for c in circuits if (c.name in valved) is with_valves] for with_valves in (False, True)
    ]
    parts = [part for part in parts if part]
    circuits = [c for part in parts for c in part]
    built = [_network(part) for part in parts]
    places = _places(parts, [n for n, _ in built], exchangers, rejections)
    findings = [*_unknown(exchangers, rejections, places)]
    if findings:
        raise InputError(findings)
    T_ref = float(np.mean([c.T for c in circuits]))
    model = CircuitsModel(
        networks=tuple(arrays for arrays, _ in built),
        heat=_heat_model(circuits, [arrays for arrays, _ in built], exchangers, rejections, places),
        T_ref=jnp.asarray(T_ref),
        T_rest=jnp.asarray([float(c.T) for c in circuits]),
        fluids=tuple(c.fluid for c in circuits),
        two_way=jnp.asarray([x.two_way for x in exchangers], bool),
        valved=tuple(part[0].name in valved for part in parts),
        links=_spans([len(c.links) for c in circuits]),
        nodes=_spans([len(c.nodes) for c in circuits]),
    )
    links, nodes = len(places.link), len(places.node)
    T_set = [-np.inf if x.T_set is None else x.T_set for x in exchangers]
    scenario = Scenario(
        hydraulic=tuple(state for _, state in built),
        heat=jnp.zeros(links),
        loss=jnp.zeros(links),
        T_air=jnp.full(links, T_ref, float),
        T_enter=jnp.full(nodes, T_ref, float),
        T_set=jnp.asarray(T_set, float),
        fouling=jnp.zeros(len(exchangers)),
        T_rejected=jnp.asarray([float(r.T) for r in rejections], float),
    )
    return model, scenario, places


def _network(circuits: Sequence[Circuit]) -> tuple[Network, State]:
    """Circuits as one network, names with that of their circuit before them."""
    of_link = [c for c in circuits for _ in c.links]

    def at_T(number: str) -> list[float]:
        return [float(getattr(c.fluid, number)(jnp.asarray(c.T))) for c in of_link]

    return network.build(
        [_renamed(link, c, "name", "tail", "head") for c in circuits for link in c.links],
        [_renamed(node, c, "name") for c in circuits for node in c.nodes],
        [_of_circuit(control, c) for c in circuits for control in c.controls],
        density=at_T("density"),
        viscosity=at_T("viscosity"),
    )


def _full(circuit: Circuit, name: str) -> str:
    return f"{circuit.name}: {name}"


def _renamed(part, circuit: Circuit, *names: str):
    renamed = replace(part, **{name: _full(circuit, getattr(part, name)) for name in names})
    pump = getattr(renamed, "pump", None)
    if pump is None:
        return renamed
    return replace(renamed, pump=replace(pump, group=_full(circuit, group_of(part))))


def _of_circuit(control: Control, circuit: Circuit) -> Control:
    ends = {name: getattr(control, name) for name in ("high", "low")}
    ends = {name: _full(circuit, end) if end else None for name, end in ends.items()}
    links = tuple(_full(circuit, link) for link in control.links)
    return replace(control, group=_full(circuit, control.group), links=links, **ends)


def _spans(lengths: list[int]) -> tuple[tuple[int, int], ...]:
    ends = np.cumsum([0, *lengths]).tolist()
    return tuple(pairwise(ends))


def _places(parts, networks, exchangers, rejections) -> Places:
    circuits = [c for part in parts for c in part]
    links = [(c.name, link.name) for c in circuits for link in c.links]
    nodes = [(c.name, node.name) for c in circuits for node in c.nodes]
    pumps: dict[Name, tuple[int, int]] = {}
    valves: dict[Name, tuple[int, int]] = {}
    groups: dict[Name, tuple[int, int]] = {}
    for n, part in enumerate(parts):
        here = [(c, link) for c in part for link in c.links]
        with_pump = [(c, link) for c, link in here if link.pump]
        with_valve = [(c.name, link.name) for c, link in here if link.valve]
        names = dict.fromkeys((c.name, group_of(link)) for c, link in with_pump)
        pumps |= {(c.name, link.name): (n, k) for k, (c, link) in enumerate(with_pump)}
        valves |= {name: (n, k) for k, name in enumerate(with_valve)}
        groups |= {name: (n, k) for k, name in enumerate(names)}
    return Places(
        circuit={c.name: n for n, c in enumerate(circuits)},
        link={name: n for n, name in enumerate(links)},
        node={name: n for n, name in enumerate(nodes)},
        exchanger={x.name: n for n, x in enumerate(exchangers)},
        rejection={r.name: n for n, r in enumerate(rejections)},
        network={c.name: n for n, part in enumerate(parts) for c in part},
        pump=pumps,
        valve=valves,
        group=groups,
        first=tuple(np.cumsum([0, *(a.tail.shape[0] for a in networks)])[:-1].tolist()),
    )


def switched(
    scenario: Scenario,
    places: Places,
    *,
    running: Mapping[Name, float] | None = None,
    m_max: Mapping[Name, float] | None = None,
    speed: Mapping[Name, float] | None = None,
    position: Mapping[Name, float] | None = None,
    fouling: Mapping[Name, float] | None = None,
) -> Scenario:
    """A scenario with pumps `running`, links held to `m_max` [kg/s] (0 shuts one off), the most a
    group turns (`speed`), positions of valves and fouling of links, by names of circuit and thing.
    """
    states = list(scenario.hydraulic)

    def put(number: str, values: Mapping[Name, float] | None, where) -> None:
        at: dict[int, dict[int, float]] = {}
        for name, value in (values or {}).items():
            n, k = where(name)
            at.setdefault(n, {})[k] = value
        for n, here in at.items():
            array = np.array(getattr(states[n], number))
            array[list(here)] = list(here.values())
            states[n] = replace(states[n], **{number: jnp.asarray(array)})

    def at_link(name: Name) -> tuple[int, int]:
        n = places.network[name[0]]
        return n, places.link[name] - places.first[n]

    put("running", running, places.pump.__getitem__)
    put("m_max", m_max, at_link)
    put("speed", speed, places.group.__getitem__)
    put("position", position, places.valve.__getitem__)
    put("fouling", fouling, at_link)
    return replace(scenario, hydraulic=tuple(states))


def _unknown(exchangers, rejections, places: Places):
    ends = [(x.name, end) for x in exchangers for end in (x.hot, x.cold)]
    ends += [(r.name, r.link) for r in rejections]
    for name, end in ends:
        if end not in places.link:
            yield Finding(name, f"no link {end[1]!r} in circuit {end[0]!r}")
    for x in exchangers:
        for number in ("UA", "m_hot", "m_cold"):
            if not getattr(x, number) > 0:
                yield Finding(f"{x.name}.{number}", f"{getattr(x, number):g}; wanted more than 0")


def _heat_model(circuits, networks, exchangers, rejections, places: Places) -> HeatModel:
    starts = np.cumsum([0, *(a.height.shape[0] for a in networks)])
    tail = np.concatenate([np.asarray(a.tail) + s for a, s in zip(networks, starts, strict=False)])
    head = np.concatenate([np.asarray(a.head) + s for a, s in zip(networks, starts, strict=False)])
    hot, cold = ([places.link[end] for end in ends] for ends in _ends(exchangers))
    across = [
        (one, two)
        for h, c in zip(hot, cold, strict=True)
        for one in (tail[h], head[h])
        for two in (tail[c], head[c])
    ]
    lower = np.concatenate([tail, [a for a, _ in across]]).astype(int)
    upper = np.concatenate([head, [b for _, b in across]]).astype(int)
    row, width = band.order(len(places.node), lower, upper)
    count = [(n, len(c.links), len(c.nodes)) for n, c in enumerate(circuits)]
    return HeatModel(
        tail=jnp.asarray(tail),
        head=jnp.asarray(head),
        circuit=jnp.asarray(np.repeat([n for n, _, _ in count], [m for _, m, _ in count])),
        circuit_of_node=jnp.asarray(np.repeat([n for n, _, _ in count], [m for _, _, m in count])),
        m_scale=jnp.concatenate([a.m_scale for a in networks]),
        exchangers=Exchangers(
            _index(hot),
            _index(cold),
            *(
                jnp.asarray([float(getattr(x, number)) for x in exchangers], float)
                for number in ("UA", "m_hot", "m_cold")
            ),
        ),
        rejection=_index([places.link[r.link] for r in rejections]),
        row=jnp.asarray(row),
        width=width,
    )


def _ends(exchangers):
    return [x.hot for x in exchangers], [x.cold for x in exchangers]


def _index(values) -> Int[Array, " place"]:
    return jnp.asarray(values, int)
