import numpy as np
import pytest

from geometry.errors import InputError
from power import Board, Line, Load, Transformer, Ups, Utility, build
from power.components import series_impedance, tangent, transformer_loss

GRID = Utility(name="grid", voltage=415.0)


def board(name, *fed_by, voltage=415.0, rating=100e3, **numbers):
    return Board(name=name, fed_by=fed_by, voltage=voltage, rating=rating, **numbers)


def transformer(**numbers):
    given = {"impedance": 0.06, "no_load_loss": 1575.0, "load_loss": 18500.0, **numbers}
    return Transformer(name="TX", fed_by=("grid",), voltage=415.0, rating=2.5e6, **given)


def messages(nodes, loads):
    with pytest.raises(InputError) as caught:
        build(nodes, loads)
    return [str(finding) for finding in caught.value.findings]


def test_all_mistakes_are_named_at_once():
    nodes = [
        GRID,
        board("panel A", "gird"),
        board("panel B"),
        board("panel C", "grid", voltage=480.0),
        board("panel D", "grid", rating=0.0),
        board("twin", "grid"),
        board("twin", "grid"),
        board("egg", "hen"),
        board("hen", "egg"),
        board("chick", "egg"),
    ]
    loads = [
        Load(name="rack 1", feeds=("panel E",)),
        Load(name="rack 2", feeds=()),
        Load(name="rack 3", feeds=("grid",), power_factor=0.0),
        Load(name="rack 4", feeds=("grid", "panel A"), shares=(1.0,)),
    ]
    found = messages(nodes, loads)
    wanted = [
        "panel A: is fed by 'gird', which does not exist; did you mean 'grid'?",
        "panel B: is fed from nowhere; name at least one node that feeds it",
        "panel C: 480 V on a feed of 415 V (grid); "
        "put a transformer between them or correct one voltage",
        "panel D: a board needs a rating above 0 VA, got 0",
        "twin: 2 nodes have this name; give each its own",
        "egg: is fed by itself through hen",
        "hen: is fed by itself through egg",
        "rack 1: is fed by 'panel E', which does not exist; did you mean 'panel D'?",
        "rack 2: is fed from nowhere; name at least one node that feeds it",
        "rack 3: power factor must be above 0, up to 1, got 0",
        "rack 4: 1 shares for 2 feeds",
    ]
    assert sorted(found) == sorted(wanted)


@pytest.mark.parametrize(
    ("node", "message"),
    [
        (transformer(load_loss=-1.0), "load loss [W] must be 0 to"),
        (transformer(impedance=0.005), "impedance [pu] must be 0.0074 to 1, got 0.005"),
        (transformer(no_load_loss=float("nan")), "no-load loss [W] must be"),
        (board("P", "grid", continuous_factor=1.25), "continuous factor must be 0-1, got 1.25"),
        (board("P", "grid", voltage=-415.0), "voltage must be above 0 V, got -415"),
        (board("P", "grid", rating=float("inf")), "needs a rating above 0 VA"),
        (board("grid 2", "grid", "grid"), "names its feed grid 2 times"),
        (
            Line(name="L", fed_by=("grid",), voltage=415.0, rating=1e5, length=-1.0,
                 resistance=1e-3, reactance=0.0),
            "length [m] must be 0 to",
        ),
        (
            Ups(name="U", fed_by=("grid",), voltage=415.0, rating=1e5, real_rating=2e5,
                loss_coefficients=(0.006, 0.012, 0.013)),
            "real rating [W] must be 0 to 100000, got 200000",
        ),
        (Utility(name="G", voltage=415.0, fed_by=("grid",)), "a utility is fed by nothing"),
    ],
)  # fmt: skip
def test_numbers_out_of_range_are_refused(node, message):
    assert any(message in found for found in messages([GRID, node], []))


def test_a_chain_without_a_utility_is_refused():
    assert messages([], []) == ["power: there is no utility; name what feeds the chain"]


def test_transformer_may_change_the_voltage():
    grid = Utility(name="grid", voltage=13.8e3)
    model = build([grid, transformer()], [Load(name="hall", feeds=("TX",))])
    np.testing.assert_allclose(model.voltage, [13.8e3, 415.0])


def test_order_of_the_description_does_not_matter():
    nodes = [board("c", "b"), board("b", "a"), board("a", "grid"), GRID]
    model = build(nodes, [Load(name="rack", feeds=("c",))])
    assert [model.nodes[i].name for i in model.order] == ["grid", "a", "b", "c"]


def test_extra_load_has_the_lowest_power_factor_below_the_node():
    """tan(acos 0.8) = 0.75, tan(acos 0.6) = 4/3."""
    nodes = [GRID, board("a", "grid"), board("b", "grid"), board("idle", "grid")]
    loads = [
        Load(name="fan", feeds=("a",), power_factor=0.8),
        Load(name="rack", feeds=("a",), power_factor=1.0),
        Load(name="pump", feeds=("b",), power_factor=0.6),
    ]
    model = build(nodes, loads)
    np.testing.assert_allclose(model.worst_tangent, [4 / 3, 0.75, 4 / 3, 0.0])
    assert tangent(1.0) == 0.0


def test_impedance_of_transformer_and_grid_match_the_short_circuit_example():
    """IEC 60909 example, 500 MVA grid and 2.5 MVA at 5.75 %: milliohms at 415 V, c = 1 for 1.1."""
    unit = transformer(impedance=0.0575)
    assert series_impedance(unit) * 1e3 == pytest.approx(0.509786 + 3.92823441j, rel=1e-6)
    grid = Utility(name="grid", voltage=415.0, short_circuit_power=500e6)
    expected = (0.0377014616 + 0.377014616j) / 1.1
    # The example takes R = 0.1 X and Z = X, so it is 0.5 % above |Z| = U^2 / S.
    assert series_impedance(grid) * 1e3 == pytest.approx(expected, rel=6e-3)


@pytest.mark.parametrize(
    ("kva", "efficiency_pct"), [(150, 98.83), (500, 99.14), (750, 99.23), (1000, 99.28)]
)
def test_loss_model_meets_the_legal_minimum_efficiency_at_35_percent(kva, efficiency_pct):
    """10 CFR 431.196(a), dry type from 2016: losses that just meet it, split where 35 % is best."""
    rating = kva * 1e3
    total = 0.35 * rating * (100 / efficiency_pct - 1)
    unit = Transformer(
        name="TX", fed_by=("grid",), voltage=415.0, rating=rating, impedance=0.05,
        no_load_loss=total / 2, load_loss=total / 2 / 0.35**2,
    )  # fmt: skip
    efficiency = [100 / (1 + transformer_loss(unit, x * rating) / (x * rating))
                  for x in (0.25, 0.35, 0.5)]  # fmt: skip
    assert efficiency[1] == pytest.approx(efficiency_pct, abs=1e-9)
    assert max(efficiency) == efficiency[1]
