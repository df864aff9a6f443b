"""Worked examples whose answers were computed by formula and by two other load-flow programs."""

import math

import pytest

from power import (
    Board,
    Line,
    Load,
    Transformer,
    Ups,
    Utility,
    build,
    checks,
    headroom,
    solve,
)
from power.components import converter_loss, transformer_loss

LOSS = (0.006, 0.012, 0.013)


def utility(name="grid", voltage=415.0, **numbers):
    return Utility(name=name, voltage=voltage, **numbers)


def node(model, state, name):
    """Everything the state says of one node."""
    return {
        field: getattr(state, field)[model.index[name]]
        for field in ("load", "loading", "power", "voltage", "losses", "own_drop")
    }


def test_feeder_drop_and_loss_follow_the_exact_quartic_of_a_constant_power_load():
    """80 m at 0.16 + j0.085 mohm/m, 113.2 kW at pf 0.98 (power-grid-model and pandapower agree)."""
    whip = Line(
        name="whip", fed_by=("grid",), voltage=415.0, rating=143.8e3, length=80.0,
        resistance=0.16e-3, reactance=0.085e-3, kind="whip",
    )  # fmt: skip
    load = Load(name="rack", feeds=("whip",), power_factor=0.98)
    model = build([utility(), whip], [load])
    state = solve(model, [113.2e3])
    found = node(model, state, "whip")
    assert found["voltage"] == pytest.approx(411.093519, rel=1e-6)
    assert found["own_drop"] == pytest.approx(0.00941320819, rel=1e-5)
    assert found["load"] / (math.sqrt(3) * 415) == pytest.approx(162.22549, rel=1e-6)
    assert found["losses"] == pytest.approx(1010.57701, rel=1e-5)


def distribution_transformer(**numbers):
    return Transformer(
        name="TX", fed_by=("grid",), voltage=415.0, rating=2.5e6, impedance=0.06,
        no_load_loss=1575.0, load_loss=18500.0, no_load_current=0.003, **numbers,
    )  # fmt: skip


def test_transformer_loss_formula_gives_the_hand_computed_efficiency():
    unit = distribution_transformer()
    loss = transformer_loss(unit, 1800e3 / 0.99)
    assert loss == pytest.approx(11360.124, rel=1e-6)
    assert 1800e3 / (1800e3 + loss) == pytest.approx(0.993728401, rel=1e-6)


def test_transformer_is_most_efficient_where_load_loss_equals_no_load_loss():
    unit = distribution_transformer()
    best = max(range(1, 1000), key=lambda x: x / (x + transformer_loss(unit, x * 2500.0) / 2500))
    assert best / 1000 == pytest.approx(0.291779258, abs=1e-3)


def test_transformer_load_flow_agrees_with_two_other_programs():
    """Pi model, half of the magnetising branch at each terminal; loss grows as the voltage sags."""
    load = Load(name="hall", feeds=("TX",), power_factor=0.99)
    model = build([utility(voltage=13.8e3), distribution_transformer()], [load])
    state = solve(model, [1800e3])
    found = node(model, state, "TX")
    assert found["voltage"] / 415 == pytest.approx(0.987418934, rel=1e-6)
    assert found["losses"] == pytest.approx(11605.3729, rel=1e-4)


def test_2n_ups_carry_half_each_and_all_of_it_on_the_survivor():
    """Ten racks of 227 kW DC at 97.5 %, two 2.5 MW systems."""
    nodes = [utility()]
    for side in "AB":
        nodes.append(
            Ups(name=side, fed_by=("grid",), voltage=415.0, rating=2.5e6, loss_coefficients=LOSS)
        )
    loads = [Load(name=f"r{i}", feeds=("A", "B"), power_factor=1.0) for i in range(10)]
    model = build(nodes, loads)
    racks = [227e3 / 0.975] * 10
    both, one = solve(model, racks), solve(model, racks, frozenset({"A"}))
    for side in "AB":
        assert node(model, both, side)["loading"] == pytest.approx(0.465641026, rel=1e-6)
        assert node(model, both, side)["losses"] == pytest.approx(36015.9316, rel=1e-6)
    assert node(model, one, "B")["loading"] == pytest.approx(0.931282051, rel=1e-6)
    assert node(model, one, "B")["losses"] == pytest.approx(71125.265, rel=1e-6)
    assert node(model, one, "A")["load"] == 0.0
    assert one.utility_power == pytest.approx(2328205.13 + 71125.265, rel=1e-6)


@pytest.mark.parametrize(
    ("lost", "expected"),
    [
        ((), {"A": 850e3, "B": 950e3, "C": 900e3}),
        (("A",), {"A": 0.0, "B": 1400e3, "C": 1300e3}),
        (("B",), {"A": 1300e3, "B": 0.0, "C": 1400e3}),
        (("C",), {"A": 1250e3, "B": 1450e3, "C": 0.0}),
    ],
)
def test_distributed_redundant_groups_move_to_their_other_system(lost, expected):
    """3N/2: groups AB 900 kW, BC 1000 kW, CA 800 kW on three systems of 1.5 MW."""
    nodes = [utility()]
    for name in "ABC":
        nodes.append(
            Ups(name=name, fed_by=("grid",), voltage=415.0, rating=1.5e6, loss_coefficients=LOSS)
        )
    loads = [Load(name=pair, feeds=tuple(pair), power_factor=1.0) for pair in ("AB", "BC", "CA")]
    model = build(nodes, loads)
    state = solve(model, [900e3, 1000e3, 800e3], frozenset(lost))
    for name, power in expected.items():
        assert node(model, state, name)["power"] == pytest.approx(power, rel=1e-6)
        assert node(model, state, name)["loading"] <= 1.0


@pytest.mark.parametrize(
    ("voltage", "amperes", "holds"),
    [(400.0, 82.2436281, False), (415.0, 79.2709668, True), (480.0, 68.5363567, True)],
)
def test_standard_breaker_of_a_shelf_whip_carries_80_percent(voltage, amperes, holds):
    """110 kW shelf at 97.5 % and pf 0.99 over two 100 A whips."""
    rating = math.sqrt(3) * voltage * 100.0
    whips = [
        Board(name=name, fed_by=("grid",), voltage=voltage, rating=rating, kind="board")
        for name in ("whip 1", "whip 2")
    ]
    shelf = Load(name="shelf", feeds=("whip 1", "whip 2"), power_factor=0.99)
    model = build([utility(voltage=voltage), *whips], [shelf])
    state = solve(model, [110e3 / 0.975])
    found = next(c for c in checks(model, state) if c.node == "whip 1" and c.rule == "loading")
    assert found.value / (math.sqrt(3) * voltage) == pytest.approx(amperes, rel=1e-6)
    assert found.limit / (math.sqrt(3) * voltage) == pytest.approx(80.0, rel=1e-12)
    assert found.holds is holds
    assert "NEC" in found.source
    assert (headroom(model, state).path[model.index["whip 1"]] >= 0) == holds


def test_ups_efficiency_curve_peaks_near_three_quarters_load():
    ups = Ups(name="U", fed_by=("g",), voltage=415.0, rating=1e6, loss_coefficients=LOSS)
    efficiency = [p / (p + converter_loss(ups, p)) for p in (100e3, 250e3, 500e3, 750e3, 1e6)]
    assert efficiency == pytest.approx([0.932, 0.962, 0.970, 0.971, 0.970], abs=6e-4)
