"""What a year costs under the site's contract: tariff by the hour, demand, curtailment."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from power.contract import Period, Tariff, curtailed, demand_cost, energy_cost, prices
from rehall.config import Case
from rehall.weather import HOURS
from rehall.year import Year, solve_year

HOUR = 3600.0


@dataclass(frozen=True, eq=False)
class Contract:
    """Prices [currency/J], powers from the utility and of servers [W] by the hour, and what is
    called.
    """

    tariff: Tariff
    price: np.ndarray
    called: np.ndarray
    power: np.ndarray
    it: np.ndarray
    credit: float  # [currency/J]
    not_drawn: np.ndarray  # what curtailment saves [W]
    converged: bool


def contract_of(year: Year, coil_heat: Mapping[str, float] | None = None) -> Contract | None:
    """The year under the contract of its site; None where the site names no price.

    In hours that are called the servers run at the share that the contract leaves them: there the
    chain and the plant are those of a second year at that share.
    """
    case = year.case
    tariff = tariff_of(case)
    if tariff is None:
        return None
    price = prices(tariff, year.weather.month, year.weather.hour)
    power, it = year.utility.power, np.full(HOURS, year.it)
    called, terms, credit, converged = np.zeros(HOURS, bool), case.site.curtailment, 0.0, True
    if terms is not None:
        called = curtailed(terms.hours, price, year.weather.T_dry)
        # The case of a year already has its servers at the year's utilisation.
        low = solve_year(case, year.weather, terms.to, coil_heat)
        low = replace(low, utilisation=year.utilisation * terms.to)
        power, it = np.where(called, low.utility.power, power), np.where(called, low.it, it)
        credit = terms.credit.per_joule if terms.credit else 0.0
        converged = not low.reasons
    not_drawn = year.utility.power - power
    return Contract(tariff, price, called, power, it, credit, not_drawn, converged)


def tariff_of(case: Case) -> Tariff | None:
    """The tariff of a site: its flat price, or that with periods and a charge for demand."""
    site = case.site
    if site.energy_price is None:
        return None
    spec = site.tariff
    if spec is None:
        return Tariff(site.energy_price.per_joule)
    periods = tuple(
        Period(period.price.per_joule, period.hours, period.months, period.days)
        for period in spec.periods
    )
    charge = spec.demand_charge.per_watt if spec.demand_charge else 0.0
    return Tariff(site.energy_price.per_joule, periods, charge, spec.first_day)


def contract_row(year: Year, contract: Contract) -> dict[str, Any]:
    """Costs, credit and what was called, as `year.json` holds them."""
    energy = energy_cost(contract.power, contract.price)
    demand = demand_cost(contract.power, year.weather.month, contract.tariff.demand_charge)
    given = energy_cost(np.maximum(contract.not_drawn, 0.0), contract.credit * contract.called)
    price = year.case.site.energy_price
    drawn = float(contract.power.sum()) * HOUR
    return {
        "energy_cost_per_year": energy,
        "demand_cost_per_year": demand,
        "curtailment_credit_cost_per_year": -given,
        "contract_cost_per_year": energy + demand - given,
        "currency": price.currency if price else None,
        "energy_mwh": drawn / 3.6e9,
        "it_mwh": float(contract.it.sum()) * HOUR / 3.6e9,
        "mean_cost_per_mwh": (energy + demand - given) / (drawn / 3.6e9) if drawn > 0 else None,
        "hours_called": int(contract.called.sum()),
        "called_mwh": float(contract.not_drawn.sum()) * HOUR / 3.6e9,
        "peak_kw": float(contract.power.max()) / 1e3,
        "converged": contract.converged,
    }
