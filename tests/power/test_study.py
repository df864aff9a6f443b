"""Studies of every single failure: what breaks only then, and which node gives way."""

from dataclasses import replace

import numpy as np
import pytest

from geometry.errors import InputError
from power import (
    Battery,
    Board,
    Failure,
    Generator,
    Line,
    Load,
    Moment,
    Tie,
    TransferSwitch,
    Transformer,
    Ups,
    Utility,
    build,
    headroom,
    solve_states,
)
from power.capacity import capacity
from power.states import states_of
from power.study import collapses_at, moments_of, single_failures, study

LOSS = (0.006, 0.012, 0.013)
V = 415.0


def two_n(power):
    """Ten racks on two UPS of 2.5 MW."""
    nodes = [Utility(name="grid", voltage=V)]
    nodes += [
        Ups(name=n, fed_by=("grid",), voltage=V, rating=2.5e6, loss_coefficients=LOSS) for n in "AB"
    ]
    racks = [Load(name=f"r{n}", feeds=("A", "B"), power_factor=1.0) for n in range(10)]
    model = build(nodes, racks)
    return study(model, [power] * 10)


def names(found):
    return [str(failure) for failure in found.failures]


def test_2n_pair_holds_in_the_normal_state_and_is_overloaded_after_a_loss():
    held, raised = two_n(232.8e3), two_n(1.1 * 232.8e3)
    lost = names(held).index("A lost")
    assert not held.broken(0)
    assert not held.broken(lost)
    assert not raised.broken(0)
    found = {(check.node, check.rule) for _, check in raised.broken(lost)}
    assert found == {("B", "loading"), ("B", "real power")}


def test_headroom_after_a_loss_is_half_of_the_normal_one_less_the_load():
    found = two_n(200e3)
    room = found.room(np.array([1, 2]))
    assert room.path[0] == pytest.approx([1.5e6, 1.5e6], rel=1e-5)
    lost = names(found).index("A lost")
    assert room.path[lost] == pytest.approx([0.0, 0.5e6], rel=1e-5)


def test_utility_lost_serves_nothing_and_says_how_much():
    found = two_n(200e3)
    lost = names(found).index("grid lost")
    assert found.unserved(lost).sum() == pytest.approx(2e6)
    assert {check.rule for _, check in found.broken(lost)} == {"unserved power"}


def test_every_device_fails_alone_and_every_ups_goes_to_its_bypass():
    found = [str(failure) for failure in single_failures(two_n(1e3).model)]
    assert found == ["grid lost", "A lost", "A on bypass", "B lost", "B on bypass"]


def test_generators_fail_to_start_when_all_utilities_are_lost(plant):
    found = [str(f) for f in single_failures(plant) if "does not start" in str(f)]
    assert found == ["U lost and a unit of G does not start", "U lost and G does not start"]


@pytest.fixture(scope="module")
def plant():
    """Two sides on one utility and two generators; a tie, a static switch, modules, a bad UPS."""

    def line(name, feed, **changes):
        usual = {"rating": 143.8e3, "length": 30.0, "resistance": 0.16e-3, "reactance": 0.085e-3}
        return Line(name=name, fed_by=(feed,), voltage=V, **(usual | changes))

    def switch(name, *feeds, gap, rating, voltage=V):
        return TransferSwitch(name=name, fed_by=feeds, voltage=voltage, rating=rating, gap=gap)

    def transformer(name, feed, rating, tap=0.0):
        return Transformer(name=name, fed_by=(feed,), voltage=V, rating=rating, tap=tap,
                           impedance=0.0575, no_load_loss=1575.0, load_loss=18500.0)  # fmt: skip

    def ups(name, feed, **changes):
        bank = Battery(energy=7.5e8, recharge=5e4)
        return Ups(name=name, fed_by=(feed,), voltage=V, rating=8e5, battery=bank,
                   loss_coefficients=LOSS, **changes)  # fmt: skip

    nodes = [
        Utility(name="U", voltage=13.8e3, short_circuit_power=100e6, demand_limit=2e6),
        Generator(name="G", voltage=13.8e3, rating=2.2e6, rated_power=1.8e6, units=2,
                  start_time=10.0),
        switch("SA", "U", "G", gap=0.5, rating=5e6, voltage=13.8e3),
        switch("SB", "U", "G", gap=0.5, rating=5e6, voltage=13.8e3),
        transformer("TA", "SA", 2.5e6, tap=0.025),
        transformer("TB", "SB", 1.5e6),
        Board(name="A", fed_by=("TA",), voltage=V, rating=3e6),
        Board(name="B", fed_by=("TB",), voltage=V, rating=3e6),
        Tie(name="tie", fed_by=("A", "B"), voltage=V, rating=1.2e6),
        ups("XA", "A", units=4, real_rating=7e5),
        ups("XB", "B", input_power_factor=0.95, eco=True, eco_loss=0.03),
        line("wA", "XA", rating=7e5, resistance=0.03e-3),
        line("wB", "XB", rating=7e5, resistance=0.03e-3),
        line("a1", "wA"), line("b1", "wB"),
        switch("STS", "wA", "wB", gap=0.005, rating=3e5),
        line("s1", "STS"),
    ]  # fmt: skip
    loads = [
        Load(name="r1", feeds=("a1", "b1")),
        Load(name="r3", feeds=("s1",), power_factor=0.9),
        Load(name="chill", feeds=("A",), power_factor=0.85, critical=False),
    ]
    return build(nodes, loads)


