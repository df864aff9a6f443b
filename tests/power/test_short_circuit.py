import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geometry.errors import InputError
from power import (
    Battery,
    Board,
    Failure,
    Generator,
    Line,
    Load,
    Moment,
    Rectifier,
    Tie,
    TransferSwitch,
    Transformer,
    Ups,
    Utility,
    build,
    states_of,
)
from power.short_circuit import fault_checks, short_circuit
from power.states import energise

V, ROOT3 = 415.0, math.sqrt(3.0)
GRID = Utility(name="grid", voltage=13.8e3, short_circuit_power=500e6)
TX = Transformer(name="TX", fed_by=("grid",), voltage=V, rating=2.5e6, impedance=0.0575,
                 no_load_loss=1575.0, load_loss=18500.0)  # fmt: skip
MAIN = Board(name="main", fed_by=("TX",), voltage=V, rating=2.5e6, breaking=65e3)
CABLE = Line(name="cable", fed_by=("main",), voltage=V, rating=500e3, length=30.0,
             resistance=0.03e-3, reactance=0.07e-3)  # fmt: skip
UPS = Ups(name="UPS", fed_by=("main",), voltage=V, rating=1e6, loss_coefficients=(0.01, 0.01, 0.0),
          fault_current=3.0, battery=Battery(energy=1e9))  # fmt: skip
INVERTER = 3.0 * 1e6 / (ROOT3 * V)
SET = Generator(name="set", voltage=V, rating=5e6, rated_power=4e6, units=2, start_time=10.0,
                reactance=0.14)  # fmt: skip


def radial(*nodes):
    return build(nodes, [Load(name="rack", feeds=(nodes[-1].name,))])


def currents(model, *failures, moment=Moment.SETTLED, **options):
    """Short circuit in the first of the states, or the normal one."""
    states = states_of(model, failures or [Failure()], [moment])
    found = energise(model, states)
    return short_circuit(model, found.live[0], found.fed_from[0], **options)


def at(model, found, name):
    place = model.index[name]
    return found.largest[place], found.smallest[place], found.peak[place]


def test_published_example_of_board_and_panel():
    """13.8/0.415 kV, 500 MVA: by hand and by pandapower 3.5.6 with voltage tolerance 10 %."""
    model = radial(GRID, TX, MAIN, CABLE)
    found = currents(model)
    panel, _, peak = at(model, found, "cable")
    assert at(model, found, "main")[0] == pytest.approx(60156.6334, rel=1e-6)
    assert panel == pytest.approx(39885.6242, rel=1e-6)
    assert peak == pytest.approx(85648.9254, rel=1e-6)
    assert peak / (math.sqrt(2) * panel) == pytest.approx(1.51841515, rel=1e-6)


def test_published_transformer_of_six_per_cent_tolerance():
    """10/0.4 kV behind 100 MVA: values of PowerFactory, listed with pandapower's tests."""
    grid = Utility(name="grid", voltage=10e3, short_circuit_power=100e6)
    unit = Transformer(name="TX", fed_by=("grid",), voltage=400.0, rating=400e3, impedance=0.06,
                       no_load_loss=0.0, load_loss=0.005 * 400e3)  # fmt: skip
    model = radial(grid, unit)
    found = currents(model, tolerance=0.06)
    assert at(model, found, "grid")[0] == pytest.approx(5773.503, rel=1e-3)
    assert at(model, found, "TX")[0] == pytest.approx(9749.917, rel=1e-3)


def test_step_up_transformer_takes_the_voltage_factor_of_its_low_side():
    grid = Utility(name="grid", voltage=V)
    unit = replace(TX, voltage=13.8e3, load_loss=0.0)
    model = radial(grid, unit)
    K = 0.95 * 1.05 / (1 + 0.6 * 0.0575)
    I_rated = 2.5e6 / (ROOT3 * 13.8e3)
    found = currents(model, tolerance=0.06)
    assert at(model, found, "TX")[0] == pytest.approx(1.10 * I_rated / (0.0575 * K), rel=1e-9)


@pytest.mark.parametrize(("tolerance", "c"), [(0.06, 0.95), (0.10, 0.90)])
def test_smallest_current_has_the_lower_voltage_and_hot_lines(tolerance, c):
    c_max = {0.06: 1.05, 0.10: 1.10}[tolerance]
    grid = Utility(name="grid", voltage=V, short_circuit_power=20e6, r_over_x=0.0)
    model = radial(grid, replace(CABLE, fed_by=("grid",)))
    found = currents(model, tolerance=tolerance, heating=1.92)
    Z = complex(1.92 * 30 * 0.03e-3, c_max * V**2 / 20e6 + 30 * 0.07e-3)
    largest, smallest, _ = at(model, found, "cable")
    assert smallest == pytest.approx(c * V / (ROOT3 * abs(Z)), rel=1e-9)
    assert largest == pytest.approx(c_max * V / (ROOT3 * abs(Z - 0.92 * 30 * 0.03e-3)), rel=1e-9)


