"""Coarse levels of the pressure solver that are grids again: slabs of cells merged in pairs.

Each axis is cut into slabs of one or two cells, the same everywhere in the hall, so that a coarse
level has arrays like the finest one and its transfers are sums and repeats of rows. Two slabs stay
apart where merging them would join air through a wall or a leaky baffle anywhere in the hall: a
cold aisle and the hot aisle behind a sheet of glass keep pressures of their own. Where that leaves
too many slabs single, the graphs of aggregates.py take over
(docs/decisions/0009-pressure-levels.md).
"""

from dataclasses import dataclass

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Bool, Float, Int
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from thermal.air.operators import triple
from thermal.arrays import on_device

SAME_WIDTH = 1.7
"""Axes whose cells are within this factor of the narrowest are merged together [-]."""
LEAST_REDUCTION = 0.75
"""Exponent: a level must have fewer cells by (2 per merged axis) to this power [-]."""


class Blocks(eqx.Module):
    """One coarse level whose cells are products of slabs, as tables for each axis.

    `first` and `second` are the finer slabs of a slab; a single one has the unused last layer as
    its second. `parent` is the slab of a finer slab. `ratio` is the finer over the coarser distance
    across a slab's lower face; faces marked `weak` (on the finer faces at the slabs' lower ends)
    keep their conductance, because a thin resistance does not grow with the cells.
    """

    first: tuple[Int[Array, " x"], Int[Array, " y"], Int[Array, " z"]]
    second: tuple[Int[Array, " x"], Int[Array, " y"], Int[Array, " z"]]
    parent: tuple[Int[Array, " nx"], Int[Array, " ny"], Int[Array, " nz"]]
    ratio: tuple[Float[Array, " x"], Float[Array, " y"], Float[Array, " z"]]
    weak: tuple[
        Bool[Array, "x _ _"] | None, Bool[Array, "_ y _"] | None, Bool[Array, "_ _ z"] | None
    ]


@dataclass(frozen=True, eq=False)
class Lattice:
    """A level on the host, in the solver's shape: air, strong and weak open faces; slab widths."""

    fluid: np.ndarray
    strong: tuple[np.ndarray, np.ndarray, np.ndarray]
    weak: tuple[np.ndarray, np.ndarray, np.ndarray]
    widths: tuple[np.ndarray, np.ndarray, np.ndarray]

    @property
    def nodes(self) -> int:
        """Cells with air."""
        return int(self.fluid.sum())


def merged_axes(widths: tuple[np.ndarray, ...]) -> np.ndarray:
    """Which axes to halve: those that can be and whose cells are near the narrowest."""
    size = np.array([float(np.median(w)) for w in widths])
    many = np.array([len(w) > 1 for w in widths])
    return many & (size < SAME_WIDTH * size[many].min(initial=np.inf))


def merge(lattice: Lattice, dtype: type) -> tuple[Blocks, Lattice] | None:
    """Next coarser level, or None where walls leave too many slabs single for it to pay."""
    axes = merged_axes(lattice.widths)
    starts = _slabs(lattice, axes)
    finer = np.prod([len(w) for w in lattice.widths])
    if np.prod([len(s) for s in starts]) * 2.0 ** (LEAST_REDUCTION * axes.sum()) > finer:
        return None
    return _tables(lattice, starts, dtype), _coarser(lattice, starts)


def _slabs(lattice: Lattice, axes: np.ndarray) -> tuple[np.ndarray, ...]:
    """First finer slab of every slab, for each axis, such that no block joins air through walls."""
    kept = [_parting(lattice, axis) if axes[axis] else None for axis in range(3)]
    while True:
        starts = tuple(
            np.arange(len(lattice.widths[axis])) if k is None else _pairs(k)
            for axis, k in enumerate(kept)
        )
        planes = _torn(lattice, starts)
        if planes is None:
            return starts
        axis, found = planes
        np.asarray(kept[axis])[found] = True


def _parting(lattice: Lattice, axis: int) -> np.ndarray:
    """Planes normal to an axis with a wall or leaky baffle between two cells with air."""
    behind = np.zeros_like(lattice.fluid)
    index = [slice(None)] * 3
    index[axis] = slice(1, None)
    behind[tuple(index)] = np.take(lattice.fluid, range(lattice.fluid.shape[axis] - 1), axis)
    shut = lattice.fluid & behind & ~lattice.strong[axis]
    return shut.any(axis=tuple(a for a in range(3) if a != axis))[:-1]


def _pairs(kept: np.ndarray) -> np.ndarray:
    """Starts of pairs, laid from each kept plane on."""
    starts, at = [], 0
    while at < len(kept):
        starts.append(at)
        at += 2 if at + 1 < len(kept) and not kept[at + 1] else 1
    return np.array(starts)


def _torn(lattice: Lattice, starts: tuple[np.ndarray, ...]) -> tuple[int, np.ndarray] | None:
    """Planes inside blocks whose air does not hang together, on the axis with the fewest."""
    cells = [len(w) for w in lattice.widths]
    parent = [_parent(s, n) for s, n in zip(starts, cells, strict=True)]
    shape = tuple(len(s) + 1 for s in starts)
    torn = _in_pieces(lattice, np.ravel_multi_index(np.ix_(*parent), shape).ravel())
    if not torn.size:
        return None
    choices = []
    for axis, at in enumerate(np.unravel_index(torn, shape)):
        slab = np.unique(at)
        two = np.diff(np.append(starts[axis], cells[axis]))[slab] == 2
        if two.any():
            choices.append((axis, starts[axis][slab[two]] + 1))
    return min(choices, key=lambda choice: len(choice[1]))


