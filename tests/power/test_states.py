"""What is live, and from where, after failures and in the seconds that follow."""

import importlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from geometry.errors import InputError
from power import (
    Battery,
    Board,
    Failure,
    Generator,
    Load,
    Moment,
    Tie,
    TransferSwitch,
    Ups,
    Utility,
    build,
    solve_states,
    states_of,
)
from power.split import drawn
from power.states import energise
from power.study import study

MOMENTS = tuple(Moment)
LOSS = (0.006, 0.012, 0.013)
V = 415.0


def board(name, feed, rating=1e6):
    return Board(name=name, fed_by=(feed,), voltage=V, rating=rating, continuous_factor=1.0)


def backed_up(gap=0.5, battery=True, **of_ups):
    """Utility and generator on a switch; a UPS with a battery and a mechanical board below it."""
    bank = Battery(energy=600e3 * 300.0, recharge=20e3) if battery else None
    nodes = [
        Utility(name="grid", voltage=V),
        Generator(name="G", voltage=V, rating=1e6, rated_power=0.8e6, units=2, start_time=10.0),
        TransferSwitch(name="ats", fed_by=("grid", "G"), voltage=V, rating=2e6, gap=gap),
        Ups(name="ups", fed_by=("ats",), voltage=V, rating=600e3, loss_coefficients=LOSS,
            battery=bank, **of_ups),
        board("it", "ups"),
        board("mech", "ats"),
    ]  # fmt: skip
    loads = [
        Load(name="rack", feeds=("it",)),
        Load(name="pump", feeds=("mech",), critical=False),
    ]
    return build(nodes, loads)


def live_at(model, *failures):
    states = states_of(model, failures, MOMENTS)
    found = energise(model, states)
    return {node.name: found.live[:, n].tolist() for n, node in enumerate(model.nodes)}, found


def test_battery_carries_until_the_generator_runs_and_the_pump_waits_for_it():
    model = backed_up()
    live, found = live_at(model, Failure(frozenset({"grid"})))
    assert live["it"] == [True, True, True, True]
    assert live["mech"] == [False, False, True, True]
    assert live["G"] == [False, False, True, True]
    ups = model.index["ups"]
    assert found.on_battery[:, ups].tolist() == [True, True, False, False]


def test_without_battery_a_ups_dies_with_its_feed():
    live, _ = live_at(backed_up(battery=False), Failure(frozenset({"grid"})))
    assert live["it"] == [False, False, True, True]


def test_battery_is_empty_in_the_end_where_no_generator_comes():
    live, _ = live_at(backed_up(), Failure(frozenset({"grid", "G"})))
    assert live["it"] == [True, True, True, False]
    assert live["mech"] == [False] * 4


def test_generator_stands_still_while_the_utility_is_there():
    live, _ = live_at(backed_up(), Failure())
    assert live["G"] == [False] * 4
    assert live["mech"] == [True] * 4


@pytest.mark.parametrize(("gap", "during"), [(0.006, True), (0.5, False)])
def test_switch_with_contacts_leaves_a_gap_that_a_static_one_does_not(gap, during):
    nodes = [Utility(name=name, voltage=V) for name in ("one", "two")]
    nodes.append(TransferSwitch(name="s", fed_by=("one", "two"), voltage=V, rating=1e6, gap=gap))
    model = build(nodes, [Load(name="rack", feeds=("s",))])
    live, _ = live_at(model, Failure(frozenset({"one"})))
    assert live["s"] == [during, True, True, True]


def tied():
    nodes = [Utility(name="one", voltage=V), Utility(name="two", voltage=V)]
    nodes += [board("A", "one"), board("B", "two")]
    nodes += [Tie(name="tie", fed_by=("A", "B"), voltage=V, rating=1e6, continuous_factor=1.0)]
    nodes += [board("a", "A"), board("b", "B")]
    return build(nodes, [Load(name="x", feeds=("a",)), Load(name="y", feeds=("b",))])


@pytest.mark.parametrize(("lost", "of", "by"), [("one", "A", "B"), ("two", "B", "A")])
def test_tie_feeds_the_board_that_lost_its_source_from_the_other(lost, of, by):
    model = tied()
    states = states_of(model, [Failure(), Failure(frozenset({lost}))])
    state = solve_states(model, [30e3, 50e3], states)
    tie, fed = model.index["tie"], model.index[of]
    assert state.live[:, tie].tolist() == [False, True]
    assert state.fed_from[1, fed] == tie
    assert model.nodes[state.fed_from[1, tie]].name == by
    assert state.unserved.sum() == 0.0
    moved = 30e3 if of == "A" else 50e3
    assert state.power[1, tie] == pytest.approx(moved, rel=1e-5)
    assert state.power[1, model.index[by]] == pytest.approx(80e3, rel=1e-5)