def test_generators_by_hand_formula():
    """K_G = c / (1 + x" sin(phi)); the resistance of 0.15 x" damps the peak; one of two runs."""
    model = radial(GRID, TX, SET, TransferSwitch(name="ATS", fed_by=("TX", "set"), voltage=V,
                                                 rating=2.5e6))  # fmt: skip
    states = states_of(model, [Failure(frozenset({"grid"}), units=(("set", 1),))])
    found = energise(model, states)
    X = 1.10 / (1 + 0.14 * 0.6) * 0.14 * V**2 / 5e6
    kappa = 1.02 + 0.98 * math.exp(-3 * 0.15)
    for units, share in ((None, 1.0), (states.units, 0.5)):
        result = short_circuit(model, found.live, found.fed_from, units=units)
        largest, smallest, peak = (
            getattr(result, what)[0, model.index["ATS"]] for what in ("largest", "smallest", "peak")
        )
        assert largest == pytest.approx(1.10 * V / (ROOT3 * X) * share, rel=1e-9)
        assert smallest == pytest.approx(0.90 / 1.10 / math.hypot(1, 0.15) * largest, rel=1e-9)
        assert peak == pytest.approx(kappa * math.sqrt(2) * largest, rel=1e-9)


def test_ups_gives_the_current_of_its_bypass_or_of_its_inverter():
    out = replace(CABLE, name="out", fed_by=("UPS",))
    model = radial(GRID, TX, MAIN, CABLE, UPS, out)
    found = currents(model)
    assert at(model, found, "UPS")[0] == at(model, found, "main")[0]
    assert at(model, found, "out")[0] == pytest.approx(at(model, found, "cable")[0], rel=1e-12)
    assert at(model, found, "out")[1] == pytest.approx(INVERTER, rel=1e-12)


@pytest.mark.parametrize("bypass", [True, False])
def test_ups_on_battery_has_only_its_inverter(bypass):
    """And through an output transformer that current is referred by the voltages."""
    pdu = Transformer(name="PDU", fed_by=("UPS",), voltage=208.0, rating=300e3, impedance=0.04,
                      no_load_loss=0.0, load_loss=3e3)  # fmt: skip
    model = radial(GRID, TX, MAIN, replace(UPS, bypass=bypass), pdu)
    found = currents(model, Failure(frozenset({"grid"})), moment=Moment.BATTERY)
    expected = (INVERTER, INVERTER, math.sqrt(2) * INVERTER)
    np.testing.assert_allclose(at(model, found, "UPS"), expected, rtol=1e-12)
    np.testing.assert_allclose(at(model, found, "PDU"), np.array(expected) * V / 208, rtol=1e-12)
    assert at(model, found, "main") == (0.0, 0.0, 0.0)


def test_ups_without_bypass_hides_the_network():
    model = radial(GRID, TX, MAIN, replace(UPS, bypass=False))
    assert at(model, currents(model), "UPS")[0] == pytest.approx(INVERTER, rel=1e-12)


def test_a_long_cable_limits_the_inverter_too():
    far = replace(CABLE, fed_by=("UPS",), length=3000.0)
    model = radial(GRID, TX, MAIN, replace(UPS, bypass=False), far)
    found = currents(model)
    expected = V / (ROOT3 * 3000 * math.hypot(0.03e-3, 0.07e-3))
    assert expected < INVERTER
    np.testing.assert_allclose(at(model, found, "cable")[:2], (1.10 * expected, 0.90 * expected))


def test_half_of_the_modules_give_half_of_the_current():
    model = radial(GRID, TX, MAIN, replace(UPS, bypass=False, units=2))
    states = states_of(model, [Failure(units=(("UPS", 1),))])
    found = energise(model, states)
    result = short_circuit(model, found.live, found.fed_from, units=states.units)
    assert result.largest[0, model.index["UPS"]] == pytest.approx(INVERTER / 2, rel=1e-12)


def test_what_is_not_known_or_not_modelled_is_not_a_number():
    silent = replace(UPS, fault_current=0.0, bypass=False, breaking=10e3)
    rectifier = Rectifier(name="DC", fed_by=("main",), voltage=800.0, rating=1e6,
                          loss_coefficients=(0.01, 0.01, 0.0))  # fmt: skip
    bus = Board(name="DC bus", fed_by=("DC",), voltage=800.0, rating=1e6, direct=True)
    model = radial(GRID, TX, MAIN, silent, rectifier, bus)
    found = currents(model)
    for name in ("UPS", "DC", "DC bus"):
        assert np.isnan(at(model, found, name)).all()
    fed_from = energise(model, states_of(model, [Failure()])).fed_from[0]
    assert {check.node for check in fault_checks(model, found, fed_from)} == {"main"}
    through = radial(GRID, TX, MAIN, replace(UPS, fault_current=0.0))
    largest, smallest, _ = at(through, currents(through), "UPS")
    assert largest == pytest.approx(60156.6334, rel=1e-6)
    assert np.isnan(smallest)


