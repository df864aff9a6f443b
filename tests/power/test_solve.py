from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geometry.errors import InputError
from power import (
    Board,
    Line,
    Load,
    TransferSwitch,
    Transformer,
    Ups,
    Utility,
    build,
    checks,
    headroom,
    solve,
)
from power.capacity import capacity

rack_powers = st.lists(st.floats(0.0, 120e3), min_size=6, max_size=6)
few = settings(max_examples=15, deadline=None)


def side(model, letter):
    return [i for i, node in enumerate(model.nodes) if node.name.endswith(letter)]


@few
@given(rack_powers, st.sampled_from([(), ("UPS A",), ("grid B",), ("bus 1 A", "whip 0.1 B")]))
def test_utility_input_is_loads_plus_losses(model, powers, lost):
    """From 40 kW a rack: the ideal links of the library round off at some 0.15 W of 1 MW."""
    powers = [40e3 + power for power in powers]
    state = solve(model, powers, frozenset(lost))
    assert state.balance_error < 1e-6
    assert (state.losses >= 0).all()


@few
@given(rack_powers)
def test_symmetric_chains_carry_the_same(model, powers):
    state = solve(model, powers)
    for field in fields(state):
        value = getattr(state, field.name)
        if field.name == "fed_from" or np.shape(value) != (len(model.nodes),):
            continue
        np.testing.assert_allclose(value[side(model, "A")], value[side(model, "B")], rtol=1e-6)


def test_swapping_the_feeds_swaps_the_results(hall):
    shares = (0.7, 0.3)
    one, other = hall(shares=shares), hall(shares=shares[::-1])
    powers = [30e3, 50e3, 70e3, 90e3, 20e3, 10e3]
    first, second = solve(one, powers), solve(other, powers)
    a, b = side(one, "A"), side(one, "B")
    assert first.load[a].sum() > 1.5 * first.load[b].sum()
    np.testing.assert_allclose(first.load[a], second.load[b], rtol=1e-6)
    np.testing.assert_allclose(
        headroom(one, first).path[b], headroom(other, second).path[a], rtol=1e-6
    )


@few
@given(rack_powers, st.integers(0, 5), st.floats(1e3, 60e3))
def test_adding_load_never_raises_headroom(model, powers, rack, extra):
    before = solve(model, powers)
    powers[rack] += extra
    after = solve(model, powers)
    room, was = headroom(model, after), headroom(model, before)
    assert (room.path <= was.path + 1.0).all()
    assert (room.own <= was.own + 1.0).all()


@few
@given(
    rack_powers,
    st.sampled_from([f"{name} A" for name in ("grid", "TX", "UPS", "bus 1", "whip 0.2")]),
)
def test_losing_a_node_never_raises_the_headroom_of_the_other_side(model, powers, lost):
    normal, failed = solve(model, powers), solve(model, powers, frozenset({lost}))
    other = side(model, "B")
    room, was = headroom(model, failed).path, headroom(model, normal).path
    assert (room[other] <= was[other] + 1.0).all()


def test_own_headroom_bounds_the_headroom_of_the_path(model):
    state = solve(model, [100e3] * 6)
    room = headroom(model, state)
    assert (room.path <= room.own + 1e-3).all()


@pytest.mark.parametrize("demand", [300e3, 1.2e6, 5e6])
@pytest.mark.parametrize("name", ["whip 0.0 A", "bus 0 A", "out A", "main A", "TX A", "grid A"])
def test_load_of_the_size_of_the_headroom_brings_the_binding_node_to_its_limit(chain, name, demand):
    """Independent answer: a second load flow with the extra load in place."""
    nodes = chain("A", 2, 3)
    nodes[0] = replace(nodes[0], demand_limit=demand, rating=3e6)
    racks = [Load(name=f"r{j}", feeds=(f"whip 0.{j} A",)) for j in range(3)]
    model = build(nodes, [*racks, Load(name="extra", feeds=(name,))])
    start = solve(model, [80e3] * 3 + [0.0])
    place = model.index[name]
    found, limits = headroom(model, start), capacity(model, start)
    room, binding = found.path[place], found.binding[place]
    end = solve(model, [80e3] * 3 + [room])
    use = max(
        end.load[binding] / limits.apparent[binding],
        end.power[binding] / limits.real[binding],
    )
    assert use == pytest.approx(1.0, abs=1e-3)
    assert room > 0


