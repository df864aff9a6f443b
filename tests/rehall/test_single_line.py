"""Single-line diagrams: what is written where, in which colour, which lines are drawn how."""

import xml.etree.ElementTree as ET
from collections import Counter
from functools import cache
from itertools import combinations, pairwise

import pytest
from matplotlib.colors import to_hex
from matplotlib.text import Text

from rehall.config import load
from rehall.electrical import power_side
from rehall.single_line import single_line, write_single_line
from rehall.single_line_layout import layout
from rehall.single_line_parts import parts_of
from rehall.single_line_routes import inputs, route
from rehall.single_line_symbols import BROKEN, PALE


def flow(nodes, wishes, dead=()):
    """Rows of nodes (name, kind, fed_by, rating [kVA], continuous [%]) and loads without losses.

    Wishes are (name, feeds, power [kW], group). A node takes its first live feed, a tie closes when
    one of its boards is live, a load splits its power over its live feeds.
    """
    fed = {}
    for _ in nodes:
        for name, kind, fed_by, *_ in nodes:
            ready = [up for up in fed_by if up in fed and fed[up] != name]
            if name in dead or name in fed or (kind == "tie" and len(ready) != 1):
                continue
            if ready or not fed_by:
                fed[name] = ready[0] if ready else None
        for name, kind, fed_by, *_ in nodes:
            if kind == "tie" and name in fed:
                fed |= {board: name for board in fed_by if board not in fed and board not in dead}
    carried = dict.fromkeys((name for name, *_ in nodes), 0.0)
    loads = []
    for name, feeds, power, group in wishes:
        live = [up for up in feeds if up in fed]
        served = power if live else 0.0
        loads.append({"name": name, "feeds": list(feeds), "power_kw": power, "group": group})
        loads[-1]["served_kw"] = served
        for up in live:
            while up:
                carried[up] += power / len(live)
                up = fed[up]
    idle = {name for name, kind, *_ in nodes if kind == "generator" and not carried[name]}
    rows = [
        {"name": name, "kind": kind, "fed_by": list(fed_by), "fed_from": fed.get(name)}
        | {
            "live": name in fed and name not in idle,
            "rating_kva": rating,
            "load_kva": carried[name],
        }
        | {"loading_pct": rating and 100.0 * carried[name] / rating, "continuous_pct": continuous}
        | {"headroom_kw": None}
        for name, kind, fed_by, rating, continuous in nodes
    ]
    return rows, loads


def shipped(path, dead=(), power=120.0):
    """The chain of a case, every load of the same power."""
    case = load(path)
    model = power_side(case).model
    kinds = {item.name: item.entry.kind for item in case.items}
    nodes = [
        (n.name, n.kind, n.fed_by, n.rating / 1e3 or None, 100.0 * n.continuous_factor)
        for n in model.nodes
    ]
    wishes = [(w.name, w.feeds, power, kinds.get(w.name, "fan")) for w in model.loads]
    return flow(nodes, wishes, dead)


def two_n(dead=()):
    """Two of everything: sides A and B with generators, switches, boards, a tie each; 60 nodes."""
    nodes = []
    for side in "AB":
        nodes.append((f"grid {side}", "utility", (), None, 100.0))
        for n in (1, 2):
            nodes += [
                (f"T{side}{n}", "transformer", (f"grid {side}",), 2500.0, 100.0),
                (f"G{side}{n}", "generator", (), 2500.0, 100.0),
                (f"ATS-{side}{n}", "transfer_switch", (f"T{side}{n}", f"G{side}{n}"), 2500.0, 80.0),
                (f"MSB-{side}{n}", "board", (f"ATS-{side}{n}",), 2500.0, 80.0),
                (f"U{side}{n}", "ups", (f"MSB-{side}{n}",), 2000.0, 100.0),
                (f"UB-{side}{n}", "board", (f"U{side}{n}",), 2000.0, 80.0),
                (f"mech {side}{n}", "cable", (f"MSB-{side}{n}",), 800.0, 80.0),
            ]
            for k in (1, 2, 3, 4, 5, 6):
                up = f"UB-{side}{n}"
                if k == 6:
                    nodes.append((f"REC-{side}{n}", "rectifier", (up,), 600.0, 100.0))
                    up = f"REC-{side}{n}"
                nodes.append((f"BW-{side}{n}{k}", "busway", (up,), 600.0, 80.0))
        nodes.append((f"tie {side}", "tie", (f"MSB-{side}1", f"MSB-{side}2"), 2500.0, 80.0))
    wishes = [
        (f"R{n}{k}{i}", (f"BW-A{n}{k}", f"BW-B{n}{k}"), 100.0, "rack")
        for n in (1, 2)
        for k in (1, 2, 3, 4, 5, 6)
        for i in range(5)
    ]
    wishes += [(f"CH{n}", (f"mech A{n}", f"mech B{n}"), 300.0, "chiller") for n in (1, 2)]
    wishes += [(f"P{n}{k}", (f"mech A{n}",), 30.0, "pump") for n in (1, 2) for k in range(3)]
    return flow(nodes, wishes, dead)


