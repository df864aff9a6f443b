"""Studies of every single failure: what breaks only then, and which node gives way."""

import numpy as np
import pytest

from power import Failure, Line, Load, Moment, Ups, Utility, build
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