def test_headroom_holds_where_the_voltage_drops_by_a_tenth():
    """A transformer that binds behind it: 120 m of line that lose more as the voltage falls."""
    nodes = [
        Utility(name="grid", voltage=13.8e3, short_circuit_power=100e6),
        Transformer(name="TX", fed_by=("grid",), voltage=415.0, rating=1e6, impedance=0.08,
                    no_load_loss=1e3, load_loss=9e3),
        Line(name="bus", fed_by=("TX",), voltage=415.0, rating=2e6, length=120.0,
             resistance=0.1e-3, reactance=0.08e-3, continuous_factor=1.0),
    ]  # fmt: skip
    model = build(nodes, [Load(name="rack", feeds=("bus",), power_factor=0.95)])
    room = headroom(model, solve(model, [50e3])).path[2]
    end = solve(model, [50e3 + room])
    assert 0.1 < end.voltage_drop[2] < 0.2
    assert end.loading[1] == pytest.approx(1.0, abs=5e-3)


def test_headroom_is_negative_by_what_must_be_shed():
    """A 100 kVA board at unity power factor with 112 kW has 80 kW for continuous load."""
    nodes = [
        Utility(name="grid", voltage=415.0),
        Board(name="panel", fed_by=("grid",), voltage=415.0, rating=100e3),
    ]
    model = build(nodes, [Load(name="rack", feeds=("panel",), power_factor=1.0)])
    state = solve(model, [112e3])
    assert headroom(model, state).path[1] == pytest.approx(-32e3, rel=1e-5)
    assert state.loading[1] == pytest.approx(1.12, rel=1e-6)
    assert np.isinf(headroom(model, state).own[0])


def test_contracted_demand_ends_the_headroom_of_everything_below():
    nodes = [
        Utility(name="grid", voltage=415.0, demand_limit=60e3),
        Board(name="panel", fed_by=("grid",), voltage=415.0, rating=100e3),
    ]
    model = build(nodes, [Load(name="rack", feeds=("panel",), power_factor=1.0)])
    state = solve(model, [50e3])
    assert headroom(model, state).path[1] == pytest.approx(10e3, rel=1e-5)
    assert headroom(model, state).own[1] == pytest.approx(30e3, rel=1e-5)
    assert model.nodes[headroom(model, state).binding[1]].name == "grid"
    broken = solve(model, [61e3])
    assert not next(c for c in checks(model, broken) if c.rule == "contracted demand").holds


def test_dead_feed_moves_its_share_and_a_rack_without_feeds_is_unserved(model):
    powers = [60e3] * 6
    one = solve(model, powers, frozenset({"whip 0.0 A"}))
    np.testing.assert_allclose(one.feed_power[0], [0.0, 60e3])
    assert one.unserved.sum() == 0
    none = solve(model, powers, frozenset({"bus 0 A", "bus 0 B"}))
    np.testing.assert_allclose(none.unserved, [60e3] * 3 + [0.0] * 3)
    broken = [c for c in checks(model, none) if c.rule == "unserved power" and not c.holds]
    assert [c.node for c in broken] == ["rack 0.0", "rack 0.1", "rack 0.2"]
    dead = model.index["whip 0.1 A"]
    assert none.voltage[dead] == none.load[dead] == headroom(model, none).path[dead] == 0


