"""Rows, limits, CSV and curves of a march of coolant made up by hand."""

import csv

import numpy as np
import pytest

from rehall.coolant_log import CoolantMarch, still_warming
from rehall.coolant_plot import curves, draw_coolant
from rehall.coolant_results import limits_of, part_of_summary, write_csv
from rehall.schema.transient import EventSpec, TransientSpec

ZERO = 273.15


@pytest.fixture
def found():
    """A with plates stands still from 2 s on and warms by 2 K/s; B without them flows."""
    times = np.array([0.0, 2.0, 2.0, 12.0, 22.0])
    still = np.array([0.0, 0.0, 0.0, 20.0, 40.0])
    steady = np.zeros(5)
    return CoolantMarch(
        times=times,
        racks=("A", "B"),
        T_in=np.stack([steady + 43.0, steady + 43.0], axis=1) + ZERO,
        T_hottest=np.stack([52.0 + still, 50.0 + steady], axis=1) + ZERO,
        T_chip=np.stack([66.0 + 0.5 * still, np.full(5, np.nan)], axis=1) + ZERO,
        m_flow=np.stack([[6.0, 6.0, 0.0, 0.0, 0.0], [2.0, 2.0, 1.0, 1.0, 2.0]], axis=1),
        coils=(),
        T_coil=np.zeros((5, 0)),
        m_coil=np.zeros((5, 0)),
        circuits=("tcs", "fws"),
        T_supply=np.stack([steady + 43.0, 39.0 + 0.1 * times], axis=1) + ZERO,
        limits=np.array([[45.0, 65.0, 83.0], [45.0, 65.0, np.nan]]) + ZERO,
        T_known=np.array([90.0, 90.0]) + ZERO,
        m_wanted=np.stack([steady + 6.0, [1.8, 1.8, 1.8, 1.8, 2.4]], axis=1),
        flow_min=0.95,
        warming={"A": 2.0, "B": 1.5},
        assumptions=[],
        warnings=[],
        reason="",
    )


def spec():
    event = EventSpec.model_validate({"at": "2 s", "item": "CDU1", "state": "off"})
    return TransientSpec.model_construct(duration=22.0, events=(event,))


def test_rows_tell_when_what_is_passed(found):
    part = part_of_summary(found)
    a, b = part["racks"]
    assert a["coolant_broken_at_s"] == pytest.approx(2.0 + 10.0 * 13.0 / 20.0)
    assert a["chip_broken_at_s"] == pytest.approx(12.0 + 10.0 * 7.0 / 10.0)
    assert (a["still_at_s"], a["flow_least_pct"]) == (2.0, 0.0)
    assert (b["still_at_s"], b["flow_least_pct"]) == (None, 50.0)
    assert (a["flow_end_pct"], a["flow_low_at_s"]) == (0.0, 2.0)
    assert b["flow_end_pct"] == pytest.approx(100 * 2.0 / 2.4)
    assert b["flow_low_at_s"] == 2.0
    assert {b[key] for key in b if key.startswith("chip_")} == {None}
    assert {b["coolant_broken_at_s"], b["supply_broken_at_s"], a["supply_broken_at_s"]} == {None}
    assert part["first_limit_broken_s"] == a["coolant_broken_at_s"]
    fws = part["circuits"][1]
    assert (fws["supply_start_c"], fws["supply_end_c"]) == pytest.approx((39.0, 41.2))


def test_limits_in_time_are_of_the_warmest(found):
    steady = {"name": "dew_point_margin_min", "value": 3.0, "limit": 2.0, "uncertainty": 0.0}
    summary = {"limits": [{**steady, "where": "tcs"}]}
    limits = {(x.name, x.where): x for x in limits_of(summary, part_of_summary(found))}
    assert len(limits) == 8  # B has no chips to tell of, fws no dew point
    chip = limits["chip_temperature_max_transient", "A"]
    assert (chip.value, chip.limit, chip.holds) == (pytest.approx(86.0), pytest.approx(83.0), False)
    assert limits["coolant_return_max_transient", "B"].holds
    assert limits["coolant_return_max_transient", "A"].value == pytest.approx(92.0)
    assert limits["coolant_flow_min_transient", "A"].holds is False
    assert limits["coolant_flow_min_transient", "B"].holds is False  # it wants more in the end
    found.m_wanted[-1, 1] = 2.1
    rows = limits_of(summary, part_of_summary(found))
    (b,) = (x for x in rows if (x.name, x.where) == ("coolant_flow_min_transient", "B"))
    assert b.holds  # a gap that ends


@pytest.mark.parametrize(("colder", "holds"), [(0.0, True), (0.9, True), (1.1, False)])
def test_a_supply_that_gets_colder_comes_nearer_to_the_dew_point(found, colder, holds):
    found.T_supply[2, 0] -= colder
    steady = {"name": "dew_point_margin_min", "value": 3.0, "limit": 2.0, "uncertainty": 0.0}
    part = part_of_summary(found)
    assert part["circuits"][0]["supply_lowest_c"] == pytest.approx(43.0 - colder)
    (limit,) = [
        limit
        for limit in limits_of({"limits": [{**steady, "where": "tcs"}]}, part)
        if limit.name == "dew_point_margin_min_transient"
    ]
    assert limit.value == pytest.approx(3.0 - colder)
    assert limit.holds is holds


def test_what_still_warms_at_the_end_is_told():
    times, flat = np.array([0.0, 50.0, 60.0]), np.full(3, 320.0)
    rising = np.array([320.0, 321.0, 321.5])
    series = {"the supply of": (("tcs", "fws"), np.stack([flat, rising], axis=1))}
    (told,) = still_warming(times, series)
    assert "the supply of fws still warms by 3 K a minute" in told
    fallen = np.array([325.0, 321.0, 320.9])
    assert still_warming(times, {"coolant in": (("A",), fallen[:, None])}) == []
    assert still_warming(times[:1], series) == []


def test_series_are_a_table_with_nothing_where_nothing_is_known(found, tmp_path):
    with write_csv(found, tmp_path).open() as file:
        header, *rows = csv.reader(file)
    assert header[1:5] == ["A inlet_c", "A hottest_c", "A chip_c", "A kg_s"]
    assert header[-2:] == ["tcs supply_c", "fws supply_c"]
    assert len(rows) == 5
    assert rows[-1][:5] == ["22", "43", "92", "86", "0"]
    assert rows[-1][header.index("B chip_c")] == ""


def test_curves_show_every_rack_and_its_limits(found, tmp_path):
    flow, coolant, chips, supply = curves(found, spec()).axes
    lines = {line.get_label(): line.get_ydata() for line in coolant.get_lines()}
    np.testing.assert_allclose(lines["A"], found.T_hottest[:, 0] - ZERO)
    assert {"A", "B", "limit 65 degC"} <= set(lines)
    assert "B" not in {line.get_label() for line in chips.get_lines()}
    of_supply = {line.get_label() for line in supply.get_lines()}
    assert {"tcs", "fws", "limit of racks 45 degC"} <= of_supply
    np.testing.assert_allclose(flow.get_lines()[0].get_ydata(), [100, 100, 0, 0, 0])
    assert draw_coolant(found, spec(), tmp_path).stat().st_size > 10_000


def test_a_rack_that_stands_still_from_the_start_has_no_share_of_its_flow(found):
    found.m_flow[:, 0] = 7e-7  # what a check valve leaks
    row = part_of_summary(found)["racks"][0]
    assert (row["flow_least_pct"], row["still_at_s"]) == (None, 0.0)
