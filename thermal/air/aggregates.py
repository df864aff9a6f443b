"""Which cells the pressure solver merges on its coarse levels; decided once for a hall.

The first coarse levels are grids (blocks.py). Below them, and where walls stand too close for
grids, levels are graphs: blocks of two cells a side are merged, but cells of one block that are
joined by no open face of that block stay apart, as do cells on the two sides of a baffle that lets
little air through. A cold aisle and the hot aisle behind a sheet of glass thus keep pressures of
their own on every level (docs/decisions/0004-simplec.md, 0009-pressure-levels.md).
"""

from dataclasses import dataclass

import equinox as eqx
import numpy as np
from jaxtyping import Array, Float, Int
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from thermal.air.blocks import Blocks, Lattice, merge, merged_axes
from thermal.air.operators import triple
from thermal.arrays import on_device, roomy

WEAK_LOSS = 10.0
"""Faces with a larger loss coefficient join no cells [-]."""
COARSEST = 64
"""Merging ends when no more nodes than this are left."""
GRID_LEAST = 1024
"""Levels of no more nodes than this are followed by graphs."""
PARTS, WIDE = 2, 12
"""Parts of a power of two that numbers of nodes and edges are rounded up to, and the multiple of
nodes, edges and neighbours that one has room for."""
NOTHING = np.iinfo(np.int32).max
"""An edge that is none."""
HALVED = 0.5
"""Fine over coarse distance across a face whose axis is merged [-]."""


class Aggregate(eqx.Module):
    """One coarse level: nodes made of finer nodes, edges made of finer edges.

    `children` and `members` list the finer nodes and edges; entries beyond the last stand for
    none. `parent` of a finer node is the number of nodes where it has none (solids).
    `neighbour` and `by_edge` list a node's neighbours and the edges to them.
    """

    children: Int[Array, "nodes most"]
    parent: Int[Array, " finer"]
    members: Int[Array, "edges few"]
    weight: Float[Array, "edges few"]
    neighbour: Int[Array, "nodes many"]
    by_edge: Int[Array, "nodes many"]


@dataclass(frozen=True, eq=False)
class _Graph:
    """Edges (from `tail` to `head`) between nodes, and the block of every node, on the host.

    `number` is an edge's place in the level's array of edges; `known` is False for solid nodes.
    """

    tail: np.ndarray
    head: np.ndarray
    number: np.ndarray
    axis: np.ndarray
    weak: np.ndarray
    block: np.ndarray
    known: np.ndarray


def aggregates(
    opened: tuple[np.ndarray, ...],
    loss: tuple[np.ndarray, ...],
    fluid: np.ndarray,
    widths: tuple[np.ndarray, ...],
    dtype: type,
) -> tuple[Blocks | Aggregate, ...]:
    """Coarse levels of a hall, from fine to coarse: grids, then at least one graph.

    `opened`, `loss` and `fluid` have the solver's shape (see operators.py); edges of a grid are
    numbered as its three face arrays laid end to end.
    """
    lattice = _lattice(opened, loss, fluid, widths)
    levels: list[Blocks | Aggregate] = []
    while lattice.nodes > GRID_LEAST and (merged := merge(lattice, dtype)) is not None:
        levels.append(merged[0])
        lattice = merged[1]
    graph, edges = _finest(lattice), 3 * lattice.fluid.size
    sizes = lattice.widths
    while not levels or len(graph.block) > COARSEST:
        axes = merged_axes(sizes)
        if not axes.any():
            break
        level, graph, edges = _merged(graph, edges, axes, dtype)
        levels.append(level)
        sizes = triple(_paired(w) if axes[axis] else w for axis, w in enumerate(sizes))
    grids = [level for level in levels if isinstance(level, Blocks)]
    return (*grids, *_with_room([level for level in levels if isinstance(level, Aggregate)]))


def _with_room(levels: list[Aggregate]) -> list[Aggregate]:
    """The same levels with nodes and edges added that nothing belongs to, up to round numbers.

    So halls that differ by a door or a grille have arrays of one shape, and one program.
    """
    found, finer = [], None
    for level in levels:
        (nodes, _), (edges, _) = level.children.shape, level.members.shape
        none = len(level.parent)  # finer nodes, before any were added to them
        N, E = roomy(nodes, PARTS), roomy(edges, PARTS)
        parent = level.parent if finer is None else _padded(level.parent, (finer,), nodes)
        found.append(
            Aggregate(
                children=_padded(level.children, (N, _wide(level.children)), none),
                parent=parent,
                members=_padded(level.members, (E, _wide(level.members)), NOTHING),
                weight=_padded(level.weight, (E, _wide(level.weight)), 0),
                neighbour=_padded(level.neighbour, (N, _wide(level.neighbour)), nodes),
                by_edge=_padded(level.by_edge, (N, _wide(level.by_edge)), edges),
            )
        )
        finer = N
    return found


