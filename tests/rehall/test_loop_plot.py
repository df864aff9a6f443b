"""Pictures of loops: what is drawn how wide, in which colour, where, and what is grey."""

import numpy as np
import pytest
from matplotlib import colormaps
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize, to_rgba
from matplotlib.patches import Circle

from rehall import loop_plot, views
from rehall.loop_chart import charts
from rehall.loop_ladder import is_ladder, ladder
from rehall.loop_map import loop_map
from rehall.loop_sketch import Sketch
from rehall.report import caption
from rehall.results import PICTURES, write

RACKS = {"A01": 10.0, "A02": 20.0, "A03": 30.0, "A04": 40.0}  # L/min


def made(far_return: bool = False) -> dict:
    """A loop `t` of four racks, one without its flow, and two CDUs, one stopped; facility `w`."""
    names, end = list(RACKS), len(RACKS) - 1
    back = f"r{end}" if far_return else "r0"
    unit = {"loop": "t", "supply_at": "s0", "return_at": back, "loading_pct": 50.0}
    steps = [(f"s{n}", f"s{n + 1}") for n in range(end)]
    steps += [(f"r{n}", f"r{n + 1}") if far_return else (f"r{n + 1}", f"r{n}") for n in range(end)]
    flows = [100.0 - sum(list(RACKS.values())[: n + 1]) for n in range(end)]
    flows += [100.0 - flow for flow in flows] if far_return else flows
    pump = {"head_kpa": None, "heat_kw": 0.0, "speed_pct": 0.0}
    return {
        "racks": [
            {"name": name, "coolant_lpm": flow, "coolant_in_c": 30.0, "coolant_out_c": 50.0}
            for name, flow in RACKS.items()
        ],
        "limits": [{"name": "coolant_flow_min", "where": "A01", "holds": False}],
        "branches": [
            {"name": name, "loop": "t", "supply_at": f"s{n}", "return_at": f"r{n}"}
            | {"heat_kw": 9.0, "share_pct": 99.0}
            for n, name in enumerate(names)
        ],
        "cdus": [
            unit
            | {"name": "CDU1", "flow_lpm": 100.0, "heat_kw": 36.0, "supply_c": 30.0}
            | {"return_c": 50.0, "facility_share_pct": 80.0},
            unit
            | {"name": "CDU2", "flow_lpm": -1e-7, "heat_kw": 0.0, "supply_c": 30.0}
            | {"return_c": 50.0, "facility_share_pct": 0.0},
        ],
        "pumps": [
            pump | {"loop": "t", "of": "CDU1", "state": "running", "flow_lpm": 100.0},
            pump | {"loop": "t", "of": "CDU1", "state": "stopped", "flow_lpm": 0.0},
            pump | {"loop": "t", "of": "CDU2", "state": "stopped", "flow_lpm": -1e-7},
            pump | {"loop": "w", "of": "w", "state": "running", "flow_lpm": 200.0},
        ],
        "pipes": [
            {"name": f"{one} to {two}", "loop": "t", "from": one, "to": two, "flow_lpm": flow}
            | {"inlet_c": 30.0 if one[0] == "s" else 50.0}
            | {"outlet_c": 30.0 if one[0] == "s" else 50.0}
            for (one, two), flow in zip(steps, flows, strict=True)
        ],
        "loops": [
            {"name": "t", "fluid": "pg25", "flow_lpm": 100.0, "supply_c": 30.0, "return_c": 50.0}
        ],
        "facility_users": [
            {"name": name, "loop": "w", "kind": "cdu", "flow_lpm": flow, "inlet_c": 20.0}
            | {"outlet_c": outlet, "heat_kw": 18.0}
            for name, flow, outlet in (("CDU1", 150.0, 40.0), ("CDU2", 50.0, 20.0))
        ],
        "facilities": [
            {"name": "w", "fluid": "water", "rejection": "1 x tower", "supply_c": 20.0}
            | {"return_c": 33.0, "heat_kw": 36.0, "loading_pct": 50.0}
        ],
    }


def ring() -> dict:
    """The same racks on a ring, with a junction `x` where nothing is connected, and one CDU."""
    summary = made()
    summary["cdus"] = [summary["cdus"][0] | {"supply_at": "s3", "return_at": "r3"}]
    extra = {"loop": "t", "flow_lpm": -5.0, "inlet_c": 30.0, "outlet_c": 30.0}
    for one, two in (("s0", "x"), ("x", "s3"), ("s0", "s1")):
        summary["pipes"].append(extra | {"name": f"{one}-{two}", "from": one, "to": two})
    return summary


def sketch(summary: dict) -> Sketch:
    return ladder(charts(summary)[0])


def drawn(figure) -> list[tuple[np.ndarray, float, np.ndarray]]:
    """Points, width and colour of every line of liquid that flows."""
    return [
        (np.asarray(piece), width, colour)
        for part in figure.axes[0].collections
        if isinstance(part, LineCollection)
        for piece, width, colour in zip(
            part.get_segments(),
            np.broadcast_to(part.get_linewidths(), len(part.get_segments())),
            part.get_colors(),
            strict=True,
        )
    ]


