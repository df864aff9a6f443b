"""Descriptions of the power chain -> PowerModel: arrays built once, fixed during a solve."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Complex, Float, Int

from geometry.errors import InputError
from power.components import series_impedance, tangent
from power.faults import faults
from power.loadflow import LoadFlow, build_load_flow
from power.nodes import Load, Node, Ups, Utility

NONE = -1  # index of a feed that is not there


@dataclass(frozen=True)
class PowerModel:
    """The power chain as arrays, in the order of `nodes` and `loads`.

    Rows of `parents` and `feeds` list the feeds of a node or load, filled up with -1.
    """

    nodes: tuple[Node, ...]
    loads: tuple[Load, ...]
    index: dict[str, int]  # node name -> its place
    order: tuple[int, ...]  # parents before children
    parents: Int[np.ndarray, "node parents"]
    feeds: Int[np.ndarray, "load feeds"]
    shares: Float[np.ndarray, "load feeds"]
    load_tangent: Float[np.ndarray, " load"]  # Q / P of each load
    worst_tangent: Float[np.ndarray, " node"]  # largest Q / P of the loads a node can feed
    voltage: Float[np.ndarray, " node"]  # nominal, line-to-line [V]
    impedance: Complex[np.ndarray, " node"]  # feed to output, at output voltage [ohm]
    apparent_limit: Float[np.ndarray, " node"]  # continuous, inf where there is none [VA]
    real_limit: Float[np.ndarray, " node"]  # UPS and contracted demand, else inf [W]
    is_ups: Bool[np.ndarray, " node"]
    flow: LoadFlow


def build(nodes: Sequence[Node], loads: Sequence[Load]) -> PowerModel:
    """Check the description and lay it out as arrays; InputError lists all mistakes."""
    found = faults(nodes, loads)
    if found:
        raise InputError(found)
    index = {node.name: place for place, node in enumerate(nodes)}
    parents = _padded([[index[name] for name in node.fed_by] for node in nodes], NONE)
    feeds = _padded([[index[name] for name in load.feeds] for load in loads], NONE)
    order = _parents_first(parents)
    load_tangent = np.array([tangent(load.power_factor) for load in loads], dtype=float)
    return PowerModel(
        nodes=tuple(nodes),
        loads=tuple(loads),
        index=index,
        order=order,
        parents=parents,
        feeds=feeds,
        shares=_padded([load.shares or [1.0] * len(load.feeds) for load in loads], 0.0),
        load_tangent=load_tangent,
        worst_tangent=_worst_tangent(parents, feeds, order, load_tangent),
        voltage=np.array([node.voltage for node in nodes], dtype=float),
        impedance=np.array([series_impedance(node) for node in nodes], dtype=complex),
        apparent_limit=np.array([_apparent_limit(node) for node in nodes], dtype=float),
        real_limit=np.array([_real_limit(node) for node in nodes], dtype=float),
        is_ups=np.array([isinstance(node, Ups) for node in nodes], dtype=bool),
        flow=build_load_flow(nodes, index),
    )


def _padded(rows: Sequence[Sequence[float | int]], fill: float | int) -> np.ndarray:
    """Rows of unequal length as one array, filled up at the end; its type is that of `fill`."""
    width = max((len(row) for row in rows), default=0)
    table = np.full((len(rows), width), fill)
    for row, values in zip(table, rows, strict=True):
        row[: len(values)] = values
    return table


def _parents_first(parents: Int[np.ndarray, "node parents"]) -> tuple[int, ...]:
    """Nodes by depth below the utilities; the network is known to have no cycle."""
    depth = np.zeros(len(parents), dtype=int)
    for _ in parents:
        below = np.where(parents == NONE, 0, depth[parents] + 1).max(axis=1, initial=0)
        if np.array_equal(below, depth):
            break
        depth = below
    return tuple(int(node) for node in np.argsort(depth, kind="stable"))


def _worst_tangent(
    parents: Int[np.ndarray, "node parents"],
    feeds: Int[np.ndarray, "load feeds"],
    order: tuple[int, ...],
    load_tangent: Float[np.ndarray, " load"],
) -> Float[np.ndarray, " node"]:
    """Largest Q / P of the loads that each node can feed; 0 where it feeds none."""
    worst = np.zeros(len(parents))
    for feed in feeds.T:
        np.maximum.at(worst, feed[feed != NONE], load_tangent[feed != NONE])
    for node in reversed(order):
        for parent in parents[node][parents[node] != NONE]:
            worst[parent] = max(worst[parent], worst[node])
    return worst


def _apparent_limit(node: Node) -> float:
    return node.continuous_factor * node.rating if node.rating > 0 else np.inf


def _real_limit(node: Node) -> float:
    match node:
        case Ups():
            return node.continuous_factor * node.rated_power
        case Utility():
            return node.demand_limit
    return np.inf
