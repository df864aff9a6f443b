"""When loads are without power after a failure, by hand: gaps, starts, batteries."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from power import (
    Battery,
    Board,
    Failure,
    Generator,
    Line,
    Load,
    Tie,
    TransferSwitch,
    Ups,
    Utility,
    build,
)
from power.interruptions import Supply, supplies
from power.study import NORMAL, study

V = 415.0
LOST = Failure(frozenset({"grid"}), name="grid lost")
P = 100e3


def grid(name="grid"):
    return Utility(name=name, voltage=V)


def generator(start=10.0, name="G"):
    return Generator(name=name, voltage=V, rating=2e6, rated_power=2e6, start_time=start)


def switch(name, *feeds, gap=3.0, delay=0.0):
    return TransferSwitch(name=name, fed_by=feeds, voltage=V, rating=5e6, gap=gap, delay=delay)


def board(name, feed):
    return Board(name=name, fed_by=(feed,), voltage=V, rating=5e6)


def ups(name, feed, seconds, loss=0.0, power=P, **of_ups):
    """A UPS whose old battery gives `power` for some seconds; it loses a share of its load."""
    bank = Battery(energy=seconds * power, end_of_life=1.0) if seconds else None
    return Ups(name=name, fed_by=(feed,), voltage=V, rating=1e6, battery=bank,
               loss_coefficients=(0.0, loss, 0.0), **of_ups)  # fmt: skip


def rack(*feeds, name="rack", **of_load):
    return Load(name=name, feeds=feeds, **of_load)


def pump(feed):
    return Load(name="pump", feeds=(feed,), critical=False)


def after(nodes, loads, failure=LOST, power=P):
    """What each load gets, as pairs of time and share of its power."""
    found = study(build(nodes, loads), [power] * len(loads), [NORMAL, failure])
    assert supplies(found, 0) == {}
    return {
        name: [(piece.time, round(piece.power / power, 6)) for piece in pieces]
        for name, pieces in supplies(found, 1).items()
    }


def backed_up(seconds, start=10.0, **of_switch):
    """Utility and generator on a switch; a UPS for a rack and a board for a pump below it."""
    nodes = [grid(), generator(start), switch("ats", "grid", "G", **of_switch)]
    return [*nodes, ups("ups", "ats", seconds), board("mech", "ats")], [rack("ups"), pump("mech")]


def test_pump_stands_still_until_the_generator_runs_and_the_switch_has_moved():
    found = after(*backed_up(60.0))
    assert found == {"pump": [(0.0, 0.0), (13.0, 1.0)]}


def test_delay_of_a_switch_comes_on_top():
    found = after(*backed_up(60.0, delay=4.5))
    assert found["pump"] == [(0.0, 0.0), (17.5, 1.0)]


def test_waits_of_switches_in_series_add_up():
    nodes = [grid(), generator(), switch("S1", "grid", "G", delay=10.0), grid("other")]
    nodes += [switch("S2", "S1", "other", gap=5.0)]
    failure = Failure(frozenset({"grid", "other"}))
    assert after(nodes, [rack("S2")], failure)["rack"] == [(0.0, 0.0), (28.0, 1.0)]


def test_rack_on_a_battery_that_is_empty_too_early_is_dead_until_the_generator_has_come():
    assert after(*backed_up(5.0))["rack"] == [(0.0, 1.0), (5.0, 0.0), (13.0, 1.0)]


def test_without_generator_the_battery_gives_its_old_energy_over_load_and_loss():
    bank = Battery(energy=10e6, end_of_life=0.8)
    unit = Ups(name="ups", fed_by=("grid",), voltage=V, rating=400e3, real_rating=200e3,
               loss_coefficients=(0.01, 0.02, 0.03), battery=bank)  # fmt: skip
    lasts = 0.8 * 10e6 / (P + 200e3 * (0.01 + 0.02 * 0.5 + 0.03 * 0.5**2))
    ((start, end),) = [after([grid(), unit], [rack("ups")])["rack"]]
    assert start == (0.0, 1.0)
    assert end == (pytest.approx(lasts, abs=1e-3), 0.0)


def test_ups_without_battery_or_on_bypass_dies_with_its_feed():
    assert after([grid(), ups("ups", "grid", 0.0)], [rack("ups")])["rack"] == [(0.0, 0.0)]
    bypassed = Failure(LOST.dead, bypassed=frozenset({"ups"}))
    assert after([grid(), ups("ups", "grid", 60.0)], [rack("ups")], bypassed)["rack"] == [(0, 0)]


@pytest.mark.parametrize(("rating", "left"), [(None, 1.0), (0.7 * P, 0.7)])
def test_rack_on_two_feeds_gets_from_the_other_what_its_supplies_give(rating, left):
    one = rack("grid", "other", ratings=rating and (rating, rating))
    found = after([grid(), grid("other")], [one])
    assert found == ({} if left == 1 else {"rack": [(0.0, left)]})


def test_feeds_that_return_one_after_the_other_give_power_piece_by_piece():
    nodes = [grid(), generator()]
    nodes += [switch("A", "grid", "G", gap=2.0), switch("B", "grid", "G", gap=2.0, delay=6.0)]
    found = after(nodes, [rack("A", "B", ratings=(0.7 * P, 0.7 * P))])
    assert found["rack"] == [(0.0, 0.0), (12.0, 0.7), (18.0, 1.0)]


@pytest.mark.parametrize(("gap", "hold_up", "noticed"), [
    (0.006, 0.02, False), (0.05, 0.02, True), (0.05, 0.1, False), (0.006, 0.004, True),
])  # fmt: skip
def test_transfer_is_noticed_where_supplies_do_not_hold_so_long(gap, hold_up, noticed):
    nodes = [grid(), grid("other"), switch("sts", "grid", "other", gap=gap, delay=9.0)]
    sensitive = rack("other", name="sensitive", hold_up=0.001)
    found = after(nodes, [rack("sts", hold_up=hold_up), sensitive])
    assert found == ({"rack": [(0.0, 0.0), (gap, 1.0)]} if noticed else {})


def test_switch_behind_a_static_one_does_not_notice_that_it_moved():
    nodes = [grid(), grid("other"), switch("sts", "grid", "other", gap=0.006)]
    assert after([*nodes, switch("ats", "sts", "grid", gap=3.0)], [rack("ats")]) == {}


def test_board_on_a_tie_is_dead_until_it_has_closed():
    nodes = [grid(), grid("other"), board("A", "grid"), board("B", "other")]
    nodes.append(Tie(name="tie", fed_by=("A", "B"), voltage=V, rating=5e6, gap=0.5))
    loads = [pump("A"), rack("B")]
    assert after(nodes, loads) == {"pump": [(0.0, 0.0), (0.5, 1.0)]}


def test_tie_passes_on_a_generator_that_started_behind_the_other_board():
    nodes = [grid(), generator(), switch("S", "grid", "G", gap=0.5), grid("other")]
    nodes += [board("A", "S"), board("B", "other")]
    nodes.append(Tie(name="tie", fed_by=("A", "B"), voltage=V, rating=5e6, gap=2.0))
    both = Failure(frozenset({"grid", "other"}))
    assert after(nodes, [pump("B")], both)["pump"] == [(0.0, 0.0), (12.5, 1.0)]


def test_board_goes_over_from_a_tie_to_its_own_generator_and_gives_back_what_it_borrowed():
    """The battery before board A feeds B over the tie; then B has a generator and feeds A."""
    nodes = [grid(), ups("ups", "grid", 30.0, power=2 * P), board("A", "ups")]
    nodes += [generator(20.0), switch("S", "grid", "G", gap=1.0), board("B", "S")]
    nodes.append(Tie(name="tie", fed_by=("A", "B"), voltage=V, rating=5e6, gap=2.0))
    found = after(nodes, [rack("A"), pump("B")])
    assert found["pump"] == [(0.0, 0.0), (2.0, 1.0)]
    assert found["rack"] == [(0.0, 1.0), (30.0, 0.0), (32.0, 1.0)]


def test_second_battery_carries_all_when_the_first_is_empty():
    """20 s at half the load leave the larger one 60 s - 10 s of the whole load."""
    nodes = [grid(), ups("A", "grid", 10.0), ups("B", "grid", 60.0)]
    assert after(nodes, [rack("A", "B")])["rack"] == [(0.0, 1.0), (70.0, 0.0)]


def test_battery_that_waits_is_used_up_only_from_when_it_is_needed():
    nodes = [grid(), ups("A", "grid", 10.0), ups("B", "grid", 60.0)]
    one = rack("A", "B", shares=(1.0, 0.0))
    assert after(nodes, [one])["rack"] == [(0.0, 1.0), (70.0, 0.0)]
    nodes.append(switch("sts", "A", "B", gap=0.004))
    assert after(nodes, [rack("sts")])["rack"] == [(0.0, 1.0), (70.0, 0.0)]
    nodes[-1] = switch("ats", "A", "B", gap=2.0)
    found = after(nodes, [rack("ats")])["rack"]
    assert found == [(0.0, 1.0), (10.0, 0.0), (12.0, 1.0), (70.0, 0.0)]


def test_ups_behind_a_ups_carries_on_when_the_first_is_empty():
    nodes = [grid(), ups("first", "grid", 10.0), ups("second", "first", 25.0)]
    assert after(nodes, [rack("second")])["rack"] == [(0.0, 1.0), (35.0, 0.0)]


def test_generator_below_a_ups_starts_when_its_battery_is_empty():
    nodes = [grid(), ups("ups", "grid", 60.0), generator(), switch("S", "ups", "G", gap=3.0)]
    assert after(nodes, [rack("S")])["rack"] == [(0.0, 1.0), (60.0, 0.0), (73.0, 1.0)]


def test_battery_carries_nothing_over_a_line_with_too_much_resistance():
    cable = Line(name="cable", fed_by=("ups",), voltage=V, rating=1e6, length=2e3, resistance=1e-3,
                 reactance=0.0)  # fmt: skip
    found = after([grid(), ups("ups", "grid", 60.0), cable], [rack("cable")])
    assert found["rack"] == [(0.0, 0.0)]


def test_what_a_failure_takes_of_the_supplies_of_a_load_is_missing_at_once():
    cut = Failure(supplies=(("rack", "A", 0.0),))
    nodes = [grid(), board("A", "grid"), board("B", "grid")]
    found = after(nodes, [rack("A", "B", ratings=(0.7 * P, 0.7 * P))], cut)
    assert found["rack"] == [(0.0, 0.7)]


def test_each_failure_has_the_power_that_is_wanted_in_it():
    nodes = [grid(), ups("A", "grid", 10.0), ups("B", "grid", 60.0)]
    model = build(nodes, [rack("A", "B")])
    found = study(model, [[P], [2 * P]], [LOST, LOST])
    assert supplies(found, 0)["rack"] == (Supply(0.0, P), Supply(70.0, 0.0))
    assert supplies(found, 1)["rack"] == (Supply(0.0, 2 * P), Supply(35.0, 0.0))


def without(pieces):
    """How long a load has not all that it wants, until an hour after the failure [s]."""
    ends = [time for time, _ in pieces[1:]] + [3600.0]
    return sum(end - time for (time, share), end in zip(pieces, ends, strict=True) if share < 1)


seconds = st.floats(0.0, 40.0).map(lambda value: round(value, 1))
few = settings(max_examples=30, deadline=None)


gaps = st.sampled_from([0.006, 0.5, 3.0])
sides = st.tuples(
    st.sampled_from([("G",), ("other",), ("other", "G"), ()]), gaps, seconds, seconds
)  # what a switch has besides the utility, its gap and delay, how long the battery lasts
chains = st.fixed_dictionaries({
    "sides": st.tuples(sides, sides),
    "tie": st.none() | gaps,
    "gap": gaps,
    "rating": st.sampled_from([None, 0.6 * P]),
    "lost": st.sampled_from([("grid",), ("grid", "other"), ("other",), ("grid", "ups A")]),
})  # fmt: skip


def two_sides(chain, start):
    """A rack on two UPS, each behind a switch, one on a switch between them, a pump on a board."""
    nodes = [grid(), grid("other"), generator(start), switch("calls", "grid", "G")]
    for side, (feeds, gap, delay, lasts) in zip("AB", chain["sides"], strict=True):
        nodes.append(switch(f"ats {side}", "grid", *feeds, gap=gap, delay=delay))
        nodes.append(board(f"board {side}", f"ats {side}"))
        nodes.append(ups(f"ups {side}", f"board {side}", lasts))
    if chain["tie"] is not None:
        boards = ("board A", "board B")
        nodes.append(Tie(name="tie", fed_by=boards, voltage=V, rating=5e6, gap=chain["tie"]))
    nodes.append(switch("last", "ups A", "ups B", gap=chain["gap"]))
    ratings = chain["rating"] and (chain["rating"],) * 2
    loads = [rack("ups A", "ups B", ratings=ratings), rack("last", name="single"), pump("board B")]
    return nodes, loads, Failure(frozenset(chain["lost"]))


@few
@given(chains, seconds, seconds)
def test_generator_that_starts_later_never_shortens_an_interruption(chain, start, later):
    early = after(*two_sides(chain, start))
    late = after(*two_sides(chain, start + later))
    for name, pieces in early.items():
        assert name in late
        assert without(late[name]) >= without(pieces) - 1e-6


@few
@given(chains, seconds)
def test_in_the_end_a_load_has_what_the_settled_state_gives_it(chain, start):
    nodes, loads, failure = two_sides(chain, start)
    found = study(build(nodes, loads), [P] * 3, [failure])
    settled = found.state.served[found.settled(0)]
    told = supplies(found, 0)
    for load, served in zip(loads, settled, strict=True):
        pieces = told.get(load.name, (Supply(0.0, P),))
        assert pieces[-1].power == pytest.approx(served)
        times = [piece.time for piece in pieces]
        assert times[0] == 0.0
        assert (np.diff(times) > 0).all()
        assert all(a.power != b.power for a, b in pairwise(pieces))
