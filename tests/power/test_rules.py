"""Rules beyond loading: phases, swings and peaks, the meter, voltage windows, direct current."""

import math

import numpy as np
import pytest

from geometry.errors import InputError
from power import Board, Line, Load, Rectifier, Transformer, Ups, Utility, build, checks, solve
from power.gathered import peaks, swings
from power.rules import neutral

V = 415.0
GRID = Utility(name="grid", voltage=V)


def check_of(model, state, rule, node):
    return next(c for c in checks(model, state) if (c.rule, c.node) == (rule, node))


def panel(**of_load):
    """Four-wire panel behind a line, a load of 60 kW on each phase named."""
    line = Line(name="line", fed_by=("grid",), voltage=V, rating=500e3, length=1.0,
                resistance=0.002, reactance=0.001)  # fmt: skip
    loads = [
        Load(name=f"unit {phase}", feeds=("line",), phases=phase, power_factor=1.0, **of_load)
        for phase in ("a", "b")
    ]
    return build([GRID, line], loads)


def test_single_phase_loads_put_all_current_on_their_phase():
    model = panel()
    state = solve(model, [60e3, 0.0])
    ln = V / math.sqrt(3)
    size = np.abs(state.current[1])
    # V_r from V_r^2 - V_s V_r + (R P) - ... : one loop of the line's phase impedance, 2 mohm
    assert size[0] == pytest.approx(60e3 / ln, rel=0.01)
    assert size[1] == pytest.approx(0.0, abs=1e-3)
    assert state.load[1] == pytest.approx(3 * ln * size[0], rel=1e-9)
    assert neutral(model, state)[1] == pytest.approx(size[0], rel=1e-3)
    assert not check_of(model, state, "phase unbalance", "line").holds


def test_current_of_one_phase_comes_back_through_a_neutral_as_large_as_it():
    # 60 kW at 240 V over 2 (2 + j1) mohm: R P / V_ln^2 of it, out and back.
    model = panel()
    state = solve(model, [60e3, 0.0])
    ln = V / math.sqrt(3)
    drop = 2 * 0.002 * 60e3 / ln**2
    assert state.own_drop[1] == pytest.approx(drop, rel=0.02)
    current = np.abs(state.current[1, 0])
    assert state.losses[1] == pytest.approx(2 * 0.002 * current**2, rel=1e-3)


def test_two_equal_phases_leave_the_third_part_in_the_neutral():
    # |I (1 + a^2)| = I
    model = panel()
    state = solve(model, [60e3, 60e3])
    assert neutral(model, state)[1] == pytest.approx(np.abs(state.current[1]).max(), rel=0.02)


def test_third_harmonics_add_up_in_the_neutral():
    model = panel(third=0.3)
    state = solve(model, [60e3, 60e3])
    fundamental = abs(state.current[1].sum())
    thirds = 0.3 * 2 * 60e3 / (V / math.sqrt(3))
    assert neutral(model, state)[1] == pytest.approx(math.hypot(fundamental, thirds), rel=1e-9)


def test_load_between_two_phases_takes_its_power_and_no_neutral():
    line = Board(name="board", fed_by=("grid",), voltage=V, rating=500e3)
    model = build([GRID, line], [Load(name="x", feeds=("board",), phases="ab", power_factor=1.0)])
    state = solve(model, [60e3])
    assert state.power[1] == pytest.approx(60e3, rel=1e-6)
    np.testing.assert_allclose(np.abs(state.current[1]), [60e3 / V, 60e3 / V, 0.0], atol=0.01)
    assert neutral(model, state)[1] == pytest.approx(0.0, abs=0.01)


