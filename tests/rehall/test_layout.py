"""Rows, rasters, containment and floors become the boxes that an engineer would draw."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geometry.hall import Box
from rehall.config import Case, load
from rehall.shell import names_in_row, perforated_loss

HEAD = """\
site: {outdoor: {dry_bulb: 30 degC, wet_bulb: 20 degC}}
hall:
  size: [20 m, 10 m, 4 m]
"""


def case(tmp_path, hall: str = "", equipment: str = "") -> Case:
    path = tmp_path / "hall.yaml"
    path.write_text(HEAD + hall + (f"equipment:\n{equipment}" if equipment else ""))
    return load(path)


@pytest.mark.parametrize(
    ("facing", "second", "back"),
    [
        ("+y", Box((3.6, 2.0, 0.0), (4.2, 3.2, 2.3)), "-y"),
        ("-y", Box((3.6, 2.0, 0.0), (4.2, 3.2, 2.3)), "+y"),
        ("+x", Box((3.0, 2.6, 0.0), (4.2, 3.2, 2.3)), "-x"),
    ],
)
def test_row_runs_across_its_facing(facing, second, back, tmp_path):
    text = f"  - row: {{of: storage_rack, name: R, count: 3, first: [3 m, 2 m], facing: {facing}}}"
    hall = case(tmp_path, equipment=text).geometry
    assert [device.name for device in hall.devices] == ["R01", "R02", "R03"]
    assert hall.devices[1].box == second
    assert (hall.devices[1].intake, hall.devices[1].discharge) == (facing, back)
    assert hall.devices[1].streams == "layers"


def test_neighbours_of_a_long_row_meet_exactly(tmp_path):
    text = "  - row: {of: storage_rack, name: R, count: 30, first: [0.7 m, 2 m], facing: +y}"
    boxes = [device.box for device in case(tmp_path, equipment=text).geometry.devices]
    assert all(a.upper[0] == b.lower[0] for a, b in pairwise(boxes))


def test_row_goes_on_counting_where_it_is_told_to_start():
    assert names_in_row("A", 2, 5) == ["A05", "A06"]
    assert names_in_row("M", 120)[-1] == "M120"
    assert names_in_row("M", 120)[0] == "M001"


def test_switched_off_rack_draws_nothing_and_capped_rack_less(tmp_path):
    text = """\
  - unit: {of: storage_rack, name: A, at: [3 m, 2 m], facing: +y, on: false}
  - unit: {of: storage_rack, name: B, at: [4 m, 2 m], facing: +y, power: 10 kW}
  - unit: {of: storage_rack, name: C, at: [5 m, 2 m], facing: +y}
"""
    items = case(tmp_path, equipment=text).items
    assert [item.power for item in items] == [0.0, 10e3, 22e3]
    assert [item.heat_to_air for item in items] == [0.0, 10e3, 22e3]


def test_heat_of_a_liquid_cooled_rack_is_parted_by_its_liquid_fraction(tmp_path):
    path = tmp_path / "hall.yaml"
    path.write_text(
        HEAD
        + """\
equipment:
  - unit: {of: vr_nvl72, name: A, at: [3 m, 2 m], facing: +y, loop: tcs}
  - unit: {of: coolit_chx2000, name: CDU, at: [6 m, 2 m], facing: +y, loop: tcs}
liquid:
  facility:
    - {name: fws, supply: 39 degC, flow: 900 L/min, pump_head: 1 bar, pump_efficiency: 70 %,
       rejection: {of: dry_cooler_2mw, count: 1}}
  loops:
    - {name: tcs, supply: 43 degC, facility: fws, header: {diameter: 200 mm, pitch: 0.6 m},
       control: {speed: 100 %}}
"""
    )
    loaded = load(path)
    rack = loaded.item("A")
    assert rack.heat_to_liquid == pytest.approx(0.97 * 230e3)
    assert rack.heat_to_air == pytest.approx(0.03 * 230e3)
    assert [block.name for block in loaded.geometry.blocks] == ["CDU"]


def test_containment_closes_all_faces_but_the_open_ones_and_the_shell(tmp_path):
    aisle = """\
  containment:
    - {name: aisle, from: [2 m, 3 m, 0 m], to: [8 m, 5 m, 3 m], open: [+z], leakage: 1 %}
