import pytest

from rehall.redundancy.alike import alike, name_of, shortened


@pytest.fixture
def whip(rows):
    def make(n, value=230.0, **given):
        return rows.state(f"whip {n}", rows.broken("unserved_power", value=value), **given)

    return make


def test_whips_that_break_the_same_are_one_row_at_the_place_of_the_first(whip, rows):
    states = [whip(1), rows.state("pump", kind="pump"), whip(2), whip(3, 230.04)]
    assert [(s["state"], n) for s, n in alike(states)] == [("whip 1", 3), ("pump", 1)]
    assert name_of(states[0], 3) == "whip 1 and 2 alike"
    assert name_of(states[1], 1) == "pump"


@pytest.mark.parametrize(
    "apart",
    [
        {"value": 231.0},
        {"verdict": "unsure"},
        {"subsystem": "others"},
        {"kind": "pump"},
        {"mode": "trips"},
        {"first_limit_s": 4.0},
        {"unserved_kw": 50.0},
        {"throttled_kw": 50.0},
        {"kind_of_state": "pair"},
    ],
    ids=str,
)
def test_states_that_break_something_else_are_apart(whip, apart):
    assert len(alike([whip(1), whip(2)])) == 1
    assert len(alike([whip(1), whip(2, **apart)])) == 2


def test_scenarios_are_never_grouped(whip):
    assert len(alike([whip(n, kind_of_state="scenario") for n in (1, 2)])) == 2


def test_a_long_name_keeps_how_many_are_alike():
    told = shortened("x" * 80 + " and 31 alike", 40)
    assert len(told) == 40
    assert told.endswith("… and 31 alike")
    assert shortened("fits", 4) == "fits"