def test_waiting_feed_takes_over_only_when_the_other_is_dead(hall):
    model = hall(shares=(1.0, 0.0))
    normal = solve(model, [60e3] * 6)
    assert normal.feed_power[:, 1].sum() == 0
    failed = solve(model, [60e3] * 6, frozenset({"UPS A"}))
    np.testing.assert_allclose(failed.feed_power[:, 1], 60e3)


def test_transfer_switch_takes_the_second_feed_when_the_first_dies():
    nodes = [
        Utility(name="grid", voltage=415.0),
        Utility(name="generator", voltage=415.0),
        TransferSwitch(name="ats", fed_by=("grid", "generator"), voltage=415.0, rating=200e3),
    ]
    model = build(nodes, [Load(name="rack", feeds=("ats",))])
    normal = solve(model, [50e3])
    failed = solve(model, [50e3], frozenset({"grid"}))
    np.testing.assert_allclose(normal.power, [50e3, 0.0, 50e3], rtol=1e-5)
    np.testing.assert_allclose(failed.power, [0.0, 50e3, 50e3], rtol=1e-5)


def test_two_ups_in_series_both_pay_their_losses():
    """a = (0.01, 0, 0) of 100 kW: each takes 1 kW, whatever the load."""
    nodes = [Utility(name="grid", voltage=415.0)]
    for name, feed in (("first", "grid"), ("second", "first")):
        nodes.append(Ups(name=name, fed_by=(feed,), voltage=415.0, rating=100e3,
                         loss_coefficients=(0.01, 0.0, 0.0)))  # fmt: skip
    state = solve(build(nodes, [Load(name="rack", feeds=("second",))]), [50e3])
    np.testing.assert_allclose(state.power, [52e3, 51e3, 50e3], rtol=1e-6)
    assert state.balance_error < 1e-6


@pytest.mark.parametrize(
    ("secondary", "phases"),
    [
        (4160.0, [(1918.0, -9.1), (2061.0, -128.3), (1981.0, 110.9)]),
        (24900.0, [(13631.0, -3.5), (13682.0, -123.5), (13661.0, 116.5)]),
    ],
)
def test_ieee_4_node_feeder_in_positive_sequence(chain, secondary, phases):
    """IEEE PES 4-node feeder, YY, balanced load, node 4; the published case has untransposed lines.

    Its positive-sequence voltage is compared; coupling to the other sequences is left out here.
    """
    ohm_per_mile = complex(0.4619 - 0.1558, 1.06377 - 0.43673)  # mean self minus mean mutual
    nodes = chain("A", 0, 0)[:2]
    grid = Utility(name="grid", voltage=12470.0)
    r, x = ohm_per_mile.real / 1609.344, ohm_per_mile.imag / 1609.344

    def line(name, feed, voltage, feet):
        return Line(name=name, fed_by=(feed,), voltage=voltage, rating=8e6, length=0.3048 * feet,
                    resistance=r, reactance=x, kind="cable")  # fmt: skip

    transformer = type(nodes[1])(
        name="3", fed_by=("2",), voltage=secondary, rating=6e6, impedance=np.hypot(0.01, 0.06),
        no_load_loss=0.0, load_loss=60e3,
    )  # fmt: skip
    chain_ = [grid, line("2", "grid", 12470.0, 2000.0), transformer,
              line("4", "3", secondary, 2500.0)]  # fmt: skip
    model = build(chain_, [Load(name="load", feeds=("4",), power_factor=0.9)])
    state = solve(model, [5.4e6])
    turn = np.exp(2j * np.pi / 3) ** np.arange(3)
    published = sum(
        v * np.exp(1j * np.radians(angle)) * t for (v, angle), t in zip(phases, turn, strict=True)
    )
    expected = abs(published) / 3 * np.sqrt(3)
    assert state.voltage[model.index["4"]] == pytest.approx(expected, rel=2e-3)


