"""What bridges a loss of the utility: batteries, generators, and how long cooling stands still."""

import pytest

from power import (
    Battery,
    Board,
    Failure,
    Generator,
    Load,
    Tie,
    TransferSwitch,
    Ups,
    Utility,
    build,
)
from power.backup import (
    Clock,
    autonomy,
    autonomy_checks,
    clock_checks,
    generator_steps,
    step_checks,
)
from power.study import study

V = 415.0
LOST = Failure(frozenset({"grid"}), name="grid lost")


def switch(name, *feeds, gap=0.5, delay=0.0):
    return TransferSwitch(name=name, fed_by=feeds, voltage=V, rating=5e6, gap=gap, delay=delay)


def ups(name, feed, walk_in=15.0, energy=60e6, loss=(0.0, 0.05, 0.0), rating=600e3):
    return Ups(name=name, fed_by=(feed,), voltage=V, rating=rating, walk_in=walk_in,
               battery=Battery(energy=energy, end_of_life=0.8), loss_coefficients=loss)  # fmt: skip


def board(name, feed):
    return Board(name=name, fed_by=(feed,), voltage=V, rating=5e6)


def hall(energy=60e6, walk_in=15.0, delay=0.0, step=0.5, units=1):
    """400 kW of racks on a UPS, 200 kW of chillers and 100 kW of pumps on switches of their own."""
    nodes = [
        Utility(name="grid", voltage=V),
        Generator(name="G", voltage=V, rating=1.25e6, rated_power=1e6, start_time=10.0,
                  step=step, units=units),
        switch("it ats", "grid", "G"),
        switch("chiller ats", "grid", "G", delay=0.2),
        switch("pump ats", "grid", "G", delay=delay),
        ups("ups", "it ats", walk_in, energy),
        board("racks", "ups"),
    ]  # fmt: skip
    loads = [
        Load(name="rack", feeds=("racks",)),
        Load(name="chiller", feeds=("chiller ats",), critical=False),
        Load(name="pump", feeds=("pump ats",), critical=False),
    ]
    return build(nodes, loads)


def lost(model, *failures):
    powers = {"rack": 400e3, "chiller": 200e3, "pump": 100e3}
    return study(model, [powers[load.name] for load in model.loads], failures or [LOST])


def test_battery_lasts_its_old_energy_over_its_load_in_a_cold_room_less():
    table = ((278.15, 0.7), (298.15, 1.0))
    assert autonomy(Battery(energy=100e6), 200e3) == pytest.approx(400.0)
    cold = Battery(energy=100e6, derating=table, temperature=288.15)
    assert autonomy(cold, 200e3) == pytest.approx(0.85 * 400.0)
    assert autonomy(Battery(energy=100e6), 0.0) == float("inf")


@pytest.mark.parametrize(("energy", "holds"), [(60e6, True), (9e6, False)])
def test_battery_gives_its_losses_too_and_must_last_until_the_input_has_walked_in(energy, holds):
    ((n, found),) = autonomy_checks(lost(hall(energy)))
    assert n == 0
    assert found.value == pytest.approx(0.8 * energy / 420e3, rel=1e-4)
    assert found.limit == pytest.approx(10.5 + 7.5)
    assert found.holds is holds


def test_without_generator_the_autonomy_is_told_and_fails_nothing():
    nodes = [Utility(name="grid", voltage=V), ups("ups", "grid", energy=5e6, loss=(0.0, 0.0, 0.0))]
    found = study(build(nodes, [Load(name="rack", feeds=("ups",))]), [400e3], [LOST])
    ((_, check),) = autonomy_checks(found)
    assert check.value == pytest.approx(10.0, rel=1e-4)
    assert check.holds
    assert check.informational


def test_waits_of_switches_in_series_add_up():
    nodes = [
        Utility(name="grid", voltage=V),
        Generator(name="G", voltage=V, rating=1.25e6, rated_power=1e6, start_time=10.0),
        switch("S1", "grid", "G", gap=3.0, delay=10.0),
        Utility(name="other", voltage=V),
        switch("S2", "S1", "other", gap=5.0),
        ups("ups", "S2"),
    ]
    model = build(nodes, [Load(name="rack", feeds=("ups",))])
    found = study(model, [400e3], [Failure(frozenset({"grid", "other"}))])
    ((_, check),) = autonomy_checks(found)
    assert check.limit == pytest.approx(10.0 + 13.0 + 5.0 + 7.5)
    ((_, (step,)),) = generator_steps(found)
    assert step.time == pytest.approx(28.0)


def test_generator_behind_a_tie_ends_what_a_battery_bridges():
    nodes = [
        Utility(name="grid", voltage=V),
        Generator(name="G", voltage=V, rating=1.25e6, rated_power=1e6, start_time=10.0),
        switch("S", "grid", "G"),
        Utility(name="other", voltage=V),
        board("A", "S"),
        board("B", "other"),
        Tie(name="tie", fed_by=("A", "B"), voltage=V, rating=1e6, gap=2.0),
        ups("ups", "B"),
    ]
    model = build(nodes, [Load(name="rack", feeds=("ups",))])
    found = study(model, [400e3], [Failure(frozenset({"grid", "other"}))])
    ((_, check),) = autonomy_checks(found)
    assert not check.informational
    assert check.limit == pytest.approx(10.0 + 0.5 + 2.0 + 7.5)


