"""Rectilinear grid whose lines follow the edges of what stands in the hall."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from geometry.errors import Finding, InputError
from geometry.hall import AXES, Hall

ROUNDS = 100
"""Rounds of adding cells where neighbours differ too much; after that the step is left."""
EDGE_SNAP = 0.15
"""Edges closer than this share of a cell become one grid line [-]."""
REFINEMENT = 1.4
"""Ratio of cell widths that neighbouring grids of a family aim at [-]."""
LEAST_REFINEMENT = 1.3
"""Least ratio of the effective widths of two grids of a family. Celik et al. (2008) [-]."""
STEEPEST = 0.7
"""Largest slope of the cell width in the coarse grids of a family [-]."""


@dataclass(frozen=True, eq=False)
class Grid:
    """Face positions along the three axes [m]; cell (i, j, k) lies between faces i and i + 1."""

    x: np.ndarray
    y: np.ndarray
    z: np.ndarray

    @property
    def faces(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Face positions by axis [m]."""
        return self.x, self.y, self.z

    @property
    def shape(self) -> tuple[int, int, int]:
        """Cells along the three axes."""
        return len(self.x) - 1, len(self.y) - 1, len(self.z) - 1

    @property
    def cells(self) -> int:
        """Number of cells."""
        return int(np.prod(self.shape))

    @property
    def widths(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Cell widths by axis [m]."""
        return np.diff(self.x), np.diff(self.y), np.diff(self.z)

    @property
    def centres(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Cell centres by axis [m]."""
        x, y, z = (0.5 * (faces[1:] + faces[:-1]) for faces in self.faces)
        return x, y, z

    @property
    def effective_width(self) -> float:
        """Cube root of the mean cell volume [m]: the h of grid studies. Celik et al. (2008)."""
        return float((self.x[-1] * self.y[-1] * self.z[-1] / self.cells) ** (1 / 3))

    @property
    def volume(self) -> np.ndarray:
        """Cell volumes [m3]."""
        dx, dy, dz = self.widths
        return dx[:, None, None] * dy[None, :, None] * dz[None, None, :]

    def index(self, axis: int, position: float) -> int:
        """Index of the face nearest to a position along an axis."""
        return int(np.argmin(np.abs(self.faces[axis] - position)))


def build_grid(
    hall: Hall,
    cell: float,
    growth: float = 1.3,
    snap: float = EDGE_SNAP,
    others: Sequence[Hall] = (),
) -> Grid:
    """Lay a grid over the hall.

    `cell` is the target cell width [m], `growth` the largest ratio of neighbouring widths. Edges
    nearer to each other than `snap` cells share a line, except the two edges of one thing. The grid
    follows the edges in `others` too: halls of the same size, variants of this one.
    """
    fixed = _fixed_lines(hall, snap * cell, others)
    return Grid(*(_fill(lines, cell, growth) for lines in fixed))


def grid_family(hall: Hall, cell: float, growth: float, count: int) -> list[tuple[float, Grid]]:
    """Return `count` systematically refined grids with their cell widths [m], from coarse to fine.

    The finest is that of `build_grid`. All follow the same fixed lines, so that they see the same
    hall, and the same field of wanted widths times a factor, also where it grows away from narrow
    gaps. Each gap holds whole cells, so the factor is raised from `REFINEMENT` a step until the
    effective widths are in a ratio of at least `LEAST_REFINEMENT`. Raises InputError where the
    hall's edges leave no such grid.
    """
    fixed = _fixed_lines(hall, EDGE_SNAP * cell)
    slope = (growth - 1.0) / growth
    family = [(cell, Grid(*(_fill(lines, cell, growth) for lines in fixed)))]
    while len(family) < count:
        finer_cell, finer = family[0]
        for step in REFINEMENT * 1.02 ** np.arange(36):  # up to twice as wide as asked for
            wide = float(finer_cell * step)
            steep = 1.0 / (1.0 - min(slope * wide / cell, STEEPEST))
            grid = Grid(*(_fill(lines, wide, steep) for lines in fixed))
            if grid.effective_width >= LEAST_REFINEMENT * finer.effective_width:
                family.insert(0, (wide, grid))
                break
        else:
            raise InputError.of(
                "--grid-study",
                f"no {len(family) + 1} grids with a ratio of widths of {LEAST_REFINEMENT:g}: from "
                f"{finer.cells:,} cells down the edges of what stands in the hall fix every line; "
                "use a smaller cell or fewer grids",
            )
    return family


def require_memory(cells: float, cell: float, bytes_per_cell: float, available: float) -> None:
    """Refuse cells of a width `cell` [m] whose fields would not fit into the available memory [B].

    The message says how many cells were asked for and which cell size would fit.
    """
    needed = cells * bytes_per_cell
    if needed > available:
        fits = cell * (needed / available) ** (1 / 3)
        raise InputError(
            [
                Finding(
                    "solver.cell",
                    f"{cell:g} m asks for {cells:,.0f} cells, about {needed / 1e9:,.1f} GB; "
                    f"{available / 1e9:,.1f} GB are available; cells of {fits:.2g} m would fit",
                )
            ]
        )


def estimate_cells(hall: Hall, cell: float) -> float:
    """Cells of a uniform grid over the hall, before anything is built."""
    return float(np.prod([length / cell for length in hall.size]))


def _spans(hall: Hall) -> list[np.ndarray]:
    """Lower and upper edge of every thing, per axis: arrays [things, 2]."""
    boxes = [block.box for block in hall.blocks] + [device.box for device in hall.devices]
    boxes += [opening.rectangle for opening in hall.openings]
    boxes += [baffle.rectangle for baffle in hall.baffles]  # heat sources need no edges
    spans = []
    for axis in range(3):
        edges = [(box.lower[axis], box.upper[axis]) for box in boxes]
        spans.append(np.array([(0.0, hall.size[axis]), *edges]))
    return spans


def _fixed_lines(hall: Hall, tolerance: float, others: Sequence[Hall] = ()) -> list[np.ndarray]:
    """Lines that every grid keeps, by axis [m]: edges within `tolerance` [m] share one."""
    of_all = zip(*(_spans(one) for one in (hall, *others)), strict=True)
    return [
        _merge(np.concatenate(spans), length, tolerance)
        for spans, length in zip(of_all, hall.size, strict=True)
    ]


def _merge(spans: np.ndarray, length: float, tolerance: float) -> np.ndarray:
    """Return sorted grid lines [m]: edges within `tolerance` share a line.

    A line never takes in both edges of one thing, so nothing collapses; the shell stays in place.
    """
    edges = np.unique(np.clip(np.round(spans, 6), 0.0, length))
    partners: dict[float, set[float]] = {edge: set() for edge in edges.tolist()}
    for lower, upper in np.clip(np.round(spans, 6), 0.0, length).tolist():
        if lower != upper:
            partners[lower].add(upper)
            partners[upper].add(lower)
    groups: list[list[float]] = []
    for edge in edges.tolist():
        near = bool(groups) and edge - groups[-1][0] <= tolerance
        if near and not partners[edge].intersection(groups[-1]):
            groups[-1].append(edge)
        else:
            groups.append([edge])
    lines = np.array([np.mean(group) for group in groups])
    lines[0], lines[-1] = 0.0, length
    return lines


def _fill(lines: np.ndarray, cell: float, growth: float) -> np.ndarray:
    """Grid lines between the fixed ones: near `cell` wide, neighbours within `growth`."""
    gaps = np.diff(lines)
    size = gaps / _fewest(gaps, cell)
    slope = (growth - 1.0) / growth
    even = np.linspace(0.0, 1.0, 65)
    # Beside a gap that is very much wider than its neighbour, even samples miss the narrow cells,
    # and more cells only move the step: there the samples crowd at both ends.
    crowded = 0.5 * (1.0 - np.cos(np.pi * np.linspace(0.0, 1.0, 257)))
    for samples in (even, crowded):
        counts = _fewest(gaps, cell)
        for _ in range(ROUNDS):
            faces, owner = _graded(lines, size, slope, counts, samples)
            widths = np.diff(faces)
            ratio = widths[1:] / widths[:-1]
            steep = np.flatnonzero((ratio > growth * 1.001) | (ratio < 1 / (growth * 1.001)))
            if not len(steep):
                return faces
            wider = np.where(ratio[steep] > 1, steep + 1, steep)
            counts[np.unique(owner[wider])] += 1
    return faces


def _fewest(gaps: np.ndarray, cell: float) -> np.ndarray:
    """Cells that each gap needs for their width alone."""
    return np.maximum(1, np.ceil(gaps / cell - 0.25)).astype(int)


def _graded(
    lines: np.ndarray, size: np.ndarray, slope: float, counts: np.ndarray, samples: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Points of every gap, spaced by a size field that grows away from the narrow gaps.

    `counts` [gaps] is the least number of cells of each gap, `samples` are where the field is
    taken, from 0 to 1 of a gap. Returns the faces [m] and the gap that each cell lies in.
    """
    faces, owner = [lines[:1]], []
    for gap, (a, b) in enumerate(pairwise(lines)):
        x = a + (b - a) * samples
        distance = np.maximum(np.maximum(lines[:-1] - x[:, None], x[:, None] - lines[1:]), 0.0)
        h = np.min(size + slope * distance, axis=1)
        density = 0.5 * (1 / h[1:] + 1 / h[:-1]) * np.diff(x)
        cumulative = np.concatenate([[0.0], np.cumsum(density)])
        count = max(int(counts[gap]), int(np.ceil(cumulative[-1] - 0.25)))
        counts[gap] = count
        inside = np.interp(np.linspace(0, cumulative[-1], count + 1)[1:], cumulative, x)
        inside[-1] = b
        faces.append(inside)
        owner += [gap] * count
    return np.concatenate(faces), np.array(owner)


def describe(grid: Grid) -> str:
    """One line about the grid: cells and widths."""
    ranges = ", ".join(
        f"{AXES[axis]} {width.min():.3f}-{width.max():.3f} m"
        for axis, width in enumerate(grid.widths)
    )
    return f"{grid.cells:,} cells ({' x '.join(map(str, grid.shape))}; {ranges})"
