from dataclasses import replace

import pytest

from rehall.sweep.rows import best, columns_of, cooling_power, margin, pareto, row_of
from rehall.sweep.samples import vary


def limit(name, value, most, holds=True, where="A01"):
    return {"name": name, "where": where, "value": value, "limit": most, "holds": holds}


def summary(*limits, **given):
    racks = [
        {"name": name, "inlet_max_c": T, "inlet_mean_c": T and T - 1.0}
        for name, T in (("A01", 24.0), ("A02", 25.5), ("W01", None))
    ]
    metrics = {"pue": 1.2, "utility_kw": 120.0, "energy_cost_per_year": None}
    tables = {
        "cooling_units": [{"name": "FW1", "fan_kw": 2.0, "on": True}],
        "cdus": [{"name": "CDU1", "pump_kw": 3.0}],
        "openings": [{"name": "EF1", "power_kw": 0.5}],
        "facilities": [{"name": "chw", "pump_kw": 4.0, "rejection_kw": 10.0}],
    }
    whole = {"verdict": "pass", "reasons": [], "limits": list(limits), "racks": racks}
    return whole | {"metrics": metrics} | tables | given


@pytest.fixture
def row(variant):
    """Return a function: the row of a variant that has told a summary."""

    def make(*limits, **given):
        told = {"summary": summary(*limits, **given), "wall_s": 1.234, "start": 7}
        one = replace(variant(3, 0.0), values=("20 degC",))
        return row_of(one, [vary("FW1.supply = 20 degC")], told)

    return make


@pytest.mark.parametrize(
    ("given", "left"),
    [
        (limit("rack_inlet_max", 24.0, 30.0), 20.0),
        (limit("rack_inlet_max", 33.0, 30.0, holds=False), -10.0),
        (limit("rack_inlet_max", 29.7, 30.0, holds=None), 1.0),
        (limit("coolant_flow_min", 90.0, 80.0), 12.5),
        (limit("coolant_flow_min", 60.0, 80.0, holds=False), -25.0),
        (limit("coolant_flow_min", 84.0, 80.0, holds=None), 5.0),
        (limit("battery_autonomy", 450.0, 300.0), 50.0),  # from below, and its name does not say it
        (limit("dew_point_margin_min", -1.0, -2.0), 50.0),
        (limit("unserved_power", 0.0, 0.001), 100.0),
        (limit("unserved_power", 5.0, 0.001, holds=False), -100.0),
        (limit("unserved_power", 5.0, 0.001, holds=None), 0.0),
    ],
)
def test_margin_is_what_is_left_of_a_limit_and_less_than_nothing_where_it_is_broken(given, left):
    assert margin(given) == pytest.approx(left)


def test_row_names_the_hottest_inlet_and_the_limit_with_least_left(row):
    found = row(
        limit("rack_inlet_max", 25.5, 30.0, where="A02"),
        limit("rack_inlet_max", 24.0, 30.0),
        limit("node_loading_max", 88.0, 80.0, holds=False, where="TA"),
        limit("rack_power_max", 9.0, 9.0),
        limit("voltage_drop_max", 2.0, 3.0, holds=None),
    )
    assert (found["max_inlet_c"], found["max_inlet_at"]) == (25.5, "A02")
    assert found["mean_inlet_c"] == pytest.approx(23.75)
    assert found["least_margin_pct"] == pytest.approx(-10.0)
    assert found["least_margin_of"] == "node_loading_max TA"
    assert (found["broken"], found["undecided"]) == (1, 1)
    assert (found["rack_inlet_max.value"], found["rack_inlet_max.where"]) == (25.5, "A02")
    assert found["cooling_units.FW1.fan_kw"] == 2.0
    assert "cooling_units.FW1.on" not in found
    assert (found["FW1.supply"], found["number"]) == ("20 degC", 3)
    assert (found["started_from"], found["wall_s"]) == (7, 1.23)


def test_limit_that_is_met_to_the_digit_has_not_the_least_left(row):
    found = row(limit("rack_power_max", 9.0, 9.0), limit("rack_inlet_max", 24.0, 30.0))
    assert found["least_margin_of"] == "rack_inlet_max A01"
    assert row(limit("rack_power_max", 9.0, 9.0))["least_margin_pct"] is None


def test_hall_without_racks_in_the_air_has_a_row_too(row):
    found = row(racks=[])
    assert found["max_inlet_c"] is None
    assert found["mean_inlet_c"] is None


def test_cooling_is_what_fans_pumps_and_rejection_draw():
    assert cooling_power(summary()) == pytest.approx(2 + 3 + 0.5 + 4 + 10)


def made(number, cooling, left, verdict="pass", reason=""):
    return {"number": number, "cooling_kw": cooling, "least_margin_pct": left} | {
        "verdict": verdict,
        "reason": reason,
    }


ROWS = [
    made(0, 30.0, 20.0),
    made(1, 20.0, 10.0),
    made(2, 25.0, 8.0),  # 1 has both less cooling and more margin
    made(3, 10.0, -5.0, "fail"),
    made(4, 40.0, 20.0),  # 0 has as much margin with less cooling
    made(5, 1.0, 50.0, "unsure", "air did not settle"),
    {"number": 6, "verdict": "unsolved", "reason": "no case"},
]


def test_best_holds_every_limit_with_the_least_cooling():
    assert best(ROWS)["number"] == 1
    assert best(ROWS[3:4] + ROWS[5:]) is None


def test_pareto_leaves_out_what_another_beats_and_what_is_not_known():
    assert [row["number"] for row in pareto(ROWS)] == [3, 1, 0]
    assert [row["number"] for row in pareto(ROWS[::-1])] == [3, 1, 0]
    assert pareto([]) == []


def test_inputs_and_what_matters_most_are_the_first_columns():
    columns = columns_of(ROWS, [vary("B.power = 1 kW"), vary("A.power = 1 kW")])
    assert columns[:4] == ["B.power", "A.power", "number", "verdict"]
    assert len(columns) == len(set(columns))
