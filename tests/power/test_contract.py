"""Prices by the hour, demand by the month, and the hours that are called."""

import numpy as np
import pytest

from power.contract import Period, Tariff, curtailed, demand_cost, energy_cost, prices

KWH = 3.6e6  # [J]
DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
MONTH = np.repeat(np.arange(1, 13), 24 * np.array(DAYS))
HOUR = np.tile(np.arange(1, 25), 365)


def test_flat_price_costs_energy_times_price():
    price = prices(Tariff(0.05 / KWH), MONTH, HOUR)
    assert energy_cost(np.full(8760, 1e6), price) == pytest.approx(8760e3 * 0.05)


def test_period_holds_for_its_hours_months_and_workdays():
    # June to September 2001 begin and end on a Friday and a Sunday: 86 workdays, six hours each.
    peak = Period(0.2 / KWH, hours=(14.0, 20.0), months=(6, 9), days="workdays")
    price = prices(Tariff(0.05 / KWH, (peak,), first_day="monday"), MONTH, HOUR)
    days = np.arange("2001-06-01", "2001-10-01", dtype="datetime64[D]")
    assert np.isclose(price, 0.2 / KWH).sum() == 6 * np.is_busday(days).sum()
    assert set(HOUR[np.isclose(price, 0.2 / KWH)]) == {15, 16, 17, 18, 19, 20}


def test_weekend_follows_the_first_day_of_the_year():
    weekend = Tariff(1.0, (Period(2.0, days="weekend"),), first_day="saturday")
    price = prices(weekend, MONTH, HOUR)
    assert (price[:48] == 2.0).all()
    assert (price[48:168] == 1.0).all()


def test_hours_run_over_midnight_and_months_over_the_turn_of_the_year():
    night = Tariff(1.0, (Period(2.0, hours=(22.0, 6.0), months=(11, 2)),))
    price = prices(night, MONTH, HOUR)
    assert set(HOUR[price == 2.0]) == {23, 24, 1, 2, 3, 4, 5, 6}
    assert set(MONTH[price == 2.0]) == {11, 12, 1, 2}


def test_last_period_that_applies_counts():
    two = Tariff(1.0, (Period(2.0), Period(3.0, hours=(0.0, 1.0))))
    assert (prices(two, MONTH, HOUR)[:3] == [3.0, 2.0, 2.0]).all()


def test_demand_is_charged_by_the_highest_hour_of_every_month():
    power = np.full(8760, 1e6)
    power[10] = 3e6
    assert demand_cost(power, MONTH, 10.0 / 1e3) == pytest.approx(10.0 * (3000 + 11 * 1000))


def test_dearest_hours_are_called_and_of_equal_ones_the_hottest():
    price, T = np.ones(8760), np.full(8760, 290.0)
    price[[5, 6]] = 2.0
    T[100] = 310.0
    assert np.flatnonzero(curtailed(3, price, T)).tolist() == [5, 6, 100]
    assert curtailed(8760, price, T).all()
