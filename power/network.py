"""Descriptions of the power chain -> PowerModel: arrays built once, fixed during a solve."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Complex, Float, Int

from geometry.errors import InputError
from power.components import series_impedance, tangent
from power.faults import faults
from power.loadflow import LoadFlow, build_load_flow
from power.nodes import (
    PHASES,
    Generator,
    Load,
    Node,
    Rectifier,
    Tie,
    TransferSwitch,
    Transformer,
    Ups,
    Utility,
)

NONE = -1  # index of a feed that is not there


@dataclass(frozen=True)
class PowerModel:
    """The power chain as arrays, in the order of `nodes` and `loads`.

    Rows of `parents` and `feeds` list the feeds of a node or load, filled up with -1.
    """

    nodes: tuple[Node, ...]
    loads: tuple[Load, ...]
    index: dict[str, int]  # node name -> its place
    order: tuple[int, ...]  # parents before children, ties last
    parents: Int[np.ndarray, "node parents"]  # of a tie its two boards
    feeds: Int[np.ndarray, "load feeds"]
    shares: Float[np.ndarray, "load feeds"]
    supplies: Float[np.ndarray, "load feeds"]  # limit of a load's supplies on each feed [W]
    load_tangent: Float[np.ndarray, "load feeds"]  # Q / P over each feed; none of direct current
    worst_tangent: Float[np.ndarray, " node"]  # largest Q / P of the loads a node can feed
    voltage: Float[np.ndarray, " node"]  # nominal, line-to-line [V]
    impedance: Complex[np.ndarray, " node"]  # feed to output, at output voltage [ohm]
    rating: Float[np.ndarray, " node"]  # [VA]
    continuous_factor: Float[np.ndarray, " node"]
    real_limit: Float[np.ndarray, " node"]  # UPS and contracted demand, else inf [W]
    is_direct: Bool[np.ndarray, " node"]
    is_ups: Bool[np.ndarray, " node"]
    is_converter: Bool[np.ndarray, " node"]  # UPS and rectifiers: a new voltage begins
    starts_anew: Bool[np.ndarray, " node"]  # drops of voltage are counted from here
    slow: Bool[np.ndarray, " node"]  # switches, ties: a gap that not all servers bridge
    backed_up: tuple[tuple[int, list[int]], ...]  # generator, switches that it may feed
    above: Bool[np.ndarray, "node node"]  # whether the second may feed the first, ties left out
    in_series: int  # most converters between a source and a load
    three: bool  # some load hangs on one or two phases: all three are solved
    flow: LoadFlow


def build(nodes: Sequence[Node], loads: Sequence[Load]) -> PowerModel:
    """Check the description and lay it out as arrays; InputError lists all mistakes."""
    found = faults(nodes, loads)
    if found:
        raise InputError(found)
    index = {node.name: place for place, node in enumerate(nodes)}
    parents = _padded([[index[name] for name in node.fed_by] for node in nodes], NONE)
    feeds = _padded([[index[name] for name in load.feeds] for load in loads], NONE)
    ties = np.array([isinstance(node, Tie) for node in nodes], dtype=bool)
    order = _parents_first(np.where(ties[:, None], NONE, parents), ties)
    direct = np.array([node.direct for node in nodes], dtype=bool)
    own_tangent = np.array([tangent(load.power_factor) for load in loads], dtype=float)
    load_tangent = np.where(direct[feeds], 0.0, own_tangent[:, None])
    three = any(load.phases != PHASES[0] for load in loads)
    converters = np.array([isinstance(node, Ups | Rectifier) for node in nodes], dtype=bool)
    held = min((load.hold_up for load in loads if load.critical), default=0.0)
    gaps = [node.gap if isinstance(node, TransferSwitch | Tie) else 0.0 for node in nodes]
    return PowerModel(
        nodes=tuple(nodes),
        loads=tuple(loads),
        index=index,
        order=order,
        parents=parents,
        feeds=feeds,
        shares=_padded([load.shares or [1.0] * len(load.feeds) for load in loads], 0.0),
        supplies=_padded([load.ratings or [np.inf] * len(load.feeds) for load in loads], np.inf),
        load_tangent=load_tangent,
        worst_tangent=_worst_tangent(parents, feeds, order, load_tangent),
        voltage=np.array([node.voltage for node in nodes], dtype=float),
        impedance=np.array([series_impedance(node) for node in nodes], dtype=complex),
        rating=np.array([node.rating for node in nodes], dtype=float),
        continuous_factor=np.array([node.continuous_factor for node in nodes], dtype=float),
        real_limit=np.array([_real_limit(node) for node in nodes], dtype=float),
        is_direct=direct,
        is_ups=np.array([isinstance(node, Ups) for node in nodes], dtype=bool),
        is_converter=converters,
        starts_anew=np.array(
            [isinstance(node, Utility | Transformer | Ups | Rectifier) for node in nodes],
            dtype=bool,
        ),
        slow=np.array(gaps) > held,
        backed_up=_backed_up(nodes, parents, order),
        above=_above(parents, order),
        in_series=_in_series(parents, order, converters),
        three=three,
        flow=build_load_flow(nodes, index, three),
    )


def _padded(rows: Sequence[Sequence[float | int]], fill: float | int) -> np.ndarray:
    """Rows of unequal length as one array, filled up at the end; its type is that of `fill`."""
    width = max((len(row) for row in rows), default=0)
    table = np.full((len(rows), width), fill)
    for row, values in zip(table, rows, strict=True):
        row[: len(values)] = values
    return table


def _parents_first(
    parents: Int[np.ndarray, "node parents"], last: Bool[np.ndarray, " node"]
) -> tuple[int, ...]:
    """Nodes by depth below the sources, then `last`; the network is known to have no cycle."""
    depth = np.zeros(len(parents), dtype=int)
    for _ in parents:
        below = np.where(parents == NONE, 0, depth[parents] + 1).max(axis=1, initial=0)
        if np.array_equal(below, depth):
            break
        depth = below
    return tuple(int(node) for node in np.lexsort((depth, last)))


def _above(
    parents: Int[np.ndarray, "node parents"], order: tuple[int, ...]
) -> Bool[np.ndarray, "node node"]:
    """Everything that may feed each node; the boards of a tie are not what feeds others."""
    found = np.zeros((len(parents), len(parents)), dtype=bool)
    for place in order:
        for parent in parents[place][parents[place] != NONE]:
            found[place] |= found[parent]
            found[place, parent] = True
    return found


def _backed_up(
    nodes: Sequence[Node], parents: Int[np.ndarray, "node parents"], order: tuple[int, ...]
) -> tuple[tuple[int, list[int]], ...]:
    """Each generator with the first switches below it, which call for it."""
    found = []
    for source, node in enumerate(nodes):
        if not isinstance(node, Generator):
            continue
        below, switches = {source}, []
        for place in order:
            if below & set(parents[place].tolist()):
                if isinstance(nodes[place], TransferSwitch):
                    switches.append(place)
                else:
                    below.add(place)
        found.append((source, switches))
    return tuple(found)


def _in_series(
    parents: Int[np.ndarray, "node parents"],
    order: tuple[int, ...],
    converters: Bool[np.ndarray, " node"],
) -> int:
    """Most converters on any way from a source to a node, through one tie at most."""
    count = np.zeros(len(parents) + 1, dtype=int)  # the last stands for "no feed"
    for place in order:
        count[place] = count[parents[place]].max(initial=0) + converters[place]
    ties = [place for place in order if (parents[place] > NONE).sum() == 2]
    most = int(count.max(initial=0))
    return most + (int(count[ties].max()) if ties else 0)


def _worst_tangent(
    parents: Int[np.ndarray, "node parents"],
    feeds: Int[np.ndarray, "load feeds"],
    order: tuple[int, ...],
    load_tangent: Float[np.ndarray, "load feeds"],
) -> Float[np.ndarray, " node"]:
    """Largest Q / P of the loads that each node can feed; 0 where it feeds none."""
    worst = np.zeros(len(parents))
    for feed, tangents in zip(feeds.T, load_tangent.T, strict=True):
        np.maximum.at(worst, feed[feed != NONE], tangents[feed != NONE])
    for node in reversed(order):
        for parent in parents[node][parents[node] != NONE]:
            worst[parent] = max(worst[parent], worst[node])
    return worst


def _real_limit(node: Node) -> float:
    match node:
        case Ups():
            return node.continuous_factor * node.rated_power
        case Utility():
            return node.demand_limit
    return getattr(node, "rated_power", np.inf)
