import numpy as np
from matplotlib.image import imread

from geometry.hall import Box, Device, Hall, Opening
from rehall import plan
from rehall.plan import draw_plan, intake_arrow, kind_colours, label_equipment, merged, rows_of


def drawn_names(hall: Hall) -> dict[str, tuple[float, float]]:
    _, axes = plan.plan_axes(hall, "hall")
    before = len(axes.texts)
    label_equipment(axes, hall)
    return {text.get_text(): text.get_position() for text in axes.texts[before:]}


def test_plan_is_a_picture_with_ink(hall, tmp_path):
    draw_plan(hall, tmp_path / "plan.png", "Hall $1 & co")
    pixels = imread(tmp_path / "plan.png")
    assert pixels.shape[1] == 1500
    assert pixels.std() > 0.05


def test_every_device_is_drawn_where_it_stands(hall):
    _, axes = plan.plan_axes(hall, "hall")
    names = drawn_names(hall)
    for device in hall.devices:
        x, y = names[device.name]
        assert device.box.lower[0] < x < device.box.upper[0]
        assert device.box.lower[1] < y < device.box.upper[1]
    assert axes.get_aspect() == 1.0


def test_a_dense_row_names_its_first_and_last_only():
    row = tuple(
        Device(
            f"miner {i:03d}",
            "miner",
            Box((0.2 * i, 5.0, 0.0), (0.2 * i + 0.2, 5.2, 1.0)),
            "+y",
            "-y",
        )
        for i in range(10, 110)
    )
    names = drawn_names(Hall((30.0, 15.0, 4.0), devices=row))
    assert set(names) == {"miner 010", "miner 109"}
    assert names["miner 010"][0] < 2.0
    assert names["miner 109"][0] > 22.0


def test_a_gap_wider_than_a_device_parts_a_row(hall):
    rows = [[device.name for device in row] for row in rows_of(hall.devices)]
    assert [f"A{i:02d}" for i in range(1, 9)] in rows
    assert ["FW1", "FW2", "FW3"] in rows
    without = [device for device in hall.devices if device.name not in ("A03", "A04")]
    rows = [[device.name for device in row] for row in rows_of(without)]
    assert ["A01", "A02"] in rows
    assert ["A05", "A06", "A07", "A08"] in rows


def test_arrow_points_into_the_intake(hall):
    device = next(device for device in hall.devices if device.intake == "-x")
    (arrow,) = intake_arrow(device, hall)
    x = np.sort(arrow.get_xy()[:3, 0])
    np.testing.assert_allclose(x[-1], device.box.lower[0])  # the tip touches the intake
    assert x[0] == x[1] < device.box.lower[0]


def test_kinds_never_share_a_colour():
    kinds = ("rack", "cdu", "ups_cabinet", "battery")
    hall = Hall(
        (9.0, 9.0, 3.0),
        devices=tuple(
            Device(kind, kind, Box((2.0 * i, 1.0, 0.0), (2.0 * i + 1.0, 2.0, 2.0)), "+y", "-y")
            for i, kind in enumerate(kinds)
        ),
    )
    assert len(set(kind_colours(hall).values())) == 4


def test_of_numbered_openings_the_first_and_the_last_are_named():
    place = Box((0.0, 0.0, 3.0), (1.0, 1.0, 3.0))
    openings = [Opening(f"EF{i:02d}", "exhaust", place) for i in range(1, 13)]
    openings.append(Opening("louvre", "outdoor", place))
    assert [opening.name for opening in merged(openings)] == ["EF01", "EF12", "louvre"]