def _in_pieces(lattice: Lattice, block: np.ndarray) -> np.ndarray:
    """Numbers of the blocks whose cells with air are not joined by open faces inside the block."""
    tails, heads = [], []
    for axis in range(3):
        head = np.flatnonzero(lattice.strong[axis])
        tail = head - int(np.prod(lattice.fluid.shape[axis + 1 :]))
        inside = block[head] == block[tail]
        heads.append(head[inside])
        tails.append(tail[inside])
    ends = (np.concatenate(tails), np.concatenate(heads))
    joined = coo_array((np.ones(len(ends[0]), bool), ends), shape=(block.size, block.size))
    label = connected_components(joined, directed=False)[1]
    air = lattice.fluid.ravel()
    pieces = np.unique(block[air] * np.int64(block.size) + label[air]) // block.size
    return np.unique(pieces[1:][pieces[1:] == pieces[:-1]])


def _parent(starts: np.ndarray, cells: int) -> np.ndarray:
    """Slab of every finer slab; the unused last layer has the unused last one."""
    return np.append(np.searchsorted(starts, np.arange(cells), side="right") - 1, len(starts))


def _tables(lattice: Lattice, starts: tuple[np.ndarray, ...], dtype: type) -> Blocks:
    first, second, parent, ratio, weak = [], [], [], [], []
    for axis, start in enumerate(starts):
        width = lattice.widths[axis]
        two = np.diff(np.append(start, len(width))) == 2
        first.append(np.append(start, len(width)))
        second.append(np.append(np.where(two, start + 1, len(width)), len(width)))
        parent.append(_parent(start, len(width)))
        coarse = np.add.reduceat(width, start)
        fine_distance = width[start[1:] - 1] + width[start[1:]]
        ratio.append(np.concatenate([[1.0], fine_distance / (coarse[:-1] + coarse[1:]), [1.0]]))
        there = np.take(lattice.weak[axis], first[axis], axis)
        weak.append(jnp.array(there) if there.any() else None)
    return Blocks(
        first=triple(on_device(x, np.int32) for x in first),
        second=triple(on_device(x, np.int32) for x in second),
        parent=triple(on_device(x, np.int32) for x in parent),
        ratio=triple(on_device(x, dtype) for x in ratio),
        weak=triple(weak),
    )


def _coarser(lattice: Lattice, starts: tuple[np.ndarray, ...]) -> Lattice:
    ends = [np.append(s, n - 1) for s, n in zip(starts, lattice.fluid.shape, strict=True)]

    def met(x: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
        """Whether any finer one is set: over the slabs of `axes`, at the lower end of others."""
        for axis in range(3):
            if axis in axes:
                x = np.logical_or.reduceat(x, ends[axis], axis)
            else:
                x = np.take(x, ends[axis], axis)
        return x

    strong, weak = [], []
    for axis in range(3):
        others = tuple(a for a in range(3) if a != axis)
        strong.append(met(lattice.strong[axis], others))
        weak.append(met(lattice.weak[axis], others) & ~strong[-1])
    widths = triple(np.add.reduceat(w, s) for w, s in zip(lattice.widths, starts, strict=True))
    return Lattice(met(lattice.fluid, (0, 1, 2)), triple(strong), triple(weak), widths)


def restrict(
    x: Float[Array, "nx ny nz"], blocks: Blocks, axes: tuple[int, ...] = (0, 1, 2)
) -> Array:
    """Sum over the slabs of `axes`; on the others the values at the slabs' lower ends."""
    for axis in range(3):
        low = _rows(x, blocks.first[axis], axis)
        x = low + _rows(x, blocks.second[axis], axis) if axis in axes else low
    return x


def prolong(x: Float[Array, "nx ny nz"], blocks: Blocks) -> Array:
    """Every finer cell has the value of its block."""
    at = jnp.ix_(*blocks.parent)
    return x.at[at].get(mode="promise_in_bounds")


def coarse_conductance(c: Float[Array, "nx ny nz"], blocks: Blocks, axis: int) -> Array:
    """Conductances of the blocks' lower faces from those of the finer faces."""
    shape = [1, 1, 1]
    shape[axis] = -1
    ratio = blocks.ratio[axis].reshape(shape)
    others = tuple(a for a in range(3) if a != axis)
    x = _rows(c, blocks.first[axis], axis)
    weak = blocks.weak[axis]
    x = x * ratio if weak is None else x * jnp.where(weak, 1.0, ratio)
    for other in others:
        x = _rows(x, blocks.first[other], other) + _rows(x, blocks.second[other], other)
    return x


def _rows(x: Array, index: Array, axis: int) -> Array:
    """Values at the indices along an axis, kept in order: XLA transposes a gather behind slices."""
    shape = (*x.shape[:axis], len(index))
    before = [lax.broadcasted_iota(jnp.int32, shape, a) for a in range(axis)]
    along = jnp.broadcast_to(index, shape)
    return x.at[(*before, along)].get(mode="promise_in_bounds")
