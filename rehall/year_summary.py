"""A year -> its numbers: plain Python, keys that end in their unit.

PUE, WUE: ISO/IEC 30134-2, -9, over energies. Facility-water classes: ASHRAE TC 9.9, Thermal
Guidelines, 5th ed. (2021).
"""

from typing import Any

import numpy as np

from rehall.limits import coolant_limits
from rehall.schema.entries import EvaporativePad
from rehall.summary import worst_first
from rehall.verdict import Limit, verdict
from rehall.weather import HOURS
from rehall.year import SHORT, FacilityYear, Year
from rehall.year_contract import Contract, contract_row
from thermal.plant.chiller import Range

Row = dict[str, Any]
ZERO = 273.15
HOUR = 3600.0
CLASSES = {"w17": 17.0, "w27": 27.0, "w32": 32.0, "w40": 40.0, "w45": 45.0}
"""Warmest supply of the facility-water classes [degC]."""
EXCESS = 0.5
"""Supply above its set point from which an hour breaks a limit, as in a run [K]."""
ALL_YEAR = ("coolant_flow_min", "coolant_heat_unmet", "coolant_heat_stored", "cdu_loading_max")
"""Limits of rack loops that hang on no weather; they hold in the state that the year is laid on."""
AT_LIMIT = 1e-3
"""Kelvin above a limit that are rounding."""
OUTSIDE = {
    Range.COLD: "hours_condenser_too_cold",
    Range.WARM: "hours_condenser_too_warm",
    Range.LEAVING: "hours_leaving_water_off",
}
"""Keys for hours in which a chiller is used beyond its curves."""


def summarise_year(year: Year, contract: Contract | None = None) -> Row:
    """Every number of the year, as `year.json` holds it."""
    limits, converged = worst_first(limits_of(year)), not year.reasons
    return {
        "case": year.case.path.stem,
        "verdict": verdict(converged, limits),
        "converged": converged,
        "reasons": year.reasons,
        "weather": {"file": year.weather.path.name, "place": year.weather.place},
        "hours": HOURS,
        "utilisation_pct": 100.0 * year.utilisation,
        "wall_s": round(year.wall_s, 2),
        "metrics": metrics_of(year) if converged else {},
        "contract": contract_row(year, contract) if contract is not None and converged else {},
        "months": months(year) if converged else [],
        "facilities": [facility_row(name, f) for name, f in year.facilities.items()],
        "loops": [loop_row(year, name) for name in year.coolant],
        "limits": [limit.row() for limit in limits],
        "warnings": [*year.warnings, *outside_warnings(year)],
    }


def metrics_of(year: Year) -> Row:
    """Energies, water, costs and indices of the whole year."""
    site, power = year.case.site, year.utility.power
    water, pue = water_flow(year), power / year.it if year.it > 0 else None
    energy, it_energy = float(power.sum()) * HOUR, HOURS * year.it * HOUR
    price, water_price = site.energy_price, site.water_price
    currency = price or water_price
    volume = float(water.sum()) * HOUR / 1e3
    peak = int(np.argmax(power))
    return {
        "pue": energy / it_energy if it_energy > 0 else None,
        "pue_worst_hour": float(pue.max()) if pue is not None else None,
        "pue_best_hour": float(pue.min()) if pue is not None else None,
        "wue_l_per_kwh": _wue(year, volume, it_energy),
        "it_kw": year.it / 1e3,
        "it_mwh": it_energy / 3.6e9,
        "energy_mwh": energy / 3.6e9,
        "plant_mwh": sum(float(f.power.sum()) for f in year.facilities.values()) * HOUR / 3.6e9,
        "losses_mwh": float((power - all_loads(year)).sum()) * HOUR / 3.6e9,
        "plant_water_m3": volume,
        "energy_cost_per_year": energy * price.per_joule if price else None,
        "water_cost_per_year": volume * water_price.per_m3 if water_price else None,
        "currency": currency.currency if currency else None,
        "peak_kw": float(power[peak]) / 1e3,
        "peak_at": year.weather.at(peak),
        "hours_without_compressor": int(without_compressor(year).sum()),
        "hours_set_point_not_held": int(any_of([f.short for f in year.facilities.values()]).sum()),
        "chain_error_pct": 100.0 * year.utility.error,
    }


def _wue(year: Year, volume: float, it_energy: float) -> float | None:
    """Litres per kilowatt-hour of IT; None where water of the hall's pads would be missing."""
    pads = any(isinstance(o.entry, EvaporativePad) for o in year.case.openings)
    return None if pads or it_energy <= 0 else 1e3 * volume / (it_energy / 3.6e6)


def water_flow(year: Year) -> np.ndarray:
    """Water that the plant is given, by the hour [kg/s]."""
    flows = [np.asarray(f.state.water) for f in year.facilities.values()]
    return sum(flows, np.zeros(HOURS))


def all_loads(year: Year) -> np.ndarray:
    """Power of everything that the chain feeds, by the hour [W]."""
    plant = [f.power for f in year.facilities.values()]
    return sum(plant, np.full(HOURS, sum(year.loads.values())))


def without_compressor(year: Year) -> np.ndarray:
    """Hours in which no chiller runs."""
    running = [np.asarray(f.state.chillers) > 0 for f in year.facilities.values()]
    return ~any_of(running)