def test_load_beyond_what_the_line_can_carry_is_not_converged():
    """500 m of thin cable at 415 V: no voltage at which 2 MW arrives."""
    nodes = [
        Utility(name="grid", voltage=415.0),
        Line(name="thin", fed_by=("grid",), voltage=415.0, rating=50e3, length=500.0,
             resistance=1e-3, reactance=1e-4),
    ]  # fmt: skip
    model = build(nodes, [Load(name="rack", feeds=("thin",))])
    state = solve(model, [2e6])
    assert not state.converged
    assert np.isnan(state.voltage).all()
    assert not any(c.holds for c in checks(model, state) if c.rule == "loading")


def test_drop_adds_up_along_the_lines_and_starts_anew_at_a_ups():
    """1 % per line of 41.5 A and 57.7 mohm: sqrt(3) R I / V."""
    nodes = [Utility(name="grid", voltage=415.0)]
    for name, feed in (("one", "grid"), ("two", "one"), ("three", "ups")):
        nodes.append(Line(name=name, fed_by=(feed,), voltage=415.0, rating=60e3, length=1.0,
                          resistance=0.01 * 415**2 / 30e3, reactance=0.0))  # fmt: skip
    nodes.append(Ups(name="ups", fed_by=("two",), voltage=415.0, rating=60e3,
                     loss_coefficients=(0.0, 0.0, 0.0), input_power_factor=1.0))  # fmt: skip
    state = solve(build(nodes, [Load(name="rack", feeds=("three",), power_factor=1.0)]), [30e3])
    np.testing.assert_allclose(state.own_drop[1:4], 0.01, rtol=0.05)
    np.testing.assert_allclose(state.feeder_drop, [0, 0.01, 0.02, 0.01, 0], rtol=0.05, atol=1e-6)
    np.testing.assert_allclose(state.voltage_drop, state.feeder_drop, atol=1e-6)


def test_voltage_drop_beyond_3_percent_is_reported_and_informational():
    nodes = [
        Utility(name="grid", voltage=415.0),
        Line(name="far", fed_by=("grid",), voltage=415.0, rating=60e3, length=100.0,
             resistance=2.3e-3, reactance=0.0, kind="whip"),
    ]  # fmt: skip
    model = build(nodes, [Load(name="rack", feeds=("far",), power_factor=1.0)])
    state = solve(model, [30e3])  # 30e3 * 0.23 / 415^2 = 4.0 %
    broken = [check for check in checks(model, state) if not check.holds]
    assert [(check.node, check.rule, check.limit) for check in broken] == [
        ("far", "voltage drop", 0.03)
    ]
    assert broken[0].informational
    assert broken[0].value == pytest.approx(0.042, abs=0.001)


def test_ups_is_checked_in_kva_and_in_kw():
    """Power factor 0.95: 96 kW are 101 kVA, beyond 90 kW and within 110 kVA."""
    nodes = [
        Utility(name="grid", voltage=415.0),
        Ups(name="ups", fed_by=("grid",), voltage=415.0, rating=110e3, real_rating=90e3,
            loss_coefficients=(0.006, 0.012, 0.013)),
    ]  # fmt: skip
    model = build(nodes, [Load(name="rack", feeds=("ups",), power_factor=0.95)])
    state = solve(model, [96e3])
    holds = {check.rule: check.holds for check in checks(model, state) if check.node == "ups"}
    assert holds == {"loading": True, "real power": False}
    assert headroom(model, state).path[1] == pytest.approx(-6e3, abs=1.0)


def test_wrong_powers_and_unknown_dead_nodes_are_refused(model):
    with pytest.raises(InputError, match=r"rack 0.1: power must be 0 W or more, got -5"):
        solve(model, [1.0, -5.0, 1.0, 1.0, 1.0, 1.0])
    with pytest.raises(InputError, match="did you mean 'UPS A'"):
        solve(model, [1.0] * 6, frozenset({"UPSA"}))
    with pytest.raises(InputError, match="6 loads"):
        solve(model, [1.0] * 5)