FAULTS = ("ATS-A1", "grid B", "BW-A22", "BW-B22", "UB2")
HALLS = {
    "ai": lambda: shipped("configs/ai_hall.yaml"),
    "ai, UA1 and UB1 out": lambda: shipped("configs/ai_hall.yaml", ("UA1", "UB1"), 260.0),
    "asic": lambda: shipped("configs/asic_hall.yaml"),
    "asic, T2 out": lambda: shipped("configs/asic_hall.yaml", ("T2",), 200.0),
    "two of everything": two_n,
    "two of everything, faults": lambda: two_n(FAULTS),
}
every_hall = pytest.mark.parametrize("name", HALLS)


@cache
def hall(name):
    return HALLS[name]()


@cache
def drawn(name):
    figure = single_line(*hall(name), name)
    figure.draw_without_rendering()
    return figure


@cache
def routed(name):
    parts = parts_of(*hall(name))
    placed = layout(parts)
    y, wires, _ = route(placed, parts)
    return parts, placed, y, wires


def texts_of(figure):
    return [text for text in figure.findobj(Text) if text.get_text() and text.get_visible()]


def patches(figure, name):
    return [patch for patch in figure.axes[0].patches if patch.get_label() == name]


@every_hall
def test_svg_is_xml_with_the_name_and_loading_of_every_node(name, tmp_path):
    rows, loads = hall(name)
    path = tmp_path / "chain.svg"
    write_single_line(rows, loads, "A <title> & $more$", path)
    texts = [e.text for e in ET.parse(path).iter("{http://www.w3.org/2000/svg}text")]
    assert "A <title> & $more$" in texts
    assert {row["name"] for row in rows} <= set(texts)
    shares = [f"{r['loading_pct']:.0f} %" for r in rows if r["loading_pct"] is not None]
    assert Counter(text for text in texts if text.endswith(" %")) == Counter(shares)


def test_same_data_give_the_same_bytes(tmp_path):
    for n in (1, 2):
        write_single_line(*hall("asic, T2 out"), "chain", tmp_path / f"{n}.svg")
    assert (tmp_path / "1.svg").read_bytes() == (tmp_path / "2.svg").read_bytes()
    assert b"<dc:date>" not in (tmp_path / "1.svg").read_bytes()


def test_suffix_chooses_the_format(tmp_path):
    write_single_line(*hall("asic"), "chain", tmp_path / "chain.png")
    assert (tmp_path / "chain.png").read_bytes().startswith(b"\x89PNG")


@every_hall
def test_no_text_covers_another_or_leaves_the_picture(name):
    figure = drawn(name)
    wide, high = figure.canvas.get_width_height()
    areas = [(text, text.get_window_extent()) for text in texts_of(figure)]
    for text, area in areas:
        assert text.get_fontsize() >= 6.0
        assert min(area.x0, area.y0, wide - area.x1, high - area.y1) >= 0.0, text
    for (one, a), (other, b) in combinations(areas, 2):
        apart = a.x1 <= b.x0 or b.x1 <= a.x0 or a.y1 <= b.y0 or b.y1 <= a.y0
        assert apart, f"{one.get_text()!r} covers {other.get_text()!r}"


@every_hall
def test_no_line_runs_through_text_or_symbols(name):
    parts, placed, y, wires = routed(name)
    axes = drawn(name).axes[0]
    inches = axes.transData.inverted()
    areas = [text.get_window_extent().transformed(inches).extents for text in axes.texts]
    inner = {key: (max(w - 0.01, 0), max(h - 0.01, 0)) for key, (w, h) in outlines(parts)}
    areas += [(placed.x[k] - w, y[k] - h, placed.x[k] + w, y[k] + h) for k, (w, h) in inner.items()]
    for wire in wires:
        (x0, x1), (y0, y1) = (sorted((wire.points[0][n], wire.points[-1][n])) for n in (0, 1))
        ties = [k for k in placed.beside if x0 < placed.x[k] < x1 and y[k] == y0 == y1]
        for left, lower, right, upper in areas:
            if ties and left < placed.x[ties[0]] < right and lower < y0 < upper:
                continue
            assert x1 <= left or right <= x0 or y1 <= lower or upper <= y0, wire


def outlines(parts):
    return [(key, part.outline) for key, part in parts.items()]


@every_hall
def test_lines_cross_but_never_share_a_place(name):
    wires = [wire.points for wire in routed(name)[3] if len(wire.points) == 2]
    for along, across in ((0, 1), (1, 0)):
        lines = [ends for ends in wires if ends[0][across] == ends[1][across]]
        for one, other in combinations(lines, 2):
            (a, b), (c, d) = (sorted(point[along] for point in ends) for ends in (one, other))
            apart = b <= c + 1e-9 or d <= a + 1e-9
            assert apart or abs(one[0][across] - other[0][across]) > 0.03, (one, other)


