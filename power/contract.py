"""What the electricity of a year costs: energy by period, demand by month, credit for curtailment.

Hours are those of a year, one after the other: `hour` 1 to 24 is the hour that ends then.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

HOUR = 3600.0
WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True)
class Period:
    """Hours with a price of their own [currency/J].

    `hours` from the first to the second of a day, over midnight where the first is later; `months`
    from the first to the second, over the turn of the year likewise; `days`: all, workdays or
    weekend.
    """

    price: float
    hours: tuple[float, float] = (0.0, 24.0)
    months: tuple[int, int] = (1, 12)
    days: str = "all"


@dataclass(frozen=True)
class Tariff:
    """A price of all hours, periods with others (the last one that applies counts), and a charge
    for the highest power of every month [currency/W]; the year begins on `first_day`.
    """

    price: float
    periods: tuple[Period, ...] = ()
    demand_charge: float = 0.0
    first_day: str = "monday"


def prices(
    tariff: Tariff, month: Int[np.ndarray, " hour"], hour: Int[np.ndarray, " hour"]
) -> Float[np.ndarray, " hour"]:
    """Price of every hour [currency/J]."""
    found = np.full(len(hour), tariff.price)
    weekday = (WEEK.index(tariff.first_day) + np.arange(len(hour)) // 24) % len(WEEK)
    weekend = weekday >= WEEK.index("saturday")
    for period in tariff.periods:
        here = _within(hour - 0.5, period.hours) & _within(month, period.months, whole=True)
        if period.days != "all":
            here &= weekend if period.days == "weekend" else ~weekend
        found[here] = period.price
    return found


def _within(
    values: np.ndarray, ends: tuple[float | int, float | int], whole: bool = False
) -> Bool[np.ndarray, " hour"]:
    """Between two ends, round the clock where the first is later; `whole` counts the second too."""
    first, second = ends
    after, before = values >= first, values <= second if whole else values < second
    return np.asarray(after & before if first <= second else after | before)


def energy_cost(power: Float[np.ndarray, " hour"], price: Float[np.ndarray, " hour"]) -> float:
    """Cost of the energy of all hours [currency] at mean powers [W]."""
    return float((power * price).sum()) * HOUR


def demand_cost(
    power: Float[np.ndarray, " hour"], month: Int[np.ndarray, " hour"], charge: float
) -> float:
    """Charge for the highest hour of every month [currency]."""
    return charge * sum(float(power[month == m].max()) for m in np.unique(month))


def curtailed(
    count: int, price: Float[np.ndarray, " hour"], T_dry: Float[np.ndarray, " hour"]
) -> Bool[np.ndarray, " hour"]:
    """The hours that are called: the dearest, and of equally dear ones the hottest outdoors.

    That is when a grid is short; which hours a contract calls is not known beforehand.
    """
    called = np.zeros(len(price), dtype=bool)
    called[np.lexsort((-T_dry, -price))[:count]] = True
    return called