def test_an_ideal_source_has_no_limit():
    model = radial(Utility(name="grid", voltage=V), replace(CABLE, fed_by=("grid",)))
    found = currents(model)
    assert at(model, found, "grid") == (np.inf, np.inf, np.inf)
    Z = 30 * math.hypot(0.03e-3, 0.07e-3)
    assert at(model, found, "cable")[0] == pytest.approx(1.10 * V / (ROOT3 * Z), rel=1e-12)


def test_a_closed_tie_carries_the_fault_of_the_other_side():
    other = [replace(GRID, name="grid B"), replace(TX, name="TX B", fed_by=("grid B",), rating=1e6),
             replace(MAIN, name="main B", fed_by=("TX B",), rating=1e6)]  # fmt: skip
    tie = Tie(name="tie", fed_by=("main", "main B"), voltage=V, rating=1e6)
    nodes = [GRID, TX, MAIN, *other, tie]
    model = build(nodes, [Load(name="rack", feeds=("main", "main B"))])
    normal, tied = currents(model), currents(model, Failure(frozenset({"TX B"})))
    assert at(model, tied, "main B") == at(model, normal, "main")
    assert at(model, normal, "main B")[0] < 0.5 * at(model, normal, "main")[0]


@settings(max_examples=25, deadline=None)
@given(
    lengths=st.lists(st.floats(0.0, 500.0), min_size=2, max_size=2, unique=True),
    moment=st.sampled_from(Moment),
    dead=st.sampled_from([frozenset(), frozenset({"grid"})]),
)
def test_a_longer_cable_never_raises_a_current(lengths, moment, dead):
    found = []
    for length in sorted(lengths):
        model = radial(GRID, TX, MAIN, UPS, replace(CABLE, fed_by=("UPS",), length=length + 1.0))
        found.append(at(model, currents(model, Failure(dead), moment=moment), "cable"))
    short, long = np.array(found)
    assert (long <= short).all()
    assert short[1] <= short[0]
    assert long[1] <= long[0]


def test_many_states_are_the_single_ones():
    """Utility, battery and generator feed the same cable one after the other."""
    switch = TransferSwitch(name="ATS", fed_by=("TX", "set"), voltage=V, rating=2.5e6, gap=5.0)
    chain = replace(UPS, fed_by=("ATS",)), replace(CABLE, fed_by=("UPS",))
    model = radial(GRID, TX, SET, switch, *chain)
    moments = [Moment.BATTERY, Moment.GENERATOR]
    found = energise(model, states_of(model, [Failure(), Failure(frozenset({"grid"}))], moments))
    many = short_circuit(model, found.live, found.fed_from)
    assert many.largest.shape == (4, len(model.nodes))
    assert len(set(many.largest[1:, model.index["cable"]])) == 3
    for i in range(4):
        one = short_circuit(model, found.live[i], found.fed_from[i])
        for what in ("largest", "smallest", "peak"):
            np.testing.assert_array_equal(getattr(one, what), getattr(many, what)[i])


def test_checks_take_the_worst_state_and_the_head_of_a_line():
    cable = replace(CABLE, breaking=50e3, withstand=65e3)
    model = radial(GRID, TX, MAIN, cable)
    found = energise(model, states_of(model, [Failure(frozenset({"grid"})), Failure()]))
    result = short_circuit(model, found.live, found.fed_from)
    checks = {(c.node, c.rule): c for c in fault_checks(model, result, found.fed_from)}
    assert set(checks) == {
        ("main", "interrupting rating"),
        ("cable", "interrupting rating"),
        ("cable", "short-time withstand"),
        ("cable", "peak withstand"),
    }
    assert checks["main", "interrupting rating"].holds
    assert not checks["cable", "interrupting rating"].holds
    assert checks["cable", "interrupting rating"].value == pytest.approx(60156.6334, rel=1e-6)
    assert checks["cable", "short-time withstand"].holds
    peak = checks["cable", "peak withstand"]
    assert peak.limit == pytest.approx(2.2 * 65e3)
    assert not peak.holds
    assert peak.value == pytest.approx(result.peak[1, model.index["main"]])


def test_an_unknown_tolerance_is_refused():
    with pytest.raises(InputError, match=r"0\.06 or 0\.10"):
        currents(radial(GRID, TX), tolerance=0.05)