def test_load_between_two_phases_far_apart_is_within_what_is_said_of_it():
    """50 kW on ab beside 100 kW on a; the exact load follows the voltage between its phases."""
    line = Line(name="l", fed_by=("grid",), voltage=V, rating=5e5, length=1.0, resistance=6e-3,
                reactance=5e-3, zero_resistance=18e-3, zero_reactance=13e-3)  # fmt: skip
    between = Load(name="x", feeds=("l",), phases="ab", power_factor=1.0)
    single = Load(name="y", feeds=("l",), phases="a", power_factor=1.0)
    state = solve(build([GRID, line], [between, single]), [50e3, 100e3])
    positive, zero = 6e-3 + 5e-3j, 18e-3 + 13e-3j
    Z = np.full((3, 3), (zero - positive) / 3) + np.eye(3) * positive
    E = V / math.sqrt(3) * np.exp(-2j * np.pi / 3 * np.arange(3))
    volts = E
    for _ in range(50):
        across = np.conj(50e3 / (volts[0] - volts[1]))
        current = np.array([across + np.conj(100e3 / volts[0]), -across, 0.0])
        volts = E - Z @ current
    found = np.abs(state.current[1])
    np.testing.assert_allclose(found[:2], np.abs(current[:2]), rtol=0.016)
    assert abs(found[1] / abs(current[1]) - 1.0) > 0.01  # it is no better


def test_balanced_loads_are_the_same_phase_by_phase():
    loads = [Load(name=f"l{p}", feeds=("b",), phases=p) for p in "abc"]
    nodes = [GRID, Board(name="b", fed_by=("grid",), voltage=V, rating=500e3)]
    by_phase = solve(build(nodes, loads), [20e3] * 3)
    together = solve(build(nodes, [Load(name="all", feeds=("b",))]), [60e3])
    np.testing.assert_allclose(by_phase.load, together.load, rtol=1e-6)


def test_phases_that_are_not_there_are_refused_by_name():
    with pytest.raises(InputError, match=r"shelf.*no phases 'ad'"):
        build([GRID], [Load(name="shelf", feeds=("grid",), phases="ad")])


def behind_ups(power, **changes):
    """Racks of 100 kW mean on a UPS of 1 MVA that bears 150 % for a minute."""
    ups = Ups(name="ups", fed_by=("grid",), voltage=V, rating=1e6, loss_coefficients=(0.0,) * 3,
              overload=((1.1, 3600.0), (1.5, 60.0)))  # fmt: skip
    loads = [Load(name=f"r{n}", feeds=("ups",), power_factor=1.0, **changes) for n in range(8)]
    model = build([Utility(name="grid", voltage=V, ramp_limit=2e6), ups], loads)
    return model, solve(model, [power] * 8)


def test_voltage_above_the_window_is_found():
    nodes = [
        Utility(name="grid", voltage=13.8e3),
        Transformer(name="T", fed_by=("grid",), voltage=V, rating=1e6, impedance=0.06, tap=0.1,
                    no_load_loss=1e3, load_loss=9e3),
    ]  # fmt: skip
    shelf = Load(name="shelf", feeds=("T",), window=(380.0, 440.0))
    model = build(nodes, [shelf])
    assert not check_of(model, solve(model, [1e3]), "highest voltage", "shelf").holds  # 456 V


@pytest.mark.parametrize(("peak", "time", "holds"), [(1.8, 0.05, True), (1.9, 0.05, False),
                                                     (1.8, 120.0, False)])  # fmt: skip
def test_peak_is_held_against_the_overload_table_for_its_time(peak, time, holds):
    model, state = behind_ups(100e3, peak=peak, peak_time=time)
    found = check_of(model, state, "peak power", "ups")
    assert found.value == pytest.approx(8 * 100e3 * peak, rel=1e-6)
    assert peaks(model, state)[0] == pytest.approx(8 * 100e3 * peak, rel=1e-5)
    assert found.holds is holds


