"""When a limit holds, is broken, or cannot be told; and what follows for the case."""

from types import SimpleNamespace

import pytest

from rehall import metrics
from rehall.summary import worst_first
from rehall.verdict import Limit, between_states, verdict


@pytest.mark.parametrize(
    ("value", "uncertainty", "holds"),
    [
        (26.0, 0.5, True),
        (26.8, 0.5, None),
        (27.2, 0.5, None),
        (28.0, 0.5, False),
        (27.0, 0.0, True),
    ],
)
def test_limit_within_its_uncertainty_is_undecided(value, uncertainty, holds):
    assert Limit("inlet", "A01", value, 27.0, "degC", uncertainty).holds is holds


def test_limit_from_below_is_broken_by_less():
    assert Limit("flow", "A01", 94.0, 95.0, "%", least=True).holds is False
    assert Limit("flow", "A01", 96.0, 95.0, "%", least=True).holds is True


@pytest.mark.parametrize(
    ("converged", "states", "word"),
    [
        (True, [True, True], "pass"),
        (True, [True, None], "unsure"),
        (True, [None, False], "fail"),
        (False, [True, True], "unsure"),
        (False, [False], "unsure"),
    ],
)
def test_verdict_follows_from_the_limits_and_from_convergence(converged, states, word):
    assert verdict(converged, [SimpleNamespace(holds=state) for state in states]) == word


def test_broken_limits_come_first_and_then_those_with_the_least_room():
    tight = Limit("a", "x", 26.9, 27.0, "degC")
    broken = Limit("b", "y", 30.0, 27.0, "degC")
    roomy = Limit("c", "z", 10.0, 27.0, "degC")
    nothing = Limit("unserved_power", "w", 0.0, 0.0, "kW")
    assert worst_first([roomy, nothing, tight, broken]) == [broken, tight, roomy, nothing]


def test_rack_cooling_index_falls_with_the_overheat_it_sums():
    # Herrlin (2005): one of two A2 racks 4 K above 27 degC, of 8 K to the allowable 35 degC.
    high, low = metrics.cooling_indices([(31.0, "A2"), (20.0, "A2")])
    assert high == pytest.approx(100 * (1 - 4 / (2 * 8)))
    assert low == pytest.approx(100.0)
    assert metrics.cooling_indices([(14.0, "A1")])[1] == pytest.approx(100 * (1 - 4 / 3))


def test_heat_indices_of_known_temperatures():
    # Supply 20, inlets 22, outlets 32: a sixth of the rise is recirculation.
    air = metrics.AirSide(10.0, 22.0, 32.0, 20.0, 12.0, 20.0 + 10.0 * 10.0 / 12.0)
    shi, rhi = metrics.heat_indices(air)
    assert shi == pytest.approx(2 / 12)
    assert shi + rhi == pytest.approx(1.0)
    assert metrics.return_index(air) == pytest.approx(100 * 10 / 12)


def test_pad_evaporates_the_latent_heat_of_its_cooling():
    assert metrics.evaporation(10.0, 8.0) * metrics.LATENT_HEAT == pytest.approx(10 * 8 * 1006)


def inlet(value, uncertainty=0.2):
    return Limit("rack_inlet_max", "A01", value, 27.0, "degC", uncertainty)


@pytest.mark.parametrize(
    ("first", "second", "holds", "word"),
    [
        (25.0, 25.1, True, "pass"),
        (25.0, 29.0, None, "unsure"),
        (29.0, 25.0, None, "unsure"),
        (29.0, 31.0, False, "fail"),
        (26.0, 22.0, None, "unsure"),  # both hold, but half of 4 K is more than the margin
    ],
)
def test_two_states_that_disagree_about_a_limit_leave_it_undecided(first, second, holds, word):
    (limit,) = between_states([inlet(first)], [inlet(second)])
    assert limit.holds is holds
    assert verdict(True, [limit]) == word


def test_states_on_either_side_of_a_limit_dispute_it_even_without_uncertainty():
    (limit,) = between_states([inlet(26.9, 0.0)], [inlet(27.1, 0.0)])
    assert limit.disputed
    assert limit.holds is None


def test_uncertainty_of_a_limit_is_at_least_half_of_the_difference_of_two_states():
    wide, narrow = inlet(20.0, 2.0), inlet(20.0, 0.5)
    assert between_states([wide], [inlet(23.0)])[0].uncertainty == 2.0
    assert between_states([narrow], [inlet(23.0)])[0].uncertainty == 1.5
    assert between_states([inlet(20.0, None)], [inlet(23.0)])[0].uncertainty is None


def test_limit_from_below_is_disputed_the_other_way_round():
    flow = Limit("flow", "A01", 96.0, 95.0, "%", least=True)
    assert between_states([flow], [Limit("flow", "A01", 94.0, 95.0, "%", least=True)])[0].disputed
    other = Limit("flow", "A02", 94.0, 95.0, "%", least=True)
    assert not between_states([flow], [other])[0].disputed