"""
    baffles = case(tmp_path, aisle).geometry.baffles
    assert [baffle.name for baffle in baffles] == ["aisle -x", "aisle +x", "aisle -y", "aisle +y"]
    assert baffles[0].rectangle == Box((2.0, 3.0, 0.0), (2.0, 5.0, 3.0))
    assert all(baffle.loss_coefficient == perforated_loss(0.01) for baffle in baffles)


def test_tiles_come_after_the_floor_that_they_replace(tmp_path):
    floor = """\
  raised_floor:
    height: 0.6 m
    tiles:
      - name: T
        open_fraction: 25 %
        size: [0.6 m, 0.6 m]
        rows: {count: [2, 1], first: [1.2 m, 3 m], pitch: [0.6 m, 0.6 m]}
"""
    text = "  - unit: {of: storage_rack, name: A, at: [3 m, 2 m], facing: +y}"
    loaded = case(tmp_path, floor, text)
    baffles = loaded.geometry.baffles
    assert [baffle.name for baffle in baffles] == ["raised floor", "T01", "T02"]
    assert baffles[0].loss_coefficient == math.inf
    assert baffles[2].rectangle == Box((1.8, 3.0, 0.6), (2.4, 3.6, 0.6))
    assert loaded.item("A").box.lower[2] == 0.6


def test_openings_of_a_raster_lie_in_their_wall(tmp_path):
    fans = """\
  openings:
    - {name: EF, of: exhaust_fan_1200, wall: +x, rows: {count: [2, 2], first: [1 m, 1 m], pitch: [2 m, 1.5 m]}}
    - {name: intake, kind: outdoor, wall: -y, from: [1 m, 1 m], to: [3 m, 2 m], open_fraction: 50 %}
    - {name: duct, kind: supply, wall: +z, from: [1 m, 1 m], to: [3 m, 2 m], flow: 2 m3/s, temperature: 15 degC}
"""  # noqa: E501
    loaded = case(tmp_path, fans)
    assert [opening.name for opening in loaded.openings[:4]] == ["EF01", "EF02", "EF03", "EF04"]
    assert loaded.openings[2].rectangle == Box((20.0, 1.0, 2.5), (20.0, 2.2, 3.7))
    assert loaded.openings[0].flow == 12.0
    assert [opening.kind for opening in loaded.geometry.openings[3:]] == [
        "exhaust",
        "outdoor",
        "supply",
    ]
    assert loaded.geometry.openings[4].loss_coefficient == pytest.approx(4.0, rel=1e-3)
    assert loaded.openings[5].temperature == pytest.approx(288.15)


def test_faces_of_cooling_units_follow_the_side_they_face(tmp_path):
    text = """\
  - unit: {of: vertiv_fa069hc, name: FW, at: [3 m, 2 m], facing: +x, supply: 22 degC, facility: chw}
  - unit: {of: stulz_crs560cw, name: CRAH, at: [9 m, 2 m], z: 0.6 m, facing: -x, supply: 22 degC, facility: chw}
liquid:
  facility:
    - {name: chw, supply: 10 degC, flow: 900 L/min, pump_head: 1 bar, pump_efficiency: 70 %,
       rejection: {of: air_cooled_chiller_1500, count: 1}}
"""  # noqa: E501
    wall, crah = case(tmp_path, equipment=text).geometry.devices
    assert (wall.intake, wall.discharge, wall.streams) == ("-x", "+x", "mixed")
    assert wall.box.size == pytest.approx((1.2, 2.7, 3.0))
    assert (crah.intake, crah.discharge) == ("+z", "-z")


@given(st.floats(0.01, 0.98))
def test_less_open_area_always_resists_more(open_fraction):
    assert perforated_loss(open_fraction) > perforated_loss(open_fraction + 0.01)


def test_small_hole_loses_the_velocity_head_of_its_contracted_jet():
    # Free streamlines behind a slit: contraction pi / (pi + 2), Kirchhoff (1869).
    contraction = math.pi / (math.pi + 2)
    assert perforated_loss(1e-4) * 1e-8 == pytest.approx(1 / contraction**2, rel=0.1)


def test_plate_that_is_all_open_loses_nothing():
    assert perforated_loss(1.0) == 0.0