def test_tie_does_not_close_on_a_board_that_is_itself_out():
    model = tied()
    state = solve_states(model, [30e3, 50e3], states_of(model, [Failure(frozenset({"A"}))]))
    assert not state.live[0, model.index["tie"]]
    np.testing.assert_allclose(state.unserved[0], [30e3, 0.0])


def test_tie_stays_open_where_its_board_would_feed_itself_through_a_switch():
    """A tie from B to A, while B hangs on a switch that prefers A."""
    nodes = [Utility(name="one", voltage=V), Utility(name="two", voltage=V)]
    nodes += [board("A", "one"), board("Y", "two")]
    nodes += [TransferSwitch(name="S", fed_by=("A", "Y"), voltage=V, rating=1e6, gap=0.1)]
    nodes += [board("B", "S"), Tie(name="tie", fed_by=("A", "B"), voltage=V, rating=1e6)]
    model = build(nodes, [Load(name="x", feeds=("A",)), Load(name="y", feeds=("B",))])
    state = solve_states(model, [50e3, 50e3], states_of(model, [Failure(frozenset({"one"}))]))
    assert state.converged[0]
    assert not state.live[0, model.index["tie"]]
    np.testing.assert_allclose(state.served[0], [0.0, 50e3])
    assert state.utility_power[0] == pytest.approx(50e3, rel=1e-5)


def test_state_whose_balance_does_not_close_is_not_solved(monkeypatch):
    model = tied()
    powers, states = [30e3, 50e3], states_of(model, [Failure()])
    assert solve_states(model, powers, states).converged[0]
    made_up = importlib.import_module("power.solve")
    monkeypatch.setattr(made_up, "drawn", lambda m, p: 1.001 * drawn(m, p))
    assert not solve_states(model, powers, states).converged[0]


def test_ups_on_bypass_hangs_its_load_on_the_feed_and_dies_with_it():
    model = backed_up(battery=True)
    bypassed = frozenset({"ups"})
    failures = [Failure(bypassed=bypassed), Failure(frozenset({"grid"}), bypassed=bypassed)]
    states = states_of(model, failures, (Moment.BATTERY, Moment.SETTLED))
    state = solve_states(model, [300e3, 10e3], states)
    ups = model.index["ups"]
    assert state.live[:, ups].tolist() == [True, True, False, True]
    assert state.losses[1, ups] == pytest.approx(0.0, abs=1.0)
    assert state.power[1, model.index["ats"]] == pytest.approx(310e3, rel=1e-5)


def test_eco_mode_loses_its_share_and_falls_back_on_the_battery():
    model = backed_up(eco=True, eco_loss=0.01)
    states = states_of(model, [Failure(), Failure(frozenset({"grid"}))], (Moment.BATTERY,))
    state = solve_states(model, [300e3, 10e3], states)
    ups = model.index["ups"]
    assert state.losses[0, ups] == pytest.approx(3e3, rel=1e-4)
    assert state.on_battery[:, ups].tolist() == [False, True]
    assert (state.balance_error < 1e-6).all()


def test_battery_recharges_while_generators_carry():
    model = backed_up()
    states = states_of(model, [Failure(frozenset({"grid"}))], MOMENTS)
    state = solve_states(model, [300e3, 10e3], states)
    ups, ats = model.index["ups"], model.index["ats"]
    assert state.charging[:, ups].tolist() == [0.0, 0.0, 20e3, 0.0]
    assert state.power[2, ats] - state.power[3, ats] == pytest.approx(20e3, rel=1e-4)
    assert (state.balance_error < 1e-6).all()


def test_lost_units_lower_the_rating_and_raise_the_losses_of_the_others():
    model = backed_up(units=3)
    failures = [Failure(), Failure(units=(("ups", 1),))]
    state = solve_states(model, [300e3, 10e3], states_of(model, failures))
    ups = model.index["ups"]
    np.testing.assert_allclose(state.loading[:, ups], [0.505, 0.7576], rtol=1e-3)
    found = study(model, [450e3, 10e3], failures)
    assert not found.broken(0)
    assert {check.rule for _, check in found.broken(1)} == {"loading", "real power", "overload"}


def test_names_that_are_not_there_are_refused_with_the_nearest():
    model = backed_up()
    with pytest.raises(InputError, match="did you mean 'grid'"):
        states_of(model, [Failure(frozenset({"gird"}))])
    with pytest.raises(InputError, match="no UPS with a static bypass"):
        states_of(model, [Failure(bypassed=frozenset({"ats"}))])