def _wide(rows: Array) -> int:
    """Columns with room: the next multiple of WIDE."""
    return -(-rows.shape[1] // WIDE) * WIDE


def _padded(values: Array, shape: tuple[int, ...], fill: int) -> Array:
    """An array made larger at its ends."""
    room = [(0, size - now) for size, now in zip(shape, values.shape, strict=True)]
    return on_device(np.pad(np.asarray(values), room, constant_values=fill), values.dtype)


def _lattice(opened: tuple, loss: tuple, fluid: np.ndarray, widths: tuple) -> Lattice:
    weak = triple((face > 0) & (k > WEAK_LOSS) for face, k in zip(opened, loss, strict=True))
    strong = triple((face > 0) & ~w for face, w in zip(opened, weak, strict=True))
    return Lattice(fluid > 0, strong, weak, triple(np.asarray(w, float) for w in widths))


def _paired(width: np.ndarray) -> np.ndarray:
    return np.add.reduceat(width, np.arange(0, len(width), 2))


def _finest(lattice: Lattice) -> _Graph:
    parts = []
    fluid = lattice.fluid
    for axis in range(3):
        head = np.flatnonzero(lattice.strong[axis] | lattice.weak[axis])
        tail = head - int(np.prod(fluid.shape[axis + 1 :]))
        weak = lattice.weak[axis].ravel()[head]
        parts.append((tail, head, head + axis * fluid.size, np.full(len(head), axis), weak))
    tail, head, number, along, weak = map(np.concatenate, zip(*parts, strict=True))
    block = np.stack(np.unravel_index(np.arange(fluid.size), fluid.shape), axis=1)
    return _Graph(tail, head, number, along, weak, block, fluid.ravel())


def _merged(
    fine: _Graph, edges: int, axes: np.ndarray, dtype: type
) -> tuple[Aggregate, _Graph, int]:
    """Next coarser level: its arrays, its graph and its number of edges."""
    parent, nodes = _parents(fine, axes)
    known = np.flatnonzero(parent < nodes)
    block = np.zeros((nodes, 3), int)
    block[parent[known]] = fine.block[known] // np.where(axes, 2, 1)
    tail, head = parent[fine.tail], parent[fine.head]
    across = np.flatnonzero(tail != head)
    low, high = np.minimum(tail, head)[across], np.maximum(tail, head)[across]
    key, first, edge = np.unique(low * nodes + high, return_index=True, return_inverse=True)
    strong = np.zeros(len(key), bool)
    np.logical_or.at(strong, edge, ~fine.weak[across])
    halved = axes[fine.axis[across]] & ~fine.weak[across]
    members, slot = _lists(edge, len(key), fine.number[across], edges)
    weight = np.zeros(members.shape)
    weight[edge, slot] = np.where(halved, HALVED, 1.0)
    tails, heads = key // nodes, key % nodes
    ends, numbers = np.concatenate([tails, heads]), np.tile(np.arange(len(key)), 2)
    level = Aggregate(
        children=_index(_lists(parent[known], nodes, known, len(parent))[0]),
        parent=_index(parent),
        members=_index(members),
        weight=on_device(weight, dtype),
        neighbour=_index(_lists(ends, nodes, np.concatenate([heads, tails]), nodes)[0]),
        by_edge=_index(_lists(ends, nodes, numbers, len(key))[0]),
    )
    axis = fine.axis[across][first]
    coarse = _Graph(tails, heads, np.arange(len(key)), axis, ~strong, block, np.ones(nodes, bool))
    return level, coarse, len(key)


def _parents(fine: _Graph, axes: np.ndarray) -> tuple[np.ndarray, int]:
    """Coarse node of every finer one: joined by strong edges within one block."""
    block = fine.block // np.where(axes, 2, 1)
    inside = (block[fine.tail] == block[fine.head]).all(axis=1) & ~fine.weak
    size = len(fine.block)
    ends = (fine.tail[inside], fine.head[inside])
    graph = coo_array((np.ones(int(inside.sum()), bool), ends), shape=(size, size))
    label = connected_components(graph, directed=False)[1]
    names, parent = np.unique(label[fine.known], return_inverse=True)
    parents = np.full(size, len(names))
    parents[fine.known] = parent
    return parents, len(names)


def _lists(
    owner: np.ndarray, owners: int, item: np.ndarray, none: int
) -> tuple[np.ndarray, np.ndarray]:
    """Items of every owner as rows padded with `none`, and each item's place in its row."""
    order = np.argsort(owner, kind="stable")
    count = np.bincount(owner, minlength=owners)
    start = np.cumsum(count) - count
    slot = np.empty(len(owner), int)
    slot[order] = np.arange(len(owner)) - start[owner[order]]
    rows = np.full((owners, max(int(count.max(initial=0)), 1)), none)
    rows[owner, slot] = item
    return rows, slot


def _index(values: np.ndarray) -> Array:
    return on_device(values, np.int32)
