"""What stands in the hall can stand there, or the finding says which two things and how far."""

import numpy as np
import pytest

from geometry import checks
from geometry.hall import Baffle, Block, Box, Device, Hall, Opening

SIZE = (10.0, 8.0, 4.0)


def rack(name: str, x: float, y: float, facing: str = "-y", z: float = 0.0) -> Device:
    back = {"-y": "+y", "+y": "-y", "-z": "+z"}[facing]
    return Device(name, "rack", Box((x, y, z), (x + 0.6, y + 1.2, z + 2.0)), facing, back)


def box(*corners: float) -> Box:
    x, y, z, x_end, y_end, z_end = map(float, corners)
    return Box((x, y, z), (x_end, y_end, z_end))


def messages(hall: Hall) -> list[str]:
    return [str(finding) for finding in checks.check(hall)]


def test_racks_that_touch_do_not_overlap():
    row = tuple(rack(f"A{i}", 1.0 + 0.6 * i, 3.0) for i in range(5))
    assert messages(Hall(SIZE, devices=row)) == []


def test_overlap_names_both_and_its_depth_along_each_axis():
    hall = Hall(SIZE, devices=(rack("A1", 1.0, 3.0), rack("A2", 1.5, 3.9)))
    assert messages(hall) == [
        "A2: overlaps A1 by 0.100 m along x, 0.300 m along y, 2.000 m along z"
    ]


def test_overlap_below_a_millimetre_is_tolerated():
    assert messages(Hall(SIZE, devices=(rack("A1", 1.0, 3.0), rack("A2", 1.5995, 3.0)))) == []
    assert messages(Hall(SIZE, devices=(rack("A1", 1.0, 3.0), rack("A2", 1.5985, 3.0)))) != []


def test_thing_outside_the_hall_is_told_with_side_and_distance():
    block = Block("column", Box((9.5, -0.25, 0.0), (10.5, 1.0, 4.0)))
    assert messages(Hall(SIZE, blocks=(block,))) == [
        "column: reaches out of the hall by 0.250 m at -y, 0.500 m at +x"
    ]


@pytest.mark.parametrize(("gap", "blocked", "doubtful"), [(0.0, 1, 0), (0.1, 0, 1), (0.3, 0, 0)])
def test_wall_before_a_discharge_blocks_or_warns_by_its_distance(gap, blocked, doubtful):
    hall = Hall(SIZE, devices=(rack("A1", 1.0, SIZE[1] - 1.2 - gap),))
    assert len(checks.check(hall)) == blocked
    assert len(checks.warnings(hall)) == doubtful


def test_two_boxes_that_together_cover_a_face_block_it():
    left = Block("left", box(0.8, 2.0, 0.0, 1.3, 3.0, 2.5))
    right = Block("right", box(1.3, 2.0, 0.0, 1.8, 3.0, 2.5))
    device = rack("A1", 1.0, 3.0)
    assert messages(Hall(SIZE, blocks=(left, right), devices=(device,))) == [
        "A1: intake (-y) is blocked by left, 0.000 m away"
    ]
    assert messages(Hall(SIZE, blocks=(left,), devices=(device,))) == []


def test_face_free_above_is_not_blocked():
    low = Block("low", box(0.8, 2.0, 0.0, 1.8, 3.0, 1.9))
    assert messages(Hall(SIZE, blocks=(low,), devices=(rack("A1", 1.0, 3.0),))) == []


def test_downflow_unit_on_the_slab_is_blocked_and_on_a_raised_floor_is_not():
    on_slab = rack("CRAH", 1.0, 3.0, "-z")
    assert len(checks.check(Hall(SIZE, devices=(on_slab,)))) == 1
    assert checks.check(Hall(SIZE, devices=(rack("CRAH", 1.0, 3.0, "-z", z=0.6),))) == []


def test_opening_must_lie_in_the_shell_and_within_its_wall():
    inside = Opening("a", "outdoor", box(1, 1, 1, 2, 1, 2))
    beyond = Opening("b", "outdoor", box(9, 0, 1, 11, 0, 2))
    good = Opening("c", "outdoor", box(1, 8, 1, 2, 8, 2))
    assert messages(Hall(SIZE, openings=(inside, beyond, good))) == [
        "a: is not in a face of the shell",
        "b: reaches beyond its wall by 1.000 m at +x",
    ]


def test_openings_that_share_part_of_a_wall_are_told_with_the_area():
    first = Opening("a", "outdoor", box(1, 0, 1, 3, 0, 2))
    second = Opening("b", "outdoor", box(2.5, 0, 0.5, 4, 0, 1.5))
    other_wall = Opening("c", "outdoor", box(1, 8, 1, 3, 8, 2))
    beside = Opening("d", "outdoor", box(4, 0, 1, 5, 0, 2))
    found = messages(Hall(SIZE, openings=(first, second, other_wall, beside)))
    assert found == ["b: overlaps a over 0.250 m2"]


def test_openings_in_two_walls_that_meet_in_a_corner_do_not_overlap():
    south = Opening("south", "outdoor", box(0, 0, 1, 2, 0, 2))
    west = Opening("west", "outdoor", box(0, 0, 1, 0, 2, 2))
    assert messages(Hall(SIZE, openings=(south, west))) == []


def test_partition_with_a_thickness_or_outside_is_refused():
    thick = Baffle("thick", box(1, 1, 0, 2, 2, 3))
    beyond = Baffle("beyond", box(1, 1, 0, 2, 1, 4.5))
    found = messages(Hall(SIZE, baffles=(thick, beyond)))
    assert found == [
        "thick: is no rectangle: wanted no thickness along one axis",
        "beyond: reaches out of the hall by 0.500 m at +z",
    ]


@pytest.mark.parametrize("seed", range(5))
def test_overlaps_agree_with_counting_shared_points(seed):
    """Boxes on a raster of 0.5 m share space when they share the middle of a raster cell."""
    random = np.random.default_rng(seed)
    lower = random.integers(0, 14, (40, 3))
    upper = lower + random.integers(1, 4, (40, 3))
    blocks = tuple(
        Block(f"B{i}", Box(tuple(map(float, a / 2)), tuple(map(float, b / 2))))
        for i, (a, b) in enumerate(zip(lower, upper, strict=True))
    )
    filled = np.zeros((40, 18, 18, 18), bool)
    for i, (a, b) in enumerate(zip(lower, upper, strict=True)):
        filled[i, a[0] : b[0], a[1] : b[1], a[2] : b[2]] = True
    flat = filled.reshape(40, -1).astype(int)
    pairs = int(np.triu(flat @ flat.T > 0, k=1).sum())
    assert pairs > 0
    assert len(checks.check(Hall((9.0, 9.0, 9.0), blocks=blocks))) == pairs


def test_fifteen_hundred_devices_in_rows_overlap_nowhere():
    devices = tuple(
        rack(f"R{i}-{j}", 1.0 + 0.6 * i, 2.0 + 3.0 * j) for i in range(50) for j in range(30)
    )
    assert checks.check(Hall((40.0, 100.0, 4.0), devices=devices)) == []