PLANT = [60e3, 40e3, 100e3]
WARM = 328.15


@pytest.mark.parametrize("air", [None, WARM])
def test_load_of_the_size_of_the_headroom_brings_what_binds_to_its_limit_in_every_failure(
    plant, air
):
    """Independent answer: another load flow of the same failure with the extra load in place."""
    table = ((313.15, 1.0), (333.15, 0.8))
    nodes = [replace(n, derating=table) if isinstance(n, Line | Ups) else n for n in plant.nodes]
    model = build(nodes, plant.loads)
    ambient = None if air is None else np.full(len(nodes), air)
    found = study(model, PLANT, ambient=ambient)
    every = np.arange(len(nodes))
    checked = 0
    for n, failure in enumerate(found.failures):
        row = found.settled(n)
        room = headroom(model, found.state.at(row), found.limits.at(row), every)
        for place in every[found.state.live[row] & np.isfinite(room.path) & (room.path > 0)]:
            if isinstance(nodes[place], Tie | Generator):
                continue  # nothing may hang on them
            factor = 1.0 / np.hypot(1.0, model.worst_tangent[place])
            extra = Load(name="extra", feeds=(nodes[place].name,), power_factor=float(factor))
            more = build(nodes, [*model.loads, extra])
            end = solve_states(more, [*PLANT, room.path[place]], states_of(more, [failure])).at(0)
            limits = capacity(more, end, ambient)
            apparent, real = (np.where(end.live, x, np.inf) for x in (limits.apparent, limits.real))
            use = np.maximum(end.load / apparent, end.power / real)
            assert use.max() == pytest.approx(1.0, abs=2e-3), (str(failure), nodes[place].name)
            assert use[room.binding[place]] == pytest.approx(1.0, abs=2e-3)
            checked += 1
    assert checked > 200


def test_headroom_of_a_failure_is_the_least_of_the_moments_that_last(plant):
    """While batteries recharge from generators there is less of them."""
    lost = Failure(frozenset({"U"}), name="U lost")
    found = study(plant, [500e3, 200e3, 600e3], [lost])
    settled = headroom(plant, found.state.at(found.settled(0)))
    place = np.array([plant.index["G"]])
    charged = found.state.charging[found.rows(0)].sum(axis=1).max()
    assert charged == pytest.approx(1e5)
    left = settled.path[place[0]] - found.room(place).path[0, 0]
    assert left == pytest.approx(charged, rel=0.05)


def test_warm_air_takes_from_the_kilowatts_of_a_ups_too():
    table = ((313.15, 1.0), (323.15, 0.8))
    nodes = [Utility(name="grid", voltage=V)]
    nodes.append(Ups(name="ups", fed_by=("grid",), voltage=V, rating=2.5e6, real_rating=2e6,
                     loss_coefficients=LOSS, derating=table))  # fmt: skip
    model = build(nodes, [Load(name="rack", feeds=("ups",), power_factor=1.0)])
    warm = study(model, [1.7e6], [Failure()], np.array([np.nan, 323.15]))
    assert [(c.rule, c.limit) for _, c in warm.broken(0)] == [("real power", 1.6e6)]
    assert not study(model, [1.7e6], [Failure()]).broken(0)


def test_moments_that_cannot_differ_are_not_solved(chain):
    model = build(chain("A", 1, 1), [Load(name="rack", feeds=("whip 0.0 A",))])
    assert moments_of(model) == (Moment.SETTLED,)


def test_node_that_gives_way_is_named():
    nodes = [
        Utility(name="grid", voltage=V),
        Line(name="strong", fed_by=("grid",), voltage=V, rating=5e6, length=10.0,
             resistance=1e-6, reactance=1e-6),
        Line(name="thin", fed_by=("strong",), voltage=V, rating=50e3, length=500.0,
             resistance=1e-3, reactance=1e-4),
    ]  # fmt: skip
    model = build(nodes, [Load(name="rack", feeds=("thin",))])
    found = study(model, [2e6])
    assert not found.state.converged[found.settled(0)]
    assert collapses_at(model, np.array([2e6]), states_of(model, [Failure()])) == "thin"


def test_failures_with_powers_of_their_own_are_what_each_is_alone():
    plant = build(
        [Utility(name="grid", voltage=V), Board(name="A", fed_by=("grid",), voltage=V, rating=1e6)],
        [Load(name="x", feeds=("A",)), Load(name="y", feeds=("grid",))],
    )
    failures, powers = [Failure(), Failure(frozenset({"A"}))], [[500e3, 1e3], [2e6, 3e3]]
    together = study(plant, powers, failures)
    np.testing.assert_array_equal(together.wanted, powers[0])
    for n, (failure, power) in enumerate(zip(failures, powers, strict=True)):
        alone = study(plant, power, [failure])
        np.testing.assert_array_equal(together.wanted_in(n), alone.wanted)
        np.testing.assert_allclose(together.unserved(n), alone.unserved(0))
        rows = together.rows(n)
        np.testing.assert_allclose(together.state.load[rows], alone.state.load, rtol=1e-9)
        assert [str(check) for _, check in together.broken(n)] == [
            str(check) for _, check in alone.broken(0)
        ]


def test_powers_that_are_neither_alike_nor_one_row_for_each_failure_are_refused(model):
    with pytest.raises(InputError, match="2 failures and 6 loads"):
        study(model, [[1e3] * 6] * 3, [Failure(), Failure()])