def test_loads_that_come_together_are_one_step_and_a_ups_walks_in():
    ((_, steps),) = generator_steps(lost(hall()))
    assert [(s.time, round(s.power / 1e3)) for s in steps] == [(10.5, 300)]
    assert steps[0].ramped == pytest.approx(420e3, rel=1e-3)  # with the loss of the UPS
    assert all(check.holds for _, check in step_checks([(0, steps)]))


def test_ups_without_walk_in_comes_at_once_and_breaks_the_step():
    found = generator_steps(lost(hall(walk_in=0.0)))
    assert found[0][1][0].power == pytest.approx(720e3, rel=1e-3)
    ((_, check),) = step_checks(found)
    assert (check.limit, check.holds) == (500e3, False)


def test_delay_of_a_switch_makes_a_sequence():
    ((_, steps),) = generator_steps(lost(hall(walk_in=0.0, delay=20.0)))
    assert [(s.time, s.what) for s in steps] == [
        (10.5, ("it ats", "chiller ats")),
        (30.5, ("pump ats",)),
    ]
    assert [round(s.power / 1e3) for s in steps] == [620, 100]


def test_step_is_judged_in_every_failure_also_with_a_unit_that_does_not_start():
    one = Failure(LOST.dead, (("G", 1),))
    found = step_checks(generator_steps(lost(hall(units=2, step=0.5), LOST, one)))
    assert [(n, check.limit, check.holds) for n, check in found] == [
        (0, 500e3, True),
        (1, 250e3, False),
    ]


def test_ups_behind_a_ups_comes_once():
    nodes = [
        Utility(name="grid", voltage=V),
        Generator(name="G", voltage=V, rating=1.25e6, rated_power=1e6, start_time=10.0),
        switch("S", "grid", "G"),
        ups("first", "S", walk_in=0.0, loss=(0.0, 0.0, 0.0)),
        ups("second", "first", walk_in=0.0, loss=(0.0, 0.0, 0.0)),
    ]
    found = study(build(nodes, [Load(name="rack", feeds=("second",))]), [400e3], [LOST])
    ((_, (step,)),) = generator_steps(found)
    assert step.power == pytest.approx(400e3, rel=1e-4)


def clocks(found, *of):
    return [(n, c.node, c.value, c.holds) for n, c in clock_checks(found, of)]


def test_cooling_without_power_is_held_against_its_clock():
    found = lost(hall(delay=20.0))
    pumps = Clock("pumps", ("pump",), ("rack",), 25.0)
    chillers = Clock("chillers", ("chiller",), ("rack",), 25.0)
    assert clocks(found, pumps, chillers) == [
        (0, "pumps", pytest.approx(30.5), False),
        (0, "chillers", pytest.approx(10.7), True),
    ]


def test_cooling_that_a_failure_needs_not_has_no_clock_in_it():
    powers = [[400e3, 200e3, 100e3], [400e3, 200e3, 0.0]]
    found = study(hall(delay=20.0), powers, [LOST, LOST])
    checks = clocks(found, Clock("pumps", ("pump",), ("rack",), 25.0))
    assert checks == [(0, "pumps", pytest.approx(30.5), False)]


def test_cooling_that_is_lost_for_good_is_without_power_for_ever():
    for_good = Failure(frozenset({"pump ats"}))
    found = clocks(lost(hall(), for_good), Clock("pumps", ("pump",), ("rack",), 1e6))
    assert found == [(0, "pumps", float("inf"), False)]


def test_cooling_of_what_draws_nothing_or_of_which_a_part_runs_has_no_clock():
    dark = Failure(frozenset({"grid", "G", "ups"}))
    assert not clocks(lost(hall(), dark), Clock("pumps", ("pump",), ("rack",), 1.0))
    part = Failure(frozenset({"pump ats"}))
    both = Clock("all", ("chiller", "pump"), ("rack",), 1.0)
    assert not clocks(lost(hall(), part), both)


def test_without_batteries_racks_on_another_side_still_need_their_cooling():
    nodes = [
        Utility(name="grid", voltage=V),
        Utility(name="other", voltage=V),
        Generator(name="G", voltage=V, rating=1.25e6, rated_power=1e6, start_time=10.0),
        switch("S", "grid", "G"),
        board("A", "S"),
        board("B", "other"),
    ]
    loads = [Load(name="rack", feeds=("A", "B")), Load(name="pump", feeds=("A",), critical=False)]
    found = study(build(nodes, loads), [400e3, 100e3], [LOST])
    checks = clocks(found, Clock("pumps", ("pump",), ("rack",), 3.0))
    assert checks == [(0, "pumps", pytest.approx(10.5), False)]


def test_cooling_ends_with_the_batteries_of_what_it_cools_where_no_generator_comes():
    nodes = [Utility(name="grid", voltage=V), ups("ups", "grid", energy=60e6, loss=(0.0, 0.0, 0.0))]
    nodes.append(board("mech", "grid"))
    loads = [Load(name="rack", feeds=("ups",)), Load(name="pump", feeds=("mech",), critical=False)]
    found = study(build(nodes, loads), [400e3, 100e3], [LOST])
    checks = clocks(found, Clock("pumps", ("pump",), ("rack",), 60.0))
    assert checks == [(0, "pumps", pytest.approx(120.0, rel=1e-3), False)]