@every_hall
def test_line_into_a_part_is_solid_where_it_feeds_now(name):
    parts, placed, y, wires = routed(name)
    fed = {wire.points[-1]: wire.fed for wire in wires if len(wire.points) == 2}
    rows = {row["name"]: row for row in hall(name)[0]}
    shown = 0
    for key, part in parts.items():
        for feed, x in inputs(placed, key).items():
            end = (round(x, 6), y[key] + part.outline[1])
            wanted = feed in part.fed_from if key not in rows else rows[key]["fed_from"] == feed
            if feed in rows and "tie" not in (part.kind, rows[feed]["kind"]):
                assert fed[end] == wanted, (feed, key)
                shown += 1
    assert shown > len(rows) / 2


@every_hall
def test_dead_nodes_are_grey_and_overloaded_ones_in_the_warning_colour(name):
    figure = drawn(name)
    for row in hall(name)[0]:
        found = patches(figure, row["name"])
        assert found
        over = row["live"] and row["rating_kva"] and row["loading_pct"] > row["continuous_pct"]
        for patch in found:
            colour = to_hex(patch.get_facecolor()).upper()
            assert (colour == PALE) == (patch.get_linestyle() != "-") == (not row["live"])
            assert (colour == BROKEN) == bool(patch.get_hatch()) == bool(over)


def test_colour_follows_the_continuous_limit_not_the_rating():
    rows, loads = flow(
        [
            ("grid", "utility", (), None, 100.0),
            ("full", "transformer", ("grid",), 1000.0, 100.0),
            ("board", "board", ("grid",), 1000.0, 80.0),
        ],
        [("a", ("full",), 900.0, "rack"), ("b", ("board",), 900.0, "rack")],
    )
    figure = single_line(rows, loads, "limits")
    colours = [
        to_hex(patches(figure, name)[0].get_facecolor()).upper() for name in ("full", "board")
    ]
    assert colours[0] != BROKEN
    assert colours[1] == BROKEN


@every_hall
def test_every_node_stands_below_what_feeds_it_and_beside_no_other(name):
    parts, placed, y, _ = routed(name)
    for key, part in parts.items():
        for feed in part.feeds:
            assert y[feed] > y[key] or key in placed.beside
    for keys in placed.levels:
        here = [key for key in keys if key in parts]
        for one, other in pairwise(here):
            gap = placed.x[other] - parts[other].extent("left")
            assert placed.x[one] + parts[one].extent("right") < gap


def test_loads_are_counted_by_what_feeds_them_and_what_goes_without_is_named():
    parts = parts_of(*hall("two of everything, faults"))
    assert [w.text for w in parts["loads", "BW-A11", "BW-B11"].words] == ["5 racks, 500 kW"]
    assert [w.text for w in parts["loads", "mech A1", "mech B1"].words] == ["CH1, 300 kW"]
    dark = parts["loads", "BW-A22", "BW-B22"]
    assert [w.text for w in dark.words] == ["5 racks, 0 kW", "500 kW unserved"]
    assert dark.words[-1].warning
    figure = drawn("two of everything, faults")
    (box,) = patches(figure, str(dark.key))
    assert to_hex(box.get_edgecolor()).upper() == BROKEN


def test_tie_between_neighbours_closes_to_feed_a_dead_board():
    parts, placed, y, wires = routed("two of everything, faults")
    assert placed.beside == {"tie A": ("MSB-A1", "MSB-A2"), "tie B": ("MSB-B1", "MSB-B2")}
    links = {wire.fed for wire in wires if {p[1] for p in wire.points} == {y["tie A"]}}
    assert links == {True, False}  # tie A is closed, tie B at the same height open
    assert [parts[tie].words[-1].text for tie in placed.beside] == ["closed", "open"]


def test_tie_of_boards_on_two_levels_hangs_below_both():
    nodes = [
        ("grid", "utility", (), None, 100.0),
        ("one", "board", ("grid",), 1000.0, 80.0),
        ("T", "transformer", ("grid",), 1000.0, 100.0),
        ("other", "board", ("T",), 1000.0, 80.0),
        ("tie", "tie", ("one", "other"), 1000.0, 80.0),
    ]
    parts = parts_of(*flow(nodes, [("R", ("one", "other"), 10.0, "rack")]))
    placed = layout(parts)
    assert placed.beside == {}
    assert [len(inputs(placed, key)) for key in ("tie", ("loads", "one", "other"))] == [2, 2]


def test_ups_without_input_is_on_battery_and_a_stopped_generator_is_not_dead():
    rows, loads = two_n()
    states = {row["name"]: row for row in rows}
    states["UA1"]["fed_from"] = None
    parts = parts_of(rows, loads)
    assert parts["UA1"].words[-1].text == "on battery"
    assert parts["GA1"].words[-1].text == "stopped"
    note = "60 nodes, 68 loads, 6,780 kW served"
    assert note in [text.get_text() for text in texts_of(single_line(rows, loads, "battery"))]
