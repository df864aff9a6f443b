"""Grid lines follow edges, widths grow smoothly, and a grid too large is refused with advice."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geometry.errors import InputError
from geometry.grid import build_grid, grid_family, require_memory
from geometry.hall import Block, Box, Hall

HALL = Hall(
    (6.0, 5.0, 3.0),
    blocks=(
        Block("a", Box((1.03, 0.5, 0.0), (1.63, 1.7, 2.0))),
        Block("b", Box((3.0, 2.0, 0.0), (3.05, 4.0, 2.2))),
    ),
)


def test_every_edge_is_a_line_of_the_grid():
    grid = build_grid(HALL, 0.3)
    for block in HALL.blocks:
        for axis in range(3):
            for edge in (block.box.lower[axis], block.box.upper[axis]):
                assert np.abs(grid.faces[axis] - edge).min() < 1e-9


def test_edges_closer_than_the_snap_share_a_line_but_nothing_collapses():
    near = Hall((4.0, 1.0, 1.0), blocks=(
        Block("a", Box((1.0, 0.0, 0.0), (2.0, 1.0, 1.0))),
        Block("b", Box((2.02, 0.0, 0.0), (2.04, 1.0, 1.0))),
    ))  # fmt: skip
    x = build_grid(near, 0.5).x
    assert ((x > 1.99) & (x < 2.05)).sum() == 2


@settings(deadline=None, max_examples=40)
@given(
    edges=st.lists(st.floats(0.05, 9.95), min_size=2, max_size=8, unique=True),
    cell=st.floats(0.15, 0.8),
)
def test_neighbouring_widths_stay_within_the_growth(edges, cell):
    edges = sorted(edges)
    pairs = [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=False) if b - a > 0.02]
    blocks = tuple(
        Block(str(n), Box((a, 0.0, 0.0), (b, 1.0, 1.0))) for n, (a, b) in enumerate(pairs)
    )
    grid = build_grid(Hall((10.0, 1.0, 1.0), blocks=blocks), cell, growth=1.3)
    width = grid.widths[0]
    ratio = width[1:] / width[:-1]
    assert width.min() > 0
    assert width.sum() == pytest.approx(10.0)
    assert max(ratio.max(initial=1.0), 1 / ratio.min(initial=1.0)) < 1.3 * 1.01


def test_a_wide_gap_beside_a_narrow_one_does_not_ask_for_ever_more_cells():
    narrow = Hall(
        (10.0, 1.0, 1.0), blocks=(Block("a", Box((0.2927, 0.0, 0.0), (0.3333, 1.0, 1.0))),)
    )
    width = build_grid(narrow, 0.7057, growth=1.3).widths[0]
    assert len(width) < 60
    ratio = width[1:] / width[:-1]
    assert max(ratio.max(), 1 / ratio.min()) < 1.3 * 1.01


def test_a_grid_too_large_for_memory_says_how_many_cells_and_which_size_fits():
    with pytest.raises(InputError, match=r"64,000 cells.*0\.2 m would fit"):
        require_memory(64e3, 0.1, 400.0, 64_000 * 400.0 / 8)
    require_memory(64e3, 0.1, 400.0, 1e9)


def test_family_refines_by_at_least_its_least_ratio_and_in_every_direction():
    family = grid_family(HALL, 0.1, 1.4, 3)
    widths = [grid.effective_width for _, grid in family]
    for coarse, fine in pairwise(widths):
        assert 1.3 <= coarse / fine < 1.6
    shapes = np.array([grid.shape for _, grid in family])
    assert (shapes[1:] / shapes[:-1] > 1.15).all()
    assert widths[-1] == pytest.approx((6.0 * 5.0 * 3.0 / family[-1][1].cells) ** (1 / 3))


def test_family_ends_in_the_grid_of_the_case_and_keeps_its_edges():
    family = grid_family(HALL, 0.2, 1.4, 3)
    for mine, ours in zip(family[-1][1].faces, build_grid(HALL, 0.2, 1.4).faces, strict=True):
        np.testing.assert_array_equal(mine, ours)
    for _, grid in family:
        for block in HALL.blocks:
            for axis in range(3):
                for edge in (block.box.lower[axis], block.box.upper[axis]):
                    assert np.abs(grid.faces[axis] - edge).min() < 1e-9


def test_hall_whose_edges_fix_every_line_has_no_family():
    slabs = tuple(
        Block(str(n), Box((0.2 * n, 0.0, 0.0), (0.2 * n + 0.1, 1.0, 1.0))) for n in range(5)
    )
    with pytest.raises(InputError, match="no 2 grids"):
        grid_family(Hall((1.0, 1.0, 1.0), blocks=slabs), 1.0, 1.4, 3)