def test_header_carries_what_units_gave_less_what_racks_took():
    lines = [line for line in sketch(made()).lines if line.arrow]
    supply = [line.flow for line in lines if line.T[0] < 40.0]
    back = [line.flow for line in lines if line.T[0] > 40.0]
    assert supply == pytest.approx([100.0, 100.0 - 1e-7, 90.0, 70.0, 40.0], abs=1e-6)
    assert sorted(back) == pytest.approx([40.0, 70.0, 90.0, 100.0])


def test_liquid_flows_away_in_the_supply_and_back_in_the_return():
    for line in sketch(made()).lines:
        if line.arrow:
            rightwards = line.points[-1][0] - line.points[0][0]
            assert (rightwards > 0) == (line.T[0] < 40.0)


def test_return_from_the_far_end_leads_all_flow_back_below_the_racks():
    chart = charts(made(far_return=True))[0]
    assert is_ladder(chart)
    lines = [line for line in ladder(chart).lines if line.arrow and line.T[0] > 40.0]
    assert [line.flow for line in lines] == pytest.approx([10.0, 30.0, 60.0, 100.0])
    assert all(line.points[0][0] < line.points[-1][0] for line in lines[:3])
    assert lines[3].points[0][0] > lines[3].points[-1][0]
    assert lines[3].points[-1][1] < lines[0].points[0][1]


def test_lines_into_a_unit_and_out_of_it_carry_what_its_pumps_give():
    lines = {line.name: line for line in sketch(made()).lines}
    assert lines["CDU1"].flow == lines["CDU1 pump 1"].flow == 100.0
    assert lines["CDU1 pump 2"].still


def test_stopped_unit_and_its_pumps_are_grey_and_nothing_else_is():
    found = sketch(made())
    still = {line.name for line in found.lines if line.still}
    assert still == {"CDU2", "CDU1 pump 2", "CDU2 pump 1"}
    assert [box.name for box in found.boxes if box.still] == ["CDU2"]
    axes = loop_plot.figure_of(found).axes[0]
    dashed = [line for line in axes.lines if line.get_linestyle() == "--"]
    assert len(dashed) == 1 + sum(line.still for line in found.lines)  # one in the key
    assert {line.get_color() for line in dashed} == {loop_plot.GREY}
    circles = [patch.get_edgecolor() for patch in axes.patches if isinstance(patch, Circle)]
    grey, ink = to_rgba(loop_plot.GREY), to_rgba(loop_plot.INK)
    assert circles == [ink, grey, grey]


def test_four_times_the_flow_is_twice_as_wide():
    figure = loop_plot.figure_of(sketch(made()))
    width = {}
    for line in sketch(made()).lines:
        for points, wide, _ in drawn(figure):
            if len(points) == len(line.points) and np.allclose(points, line.points):
                width[line.name, line.flow] = wide
    assert width["A04", 40.0] / width["A01", 10.0] == pytest.approx(2.0)
    assert max(width.values()) == pytest.approx(loop_plot.WIDEST)


def test_liquid_has_the_colour_that_the_bar_gives_its_temperature():
    figure = loop_plot.figure_of(sketch(made()))
    lines = [line for line in sketch(made()).lines if line.name == "A04"]
    assert {line.T for line in lines} == {(30.0, 30.0), (50.0, 50.0)}
    for line in lines:
        wanted = colormaps[loop_plot.COLOURS](Normalize(*loop_plot.SCALE)(line.T[0]))
        colours = [
            c for p, _, c in drawn(figure) if p.shape == (2, 2) and np.allclose(p, line.points)
        ]
        np.testing.assert_allclose(colours, [wanted])


def test_rack_below_its_least_flow_is_framed_and_counted():
    found = sketch(made())
    assert [box.name for box in found.boxes if box.short] == ["A01"]
    assert "racks below their least flow: 1" in found.title
    assert "without flow: CDU2" in found.title


def test_facility_loop_returns_what_its_users_mix():
    chart = charts(made())[1]
    assert is_ladder(chart)
    (plant,) = chart.units
    assert plant.flow == 200.0
    assert (pytest.approx((150 * 40 + 50 * 20) / 200), 20.0) == plant.T
    assert [rack.share for rack in chart.racks] == [80.0, 0.0]


def test_users_of_one_supply_take_their_share_of_it_one_after_the_other():
    runs = [line for line in ladder(charts(made())[1]).lines if line.arrow]
    assert [line.flow for line in runs] == pytest.approx([200.0, 50.0, 50.0, 200.0])
    assert [line.T[0] for line in runs] == pytest.approx([20.0, 20.0, 20.0, 35.0])
    rightwards = [line.points[-1][0] > line.points[0][0] for line in runs]
    assert rightwards == [True, True, False, False]