def test_supplies_on_a_feed_cap_what_it_carries_and_the_rest_is_unserved():
    nodes = [Utility(name=name, voltage=V) for name in ("A", "B")]
    rack = Load(name="rack", feeds=("A", "B"), ratings=(220e3 / 0.975,) * 2, power_factor=1.0)
    model = build(nodes, [rack])
    state = solve_states(model, [230e3], states_of(model, [Failure(), Failure(frozenset({"A"}))]))
    np.testing.assert_allclose(state.feed_power[0, 0], [115e3, 115e3])
    np.testing.assert_allclose(state.feed_power[1, 0], [0.0, 220e3 / 0.975])
    np.testing.assert_allclose(state.unserved[:, 0], [0.0, 230e3 - 220e3 / 0.975])


def test_what_one_feed_cannot_carry_goes_to_the_others_by_their_shares():
    nodes = [Utility(name=name, voltage=V) for name in "ABC"]
    rack = Load(name="rack", feeds=tuple("ABC"), ratings=(20e3, 90e3, 90e3), shares=(2.0, 1.0, 1.0))
    state = solve_states(
        build(nodes, [rack]), [100e3], states_of(build(nodes, [rack]), [Failure()])
    )
    np.testing.assert_allclose(state.feed_power[0, 0], [20e3, 40e3, 40e3])


few = settings(max_examples=25, deadline=None)


@few
@given(st.sets(st.integers(0, 25), max_size=2), st.integers(0, 25))
def test_one_more_failure_never_raises_the_headroom_of_the_tightest_feeder(model, dead, more):
    """A node above a dead one has more room, of no use to any rack: feeders of racks count."""
    assume(more not in dead)
    names = [node.name for node in model.nodes]
    one = Failure(frozenset(names[n] for n in dead))
    other = Failure(one.dead | {names[more]})
    found = study(model, [60e3] * 6, [one, other])
    assert found.state.served[1].sum() <= found.state.served[0].sum() + 1e-6
    # Where load is gone, what is left has more room, and the hall is broken.
    assume(found.state.served[1].sum() > found.state.served[0].sum() - 1e-6)
    feeders = np.unique(model.feeds)
    room = np.where(found.state.live[:, feeders], found.room(feeders).path, np.inf).min(axis=1)
    assert room[1] <= room[0] + 100.0  # the voltage of a relieved busway rises a little


@few
@given(
    st.sets(st.integers(0, 10), max_size=3), st.lists(st.floats(0, 120e3), min_size=6, max_size=6)
)
def test_failures_of_a_are_those_of_b_with_the_sides_swapped(model, dead, powers):
    a = [n.name for n in model.nodes if n.name.endswith("A")]
    lost = [a[n] for n in dead]
    failures = [Failure(frozenset(lost)), Failure(frozenset(x[:-1] + "B" for x in lost))]
    found = study(model, powers, failures)
    at = [model.index[name] for name in a]
    swapped = [model.index[name[:-1] + "B"] for name in a]
    np.testing.assert_allclose(found.state.load[0, at], found.state.load[1, swapped], rtol=1e-6)
    room = found.room(np.arange(len(model.nodes)))
    np.testing.assert_allclose(room.path[0, at], room.path[1, swapped], rtol=1e-6, atol=1e-3)


def test_batch_is_what_each_state_is_alone(model):
    failures = [Failure(frozenset({node.name})) for node in model.nodes]
    powers = np.linspace(20e3, 110e3, 6)
    together = solve_states(model, powers, states_of(model, failures))
    for n, failure in enumerate(failures):
        alone = solve_states(model, powers, states_of(model, [failure])).at(0)
        np.testing.assert_allclose(together.load[n], alone.load, rtol=1e-9, atol=1e-6)
        np.testing.assert_allclose(together.losses[n], alone.losses, rtol=1e-6, atol=0.2)


def test_state_without_solution_does_not_spoil_the_others(chain):
    nodes = chain("A", 1, 1)
    nodes[-1] = replace(nodes[-1], length=2000.0, resistance=1e-3)
    model = build(nodes, [Load(name="rack", feeds=("whip 0.0 A",))])
    states = states_of(model, [Failure(), Failure(frozenset({"bus 0 A"}))])
    state = solve_states(model, [100e3], states)
    assert state.converged.tolist() == [False, True]
    assert np.isnan(state.load[0]).all()
    assert np.isfinite(state.load[1]).all()


@pytest.mark.parametrize(("hold_up", "during"), [(0.005, False), (0.01, True)])
def test_gap_is_bridged_by_supplies_that_hold_longer(hold_up, during):
    nodes = [Utility(name=name, voltage=V) for name in ("one", "two")]
    nodes.append(TransferSwitch(name="s", fed_by=("one", "two"), voltage=V, rating=1e6, gap=0.008))
    model = build(nodes, [Load(name="rack", feeds=("s",), hold_up=hold_up)])
    live, _ = live_at(model, Failure(frozenset({"one"})))
    assert live["s"][0] is during