def any_of(conditions: list[np.ndarray]) -> np.ndarray:
    """Hours in which one of the conditions holds."""
    return np.any(np.stack([np.zeros(HOURS, bool), *conditions]), axis=0)


def months(year: Year) -> list[Row]:
    """One row a month."""
    power, water, rows = year.utility.power, water_flow(year), []
    for month in range(1, 13):
        at = year.weather.month == month
        hours = int(at.sum())
        energy, it = float(power[at].sum()) * HOUR, hours * year.it * HOUR
        rows.append(
            {
                "month": month,
                "hours": hours,
                "outdoor_mean_c": float(year.weather.T_dry[at].mean()) - ZERO,
                "pue": energy / it if it > 0 else None,
                "energy_mwh": energy / 3.6e9,
                "plant_water_m3": float(water[at].sum()) * HOUR / 1e3,
                "hours_without_compressor": int(without_compressor(year)[at].sum()),
            }
        )
    return rows


def facility_row(name: str, f: FacilityYear) -> Row:
    """Hours, temperatures, energies and water of a facility loop."""
    state, spec = f.state, f.spec
    chilled = np.asarray(state.chillers) > 0
    free = np.asarray(state.free) > SHORT * f.heat
    known = f.T_supply[np.isfinite(f.T_supply)]
    above = {
        f"hours_above_{key}": int((~(f.T_supply <= T + ZERO + AT_LIMIT)).sum())
        for key, T in CLASSES.items()
    }
    outside = {key: _hours(state.outside.get(way)) for way, key in OUTSIDE.items()}
    return {
        "name": name,
        "heat_kw": f.heat / 1e3,
        "set_point_c": spec.supply - ZERO,
        "supply_mean_c": float(known.mean()) - ZERO if len(known) else None,
        "supply_highest_c": float(known.max()) - ZERO if len(known) == HOURS else None,
        "hours_free": int((free & ~chilled).sum()),
        "hours_partly_free": int((free & chilled).sum()),
        "hours_mechanical": int((chilled & ~free).sum()),
        "hours_wet": int((np.asarray(state.water) > 0).sum()),
        **above,
        "hours_short": int(f.short.sum()),
        "shortage_most_kw": float(np.max(np.asarray(state.shortage), where=f.short, initial=0.0))
        / 1e3,
        "hours_without_steady_state": HOURS - len(known),
        **outside,
        "chillers_mwh": _mwh(state.power_chillers),
        "coolers_mwh": _mwh(state.power_coolers),
        "outdoor_pumps_mwh": _mwh(state.power_pumps),
        "pumps_mwh": HOURS * f.pump_power * HOUR / 3.6e9,
        "plant_water_m3": float(np.sum(state.water)) * HOUR / 1e3,
    }


def _hours(condition: Any) -> int:
    return 0 if condition is None else int(np.sum(condition))


def _mwh(power: Any) -> float:
    return float(np.sum(power)) * HOUR / 3.6e9


def loop_row(year: Year, name: str) -> Row:
    """Supply of a rack loop against what its racks bear."""
    supply, limit = year.coolant[name], year.limits[name]
    known = supply[np.isfinite(supply)]
    return {
        "name": name,
        "supply_highest_c": float(known.max()) - ZERO if len(known) == HOURS else None,
        "supply_limit_c": limit - ZERO,
        "hours_above_limit": int((~(supply <= limit + AT_LIMIT)).sum()),
    }


def limits_of(year: Year) -> list[Limit]:
    """What the year is measured against; hours that break a limit, and peak power."""
    found = [
        Limit("coolant_supply_hours", row["name"], float(row["hours_above_limit"]), 0.0, "h")
        for row in (loop_row(year, name) for name in year.coolant)
    ]
    for name, f in year.facilities.items():
        held = f.T_supply <= f.spec.supply + EXCESS + AT_LIMIT
        found.append(Limit("facility_supply_hours", name, float((~held).sum()), 0.0, "h"))
    loops = coolant_limits(year.case, year.loops)
    found += [limit for limit in loops if limit.name in ALL_YEAR]
    contracted = year.case.site.contracted_demand
    if contracted is not None and year.utility.converged:
        peak = float(year.utility.power.max())
        found.append(Limit("contracted_demand", "utility", peak / 1e3, contracted / 1e3, "kW"))
    return found


def outside_warnings(year: Year) -> list[str]:
    """Hours in which chillers are used beyond their curves, in words."""
    found = []
    for name, f in year.facilities.items():
        for way, key in OUTSIDE.items():
            hours = _hours(f.state.outside.get(way))
            if hours:
                found.append(f"{name}: {WORDS[key]} in {hours:,} of {HOURS:,} h; {KEPT[key]}")
    return found


END = "there the chiller has the capacity and COP of the end of its curves"
KEPT = {
    "hours_condenser_too_cold": END,
    "hours_condenser_too_warm": END,
    "hours_leaving_water_off": "there it has the capacity of their end, and cop_per_kelvin on top",
}
WORDS = {
    "hours_condenser_too_cold": "condensers colder than the chiller's curves",
    "hours_condenser_too_warm": "condensers warmer than the chiller's curves",
    "hours_leaving_water_off": "leaving water beyond the chiller's curves and its rated point",
}