def test_ring_and_header_with_units_at_both_ends_are_no_ladders():
    assert is_ladder(charts(made())[0])
    assert not is_ladder(charts(ring())[0])
    both = made()
    both["cdus"][1] |= {"supply_at": "s3", "return_at": "r3"}
    assert not is_ladder(charts(both)[0])


def test_junction_lies_at_its_rack_or_amid_its_neighbours(hall):
    found = loop_map(charts(_on(hall))[0], hall)
    at = {name: np.array(end) for line in found.lines for name, end in _ends(line)}
    boxes = {box.name: np.array(box.lower) + 0.5 * np.array(box.size) for box in found.boxes}
    np.testing.assert_allclose(at["x"], 0.5 * (at["s0"] + at["s3"]), atol=1e-6)
    np.testing.assert_allclose(at["s0"] + at["r0"], 2 * boxes["A01"])
    assert (at["s0"] > at["r0"]).all()
    wide, metres = boxes["A04"] - boxes["A01"], 1.8  # three racks of 0.6 m
    assert wide[0] / metres == pytest.approx(found.boxes[1].size[0] / 0.6)


def test_two_pipes_between_the_same_junctions_are_both_seen(hall):
    lines = {line.name: line.points for line in loop_map(charts(_on(hall))[0], hall).lines}
    one, two = lines["s0 to s1"], lines["s0-s1"]
    assert {one[0], one[-1]} == {two[0], two[-1]}
    assert np.abs(np.array(two[1]) - np.array(two[-2])).max() > 0.1
    assert np.linalg.norm(np.array(two[2]) - np.array(one[0])) > 0.1


def test_arrow_of_a_pipe_that_flows_backwards_is_turned(hall):
    lines = {line.name: line for line in loop_map(charts(_on(hall))[0], hall).lines}
    forward, against = lines["s0 to s1"], lines["s0-s1"]
    assert forward.points[0] == against.points[-1]
    assert against.flow == 5.0


def _on(hall) -> dict:
    """The ring with the names of what stands in the hall."""
    assert "CDU1" in {block.name for block in hall.blocks}
    return ring()


def _ends(line):
    """Junctions of a pipe by its name, with where they are drawn."""
    if " to " in line.name:
        yield from zip(line.name.split(" to "), (line.points[0], line.points[-1]), strict=True)
    elif line.name == "s0-x":
        yield "x", line.points[0]  # it flows backwards


def test_loop_where_nothing_flows_can_be_drawn(tmp_path, hall):
    summary = made()
    for rows, key in (("pipes", "flow_lpm"), ("cdus", "flow_lpm"), ("racks", "coolant_lpm")):
        summary[rows] = [row | {key: 0.0} for row in summary[rows]]
    summary["pumps"] = [row | {"flow_lpm": 0.0, "state": "stopped"} for row in summary["pumps"]]
    summary["loops"][0]["flow_lpm"] = 0.0
    found = sketch(summary)
    assert all(line.still for line in found.lines)
    assert "nothing flows" in found.title
    assert not drawn(loop_plot.figure_of(found))


def test_many_racks_make_a_wide_picture_with_room_for_every_name():
    summary = made()
    count = 120
    for key, name in (("racks", "name"), ("branches", "name")):
        row = summary[key][-1]
        summary[key] = [row | {name: f"R{n:03d}"} for n in range(count)]
    found = sketch(summary)
    racks = [box for box in found.boxes if box.name[0] == "R"]
    assert len(racks) == count
    assert found.size[0] > 120 * 0.2
    assert all(words.upright for words in racks[0].words)
    assert racks[1].lower[0] > racks[0].lower[0] + racks[0].size[0]


@pytest.fixture
def quick(monkeypatch):
    """Pictures of the air without drawing them."""
    for name in ("heat_map", "section", "rack_faces", "streamlines"):
        monkeypatch.setattr(views, name, lambda results, path, scale: path.touch())


def test_view_draws_every_loop_from_the_results_alone(results, quick, command, tmp_path):
    results.summary.update(made())
    write(results, tmp_path / "out")
    code, said = command("view", "out", "--screenshot")
    assert code == 0
    words = said.split()
    assert words == [f"out/{name}" for name in (*PICTURES, "loop_t.png", "loop_w.png")]
    assert (tmp_path / "out" / "loop_t.png").stat().st_size > 5000


def test_pictures_of_loops_of_an_older_run_go(results, quick, tmp_path):
    results.summary.update(made())
    results.summary["loops"][0]["name"] = "a/b"
    for table in ("branches", "cdus", "pumps", "pipes"):
        for row in results.summary[table]:
            row["loop"] = row["loop"].replace("t", "a/b")
    paths = write(results, tmp_path, views.screenshots)
    assert [path.name for path in paths[4:]] == ["loop_a%2Fb.png", "loop_w.png"]
    assert caption(paths[4]) == "Flow and temperature in the loop a/b"
    del results.summary["loops"]
    write(results, tmp_path)
    assert not list(tmp_path.glob("loop_*"))
