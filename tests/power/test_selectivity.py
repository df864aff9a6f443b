import math
from dataclasses import replace

import pytest

from power import Board, Line, Load, Rectifier, Transformer, Ups, Utility, build
from power.selectivity import selectivity

V, ROOT3 = 415.0, math.sqrt(3.0)
GRID = Utility(name="grid", voltage=V)
UPS = Ups(name="UPS", fed_by=("main",), voltage=V, rating=1e6, loss_coefficients=(0.01, 0.01, 0.0),
          fault_current=3.0)  # fmt: skip


def board(name, feed, amperes, voltage=V):
    return Board(name=name, fed_by=(feed,), voltage=voltage, rating=ROOT3 * voltage * amperes)


def whip(name, feed, amperes, voltage=V, **more):
    return Line(name=name, fed_by=(feed,), voltage=voltage, rating=ROOT3 * voltage * amperes,
                length=5.0, resistance=1e-4, reactance=1e-4, **more)  # fmt: skip


def pairs(*nodes, **options):
    model = build(nodes, [Load(name="rack", feeds=(nodes[-1].name,))])
    return {pair.lower: pair for pair in selectivity(model, **options)}


def test_ratio_of_neighbouring_breakers():
    found = pairs(GRID, board("main", "grid", 4000.0), board("panel", "main", 800.0),
                  whip("whip", "panel", 500.0))  # fmt: skip
    assert {lower: pair.upper for lower, pair in found.items()} == {
        "panel": "main",
        "whip": "panel",
    }
    assert found["panel"].ratio == pytest.approx(5.0)
    assert found["panel"].holds
    assert found["whip"].ratio == pytest.approx(1.6)
    assert not found["whip"].holds
    assert found["whip"].trips is None


def test_fuses_need_a_lower_ratio_and_equality_holds():
    nodes = GRID, board("main", "grid", 800.0), whip("whip", "main", 500.0)
    assert pairs(*nodes, wanted=1.6)["whip"].holds
    assert not pairs(*nodes, wanted=1.61)["whip"].holds


@pytest.mark.parametrize("amperes", [30.0, 70.0, 110.0, 230.0, 350.0, 630.0])
@pytest.mark.parametrize("wanted", [1.6, 2.0])
def test_a_ratio_just_met_holds_whatever_its_last_digit(amperes, wanted):
    nodes = GRID, board("main", "grid", wanted * amperes), whip("whip", "main", amperes)
    assert pairs(*nodes, wanted=wanted)["whip"].holds


def test_a_breaker_counts_where_it_is_not_the_rating_of_the_conductors():
    found = pairs(GRID, board("main", "grid", 800.0), whip("whip", "main", 500.0, breaker=400.0))
    assert found["whip"].ratio == pytest.approx(2.0)
    assert found["whip"].holds


def test_ratings_are_referred_across_a_transformer():
    """800 A at 415 V are 1596 A at 208 V; the transformer itself is no device."""
    unit = Transformer(name="PDU", fed_by=("main",), voltage=208.0, rating=300e3, impedance=0.04,
                       no_load_loss=0.0, load_loss=3e3)  # fmt: skip
    found = pairs(GRID, board("main", "grid", 800.0), unit, board("panel", "PDU", 400.0, 208.0))
    assert found["panel"].upper == "main"
    assert found["panel"].upper_rating == pytest.approx(800 * 415 / 208)
    assert found["panel"].ratio == pytest.approx(2 * 415 / 208)


def test_a_transformer_with_a_breaker_is_a_device():
    unit = Transformer(name="PDU", fed_by=("main",), voltage=208.0, rating=300e3, impedance=0.04,
                       no_load_loss=0.0, load_loss=3e3, breaker=800.0)  # fmt: skip
    found = pairs(GRID, board("main", "grid", 800.0), unit, board("panel", "PDU", 400.0, 208.0))
    assert found["panel"].upper == "PDU"
    assert found["panel"].ratio == pytest.approx(2.0)


def test_inverter_opens_small_breakers_and_not_the_large_one():
    """3 x 1 MVA at 415 V give 4174 A: ten times 400 A, and not ten times 1600 A."""
    found = pairs(GRID, board("main", "grid", 4000.0), UPS, board("out", "UPS", 1600.0),
                  whip("whip", "out", 400.0))  # fmt: skip
    assert found["out"].upper == "main"
    assert found["out"].ups == "UPS"
    assert found["out"].between
    assert found["out"].inverter == pytest.approx(3e6 / (ROOT3 * V))
    assert found["out"].holds
    assert found["out"].trips is False
    assert found["whip"].ups == "UPS"
    assert not found["whip"].between
    assert found["whip"].trips is True
    assert found["whip"].holds
    lower = pairs(GRID, board("main", "grid", 4000.0), UPS, whip("whip", "UPS", 420.0))["whip"]
    assert lower.between
    assert lower.trips is False


def test_an_inverter_of_unknown_current_gives_no_answer():
    nodes = GRID, board("main", "grid", 4000.0), replace(UPS, fault_current=0.0)
    assert pairs(*nodes, whip("whip", "UPS", 100.0))["whip"].trips is None


def test_inverter_current_is_referred_across_a_transformer():
    unit = Transformer(name="PDU", fed_by=("UPS",), voltage=208.0, rating=300e3, impedance=0.04,
                       no_load_loss=0.0, load_loss=3e3)  # fmt: skip
    found = pairs(GRID, board("main", "grid", 4000.0), UPS, unit, whip("whip", "PDU", 800.0, 208.0))
    assert found["whip"].inverter == pytest.approx(3e6 / (ROOT3 * 208.0))
    assert found["whip"].trips is True


def test_a_device_that_feeds_nothing_else_is_marked():
    """Of two in series either may open: no more is lost."""
    nodes = GRID, board("main", "grid", 800.0), whip("whip", "main", 800.0)
    assert pairs(*nodes)["whip"].alone
    assert not pairs(*nodes[:2], whip("other", "main", 100.0), nodes[2])["whip"].alone


def test_a_load_beside_the_lower_device_counts():
    nodes = [GRID, board("main", "grid", 800.0), whip("whip", "main", 800.0)]
    loads = [Load(name="rack", feeds=("whip",)), Load(name="pump", feeds=("main",))]
    found = {pair.lower: pair for pair in selectivity(build(nodes, loads))}
    assert not found["whip"].alone


def test_a_rectifier_ends_the_way():
    rectifier = Rectifier(name="DC", fed_by=("main",), voltage=800.0, rating=1e6,
                          loss_coefficients=(0.01, 0.01, 0.0))  # fmt: skip
    bus = Board(name="bus", fed_by=("DC",), voltage=800.0, rating=800e3, direct=True)
    tap = Board(name="tap", fed_by=("bus",), voltage=800.0, rating=80e3, direct=True)
    found = pairs(GRID, board("main", "grid", 4000.0), rectifier, bus, tap)
    assert set(found) == {"tap"}
    assert found["tap"].ratio == pytest.approx(10.0)
    assert found["tap"].lower_rating == pytest.approx(100.0)