def test_swing_heats_by_its_mean_square_and_ramps_the_grid():
    model, state = behind_ups(120e3, swing=0.4, swing_frequency=0.5)
    assert swings(model, state)[0] == pytest.approx(0.4 * 960e3)
    heat = check_of(model, state, "heating by the swing", "ups")
    assert heat.value == pytest.approx(960e3 * math.sqrt(1 + 0.4**2 / 2), rel=1e-5)
    assert check_of(model, state, "loading", "ups").holds
    assert heat.holds
    ramp = check_of(model, state, "ramp", "grid")
    assert ramp.value == pytest.approx(2 * math.pi * 0.5 * 0.4 * 960e3, rel=1e-6)
    assert ramp.holds
    model, state = behind_ups(120e3, swing=0.4, swing_frequency=1.0)
    assert not check_of(model, state, "ramp", "grid").holds


def test_power_factor_at_the_meter_is_held_against_the_contract():
    grid = Utility(name="grid", voltage=V, power_factor_min=0.95)
    model = build([grid], [Load(name="pump", feeds=("grid",), power_factor=0.9)])
    found = check_of(model, solve(model, [10e3]), "power factor", "grid")
    assert found.value == pytest.approx(0.9, rel=1e-6)
    assert not found.holds
    assert found.margin == pytest.approx(-0.05 / 0.95, rel=1e-3)


def test_voltage_at_a_shelf_is_held_against_its_window():
    line = Line(name="far", fed_by=("grid",), voltage=V, rating=500e3, length=100.0,
                resistance=1e-3, reactance=0.0)  # fmt: skip
    shelf = Load(name="shelf", feeds=("far",), window=(400.0, 480.0), power_factor=1.0)
    model = build([GRID, line], [shelf])
    assert check_of(model, solve(model, [20e3]), "lowest voltage", "shelf").holds  # 410 V
    assert not check_of(model, solve(model, [80e3]), "lowest voltage", "shelf").holds  # 395 V
    with pytest.raises(InputError, match="works at 440 to 480 V"):
        build([GRID], [Load(name="shelf", feeds=("grid",), window=(440.0, 480.0))])


def test_direct_current_loses_and_drops_by_the_resistance_of_both_poles():
    """100 kW at 800 V over 20 mohm: V_r = 400 + sqrt(400^2 - 0.02 P)."""
    nodes = [
        GRID,
        Rectifier(name="rectifier", fed_by=("grid",), voltage=800.0, rating=200e3,
                  loss_coefficients=(0.0, 0.02, 0.0)),
        Line(name="cable", fed_by=("rectifier",), voltage=800.0, direct=True, rating=200e3,
             length=10.0, resistance=2e-3, reactance=0.0),
    ]  # fmt: skip
    model = build(nodes, [Load(name="rack", feeds=("cable",), power_factor=0.9)])
    state = solve(model, [100e3])
    arrives = 400 + math.sqrt(400**2 - 0.02 * 100e3)
    lost = 0.02 * (100e3 / arrives) ** 2
    assert state.voltage[2] == pytest.approx(arrives, rel=1e-9)
    assert state.losses[2] == pytest.approx(lost, rel=1e-6)
    assert state.losses[1] == pytest.approx(0.02 * (100e3 + lost), rel=1e-6)
    assert state.power[0] == pytest.approx(1.02 * (100e3 + lost), rel=1e-6)
    assert state.load[2] == pytest.approx(800.0 * 100e3 / arrives, rel=1e-9)
    assert np.abs(state.current[2]).max() == pytest.approx(100e3 / arrives, rel=1e-9)
    assert nodes[2].full_load == 250.0


def test_alternating_current_does_not_hang_on_direct_current():
    nodes = [
        GRID,
        Rectifier(name="rectifier", fed_by=("grid",), voltage=800.0, rating=200e3,
                  loss_coefficients=(0.0,) * 3),
        Board(name="board", fed_by=("rectifier",), voltage=800.0, rating=100e3),
    ]  # fmt: skip
    with pytest.raises(InputError, match=r"board.*alternating current on a feed of direct"):
        build(nodes, [Load(name="rack", feeds=("board",))])
