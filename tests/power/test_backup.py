"""What bridges a loss of the utility: batteries, generators, and how long cooling stands still."""

import pytest

from power import (
    Battery,
    Board,
    Failure,
    Generator,
    Load,
    Moment,
    TransferSwitch,
    Ups,
    Utility,
    build,
    solve_states,
    states_of,
)
from power.backup import (
    Clock,
    autonomy,
    autonomy_checks,
    bridged,
    clock_checks,
    generator_steps,
    step_checks,
)

V = 415.0


def hall(energy=60e6, walk_in=15.0, delay=0.0, step=0.5, start_time=10.0):
    """400 kW of racks on a UPS, 200 kW of chillers and 100 kW of pumps on switches of their own."""
    bank = Battery(energy=energy, end_of_life=0.8)
    nodes = [
        Utility(name="grid", voltage=V),
        Generator(name="G", voltage=V, rating=1.25e6, rated_power=1e6, start_time=start_time,
                  step=step),
        *(
            TransferSwitch(name=f"{name} ats", fed_by=("grid", "G"), voltage=V, rating=1e6,
                           gap=0.5, delay=wait)
            for name, wait in (("it", 0.0), ("chiller", 0.2), ("pump", delay))
        ),
        Ups(name="ups", fed_by=("it ats",), voltage=V, rating=600e3, battery=bank,
            loss_coefficients=(0.0, 0.05, 0.0), walk_in=walk_in),
        Board(name="racks", fed_by=("ups",), voltage=V, rating=1e6),
    ]  # fmt: skip
    loads = [
        Load(name="rack", feeds=("racks",)),
        Load(name="chiller", feeds=("chiller ats",), critical=False),
        Load(name="pump", feeds=("pump ats",), critical=False),
    ]
    model = build(nodes, loads)
    states = states_of(model, [Failure(frozenset({"grid"}))], tuple(Moment))
    return model, solve_states(model, [400e3, 200e3, 100e3], states)


def test_battery_lasts_its_old_energy_over_its_load_in_a_cold_room_less():
    table = ((278.15, 0.7), (298.15, 1.0))
    assert autonomy(Battery(energy=100e6), 200e3) == pytest.approx(400.0)
    cold = Battery(energy=100e6, derating=table, temperature=288.15)
    assert autonomy(cold, 200e3) == pytest.approx(0.85 * 400.0)
    assert autonomy(Battery(energy=100e6), 0.0) == float("inf")


@pytest.mark.parametrize(("energy", "holds"), [(60e6, True), (5e6, False)])
def test_battery_must_last_until_the_generator_has_taken_over(energy, holds):
    model, state = hall(energy)
    (found,) = autonomy_checks(model, state)
    assert found.value == pytest.approx(0.8 * energy / 400e3, rel=1e-4)
    assert found.limit == pytest.approx(10.5)
    assert found.holds is holds


def test_without_generator_the_autonomy_is_told_and_fails_nothing():
    bank = Battery(energy=5e6)
    nodes = [Utility(name="grid", voltage=V)]
    nodes.append(Ups(name="ups", fed_by=("grid",), voltage=V, rating=600e3, battery=bank,
                     loss_coefficients=(0.0,) * 3))  # fmt: skip
    model = build(nodes, [Load(name="rack", feeds=("ups",))])
    states = states_of(model, [Failure(frozenset({"grid"}))], tuple(Moment))
    (found,) = autonomy_checks(model, solve_states(model, [400e3], states))
    assert found.value == pytest.approx(10.0, rel=1e-4)
    assert found.holds
    assert found.informational


def test_loads_that_come_together_are_one_step_and_a_ups_walks_in():
    model, state = hall()
    steps = generator_steps(model, state)
    assert [(s.time, round(s.power / 1e3)) for s in steps] == [(10.5, 300)]
    assert steps[0].ramped == pytest.approx(420e3, rel=1e-3)  # with the loss of the UPS
    assert all(check.holds for check in step_checks(steps))


def test_ups_without_walk_in_comes_at_once_and_breaks_the_step():
    steps = generator_steps(*hall(walk_in=0.0))
    assert steps[0].power == pytest.approx(720e3, rel=1e-3)
    (found,) = step_checks(steps)
    assert (found.limit, found.holds) == (500e3, False)


def test_delay_of_a_switch_makes_a_sequence():
    steps = generator_steps(*hall(walk_in=0.0, delay=20.0))
    assert [(s.time, s.what) for s in steps] == [
        (10.5, ("it ats", "chiller ats")),
        (30.5, ("pump ats",)),
    ]
    assert [round(s.power / 1e3) for s in steps] == [620, 100]


def test_cooling_without_power_is_held_against_its_clock():
    model, state = hall(delay=20.0)
    assert bridged(model, model.index["pump ats"]) == pytest.approx(30.5)
    clocks = [Clock("pumps", ("pump",), 25.0), Clock("chillers", ("chiller",), 25.0)]
    found = {check.node: (check.value, check.holds) for check in clock_checks(model, state, clocks)}
    assert found == {"pumps": (pytest.approx(30.5), False), "chillers": (pytest.approx(10.7), True)}


def test_cooling_that_keeps_a_part_of_its_power_has_no_clock():
    model, state = hall()
    assert not clock_checks(model, state, [Clock("all", ("rack", "pump"), 1.0)])
