"""Racks stand on free floor with clear aisles, as many as a count by hand gives."""

import itertools

import numpy as np
import pytest

from geometry.hall import Box, opposite
from rehall.config import Case, load
from rehall.floor import FRONT_AISLE, REAR_AISLE, cooled_rooms, floor_of, strip
from rehall.packing import Place, free_places

RACK = (0.6, 1.2, 2.3)
SITE = "site: {outdoor: {dry_bulb: 30 degC, wet_bulb: 20 degC}}\n"


def case(tmp_path, size: str, hall: str = "", equipment: str = "", more: str = "") -> Case:
    path = tmp_path / "hall.yaml"
    listed = f"equipment:\n{equipment}" if equipment else ""
    path.write_text(f"{SITE}hall:\n  size: {size}\n{hall}{listed}{more}")
    return load(path)


def overlap(a: Box, b: Box) -> bool:
    """Whether two boxes share floor, more than round-off."""
    return all(min(a.upper[k], b.upper[k]) - max(a.lower[k], b.lower[k]) > 1e-6 for k in range(2))


def aisles(place: Place) -> tuple[Box, Box]:
    front = strip(place.box, place.facing, FRONT_AISLE)
    return front, strip(place.box, opposite(place.facing), REAR_AISLE)


def test_empty_hall_of_ten_metres_holds_four_rows_of_fourteen(tmp_path):
    # Across: 4 racks of 1.2 m, 2 cold aisles of 1.2 m and 3 hot aisles of 0.9 m are 9.9 m.
    # Along: 1.2 m of passage leave 8.8 m, 14 racks of 0.6 m.
    assert len(free_places(case(tmp_path, "[10 m, 10 m, 4 m]"), RACK)) == 4 * 14


@pytest.mark.parametrize(("depth", "racks"), [("3.3 m", 2), ("3.2 m", 0)])
def test_room_less_deep_than_a_rack_and_its_aisles_holds_none(depth, racks, tmp_path):
    # 2.4 m: 1.2 m of passage and two racks.
    places = free_places(case(tmp_path, f"[2.4 m, {depth}, 4 m]"), RACK)
    assert len(places) == racks


def test_long_row_is_parted_by_a_passage_after_twenty_racks(tmp_path):
    # 30 m: twice 1.2 m and 20 racks of 0.6 m, then 1.2 m and 4 racks.
    assert len(free_places(case(tmp_path, "[30 m, 3.3 m, 4 m]"), RACK)) == 44


def test_rack_does_not_stand_under_a_lower_roof_or_ceiling(tmp_path):
    assert free_places(case(tmp_path, "[10 m, 10 m, 2.2 m]"), RACK) == []
    text = "  partitions: [{name: ceiling, from: [0 m, 0 m, 2 m], to: [10 m, 10 m, 2 m]}]\n"
    assert free_places(case(tmp_path, "[10 m, 10 m, 4 m]", text), RACK) == []
    text = text.replace("2 m]", "3 m]")
    assert len(free_places(case(tmp_path, "[10 m, 10 m, 4 m]", text), RACK)) == 56


@pytest.mark.parametrize(("gap", "racks"), [(4.2, 6), (4.1, 1)])
def test_cold_aisle_does_not_take_the_place_of_a_hot_one(gap, racks, tmp_path):
    # Between the backs of two rows: 0.9 m hot, 1.2 m of rack, 1.2 m cold, 0.9 m hot; 4.8 m less
    # 1.2 m of passage are 6 racks. With 0.1 m less one rack that looks along the rows is left:
    # 4.1 m less twice 0.9 m and 1.2 m of passage. A way past the rows makes all one room.
    row = "  - row: {of: storage_rack, name: %s, count: 7, first: [0 m, %g m], facing: %s}\n"
    rows = row % ("A", 1.2, "-y") + row % ("B", 2.4 + gap, "+y")
    assert (
        len(free_places(case(tmp_path, f"[4.8 m, {4.8 + gap:g} m, 4 m]", "", rows), RACK)) == racks
    )


@pytest.mark.parametrize(("wall", "racks"), [("+x", 12), ("+z", 14)])
def test_no_rack_stands_before_an_opening_of_a_wall(wall, racks, tmp_path):
    # 10 m less 1.2 m of passage, and 1.2 m before the louvre: 12 racks of 0.6 m, without it 14.
    text = (
        f"  openings: [{{name: louvre, kind: outdoor, wall: {wall}, from: [1 m, 0 m], "
        "to: [2 m, 2 m]}]\n"
    )
    assert len(free_places(case(tmp_path, "[10 m, 3.3 m, 4 m]", text), RACK)) == racks


BUSY = """\
  obstacles: [{name: pillar, from: [3 m, 7 m, 0 m], to: [3.55 m, 7.5 m, 4 m]}]
  partitions: [{name: screen, from: [8 m, 0 m, 0 m], to: [8 m, 4 m, 4 m]}]
  openings: [{name: louvre, kind: outdoor, wall: +x, from: [2 m, 0.5 m], to: [8 m, 2 m]}]
"""


def test_no_place_touches_what_stands_or_an_aisle_of_the_other_kind(tmp_path):
    rows = "  - row: {of: storage_rack, name: A, count: 6, first: [4 m, 4 m], facing: -y}\n"
    hall = case(tmp_path, "[14 m, 12 m, 4 m]", BUSY, rows)
    places = free_places(hall, RACK)
    there = [Place(item.box, item.facing) for item in hall.items]
    solid = [block.box for block in hall.geometry.blocks]
    solid += [Box((7.999, 0.0, 0.0), (8.001, 4.0, 4.0))]  # the screen
    assert len(places) > 20
    for place in places:
        around = (place.box, *aisles(place))
        assert all(box.lower[k] > -1e-9 for box in around for k in range(2))
        assert all(box.upper[0] < 14 + 1e-9 and box.upper[1] < 12 + 1e-9 for box in around)
        assert not any(overlap(box, wall) for box in around for wall in solid)
        assert not overlap(place.box, Box((12.8, 2.0, 0.0), (14.0, 8.0, 1.0)))  # the louvre's
    for one, other in itertools.permutations([*places, *there], 2):
        if one in there and other in there:
            continue
        front, rear = aisles(one)
        assert not overlap(one.box, other.box)
        assert not overlap(front, other.box)
        assert not overlap(rear, other.box)
        assert not overlap(front, aisles(other)[1])


def test_racks_stand_only_where_cooling_units_blow(tmp_path):
    wall = "  partitions: [{name: wall, from: [10 m, 0 m, 0 m], to: [10 m, 10 m, 4 m]}]\n"
    unit = (
        "  - unit: {of: vertiv_fa069hc, name: FW1, at: [0.9 m, 3 m], facing: +x, supply: 22 degC, "
        "facility: chw}\n"
    )
    water = (
        "liquid: {facility: [{name: chw, supply: 18 degC, flow: 550 L/min, pump_head: 200 kPa, "
        "pump_efficiency: 70 %, rejection: {of: air_cooled_chiller_1500, count: 1}}]}\n"
    )
    hall = case(tmp_path, "[20 m, 10 m, 4 m]", wall, unit, water)
    floor = floor_of(hall, RACK[2])
    assert len(np.unique(floor.rooms[floor.rooms > 0])) == 2
    assert cooled_rooms(hall, floor) == {int(floor.rooms[50, 5])}
    places = free_places(hall, RACK)
    assert places
    assert max(place.box.upper[0] for place in places) <= 10.0
    both = free_places(case(tmp_path, "[20 m, 10 m, 4 m]", wall), RACK)
    assert max(place.box.upper[0] for place in both) > 10.0
