"""What the air round a node leaves of its rating, and what that does to headroom."""

import math

import numpy as np
import pytest

from geometry.errors import InputError
from power import Line, Load, Utility, build, checks, headroom, solve
from power.capacity import capacity, conductor_factor, derating

ZERO = 273.15
V = 415.0
TABLE = ((ZERO + 40, 1.0), (ZERO + 50, 0.96), (ZERO + 60, 0.85))


def whip(**changes):
    """A whip of 100 A on conductors of 115 A, loaded with a shelf's half: 79.3 A."""
    usual = {
        "rating": math.sqrt(3) * V * 100.0, "length": 1.0, "resistance": 0.0, "reactance": 0.0,
        "ampacity": 115.0, "insulation": ZERO + 90, "derating": TABLE,
    }  # fmt: skip
    nodes = [Utility(name="grid", voltage=V)]
    nodes.append(Line(name="whip", fed_by=("grid",), voltage=V, kind="whip", **(usual | changes)))
    return build(nodes, [Load(name="shelf", feeds=("whip",), power_factor=0.99)])


def holds(model, air):
    state = solve(model, [0.5 * 110e3 / 0.975])
    limits = capacity(model, state, np.array([np.nan, air]))
    return {c.rule: c.holds for c in checks(model, state, limits) if c.node == "whip"}


@pytest.mark.parametrize(
    ("T", "share"), [(20, 1.0), (40, 1.0), (45, 0.98), (50, 0.96), (60, 0.85), (70, 0.74), (200, 0)]
)
def test_share_of_the_rating_follows_the_table_and_goes_on_beyond_it(T, share):
    assert derating(TABLE, ZERO + T) == pytest.approx(share, abs=1e-12)


@pytest.mark.parametrize(
    ("T", "insulation", "factor"),
    [(30, 90, 1.0), (50, 90, 0.816497), (55, 90, 0.763763), (50, 75, 0.745356), (95, 90, 0.0)],
)
def test_conductors_follow_the_formula_of_the_code(T, insulation, factor):
    # NEC 310.15(B)(1) tables 0.82 and 0.76 at 46-50 and 51-55 degC for 90 degC, 0.75 for 75 degC.
    assert conductor_factor(ZERO + T, ZERO + insulation) == pytest.approx(factor, abs=1e-6)


def test_whip_holds_in_cool_air_and_fails_in_a_hot_aisle():
    assert holds(whip(), ZERO + 25) == {
        "loading": True, "conductor": True, "voltage drop": True,
        "voltage drop since transformer or UPS": True,
    }  # fmt: skip
    assert not holds(whip(), ZERO + 50)["loading"]  # 76.8 A
    assert holds(whip(), ZERO + 50)["conductor"]  # 93.9 A


def test_hot_air_lowers_the_headroom_by_the_factor_of_the_table():
    model = whip()
    state = solve(model, [0.0])
    cool, hot = (
        headroom(model, state, capacity(model, state, np.array([np.nan, T]))).own[1]
        for T in (ZERO + 25, ZERO + 50)
    )
    assert hot / cool == pytest.approx(0.96, rel=1e-6)


def test_conductors_limit_where_they_are_worse_than_the_breaker():
    model = whip(insulation=ZERO + 60)
    state = solve(model, [0.0])
    found = capacity(model, state, np.array([np.nan, ZERO + 55]))
    amperes = found.apparent[1] / (math.sqrt(3) * V)
    assert amperes == pytest.approx(115.0 * math.sqrt(5 / 30), rel=1e-9)


def test_small_breaker_limits_a_large_busway_and_a_large_one_is_refused():
    model = whip(breaker=80.0)
    state = solve(model, [0.0])
    assert capacity(model, state).apparent[1] == pytest.approx(0.8 * 80 * math.sqrt(3) * V)
    with pytest.raises(InputError, match="breaker of 120 A is larger than the 115 A"):
        whip(breaker=120.0)
    with pytest.raises(InputError, match="breaker of 100 A is larger than its cable of 90 A"):
        whip(ampacity=90.0)


def test_air_that_is_not_known_changes_nothing():
    model = whip()
    state = solve(model, [10e3])
    rated, unknown = capacity(model, state), capacity(model, state, np.array([np.nan, np.nan]))
    np.testing.assert_array_equal(rated.apparent, unknown.apparent)
