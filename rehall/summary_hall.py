"""Solution -> the indices of the hall as a whole, and what does not close."""

from typing import Any

import jax.numpy as jnp
import numpy as np

from rehall import metrics
from rehall.observe import DeviceAir, OpeningAir
from rehall.schema.entries import SERVERS, CoolingUnit, EvaporativePad, Rack
from rehall.simulate import Solution
from thermal.properties import air_density

ZERO = 273.15
YEAR = 8760 * 3600.0
"""Seconds in a year."""
Row = dict[str, Any]


def balance(solution: Solution) -> Row:
    """What does not close, in percent of what flows."""
    liquid = [100 * float(state.energy_residual) for _, state in solution.loops.values()]
    power = None
    if solution.power is not None and solution.power[1].converged:
        power = 100 * float(solution.power[1].balance_error)
    return {
        "air_mass_pct": 100 * abs(solution.air.mass_error),
        "air_energy_pct": 100 * abs(solution.air.energy_error),
        "liquid_energy_pct": max(liquid) if liquid else None,
        "power_pct": power,
        "coupling_pct": 100 * solution.agreement,
        "air_iterations": solution.air.iterations,
        "air_averaged": solution.air.averaged,
        "coupling_rounds": solution.rounds,
    }


def hall_metrics(
    solution: Solution, air: dict[str, DeviceAir], openings: dict[str, OpeningAir]
) -> Row:
    """Indices of the hall as a whole, at the design point."""
    case = solution.case
    servers = [i for i in case.items if isinstance(i.entry, SERVERS)]
    leakage = sum(solution.exchange.leakage.values())
    it = sum(i.power for i in servers) + leakage
    liquid = sum(i.heat_to_liquid for i in servers) + leakage
    total = utility_power(solution)
    price = case.site.energy_price
    inlets = [
        (air[i.name].T_in_max - ZERO, i.entry.air_class)
        for i in servers
        if isinstance(i.entry, Rack) and i.name in air
    ]
    high, low = metrics.cooling_indices(inlets)
    side = air_side(solution, air, openings)
    shi, rhi = metrics.heat_indices(side) if side else (None, None)
    plant = sum(facility.water for facility in solution.facilities.values())
    water = _water(solution, openings) + plant
    return {
        "pue": total / it if it > 0 else None,
        "wue_l_per_kwh": water * 3600 / (it / 1e3) if it > 0 else None,
        "rci_hi_pct": high,
        "rci_lo_pct": low,
        "shi": shi,
        "rhi": rhi,
        "rti_pct": metrics.return_index(side) if side else None,
        **_freshness(solution, air),
        "it_kw": it / 1e3,
        "utility_kw": total / 1e3,
        "it_kw_per_m2": it / 1e3 / (case.hall.size[0] * case.hall.size[1]),
        "liquid_share": liquid / it if it > 0 else None,
        "energy_cost_per_year": total * YEAR * price.per_joule if price else None,
        "currency": price.currency if price else None,
        "losses_in_hall_kw": sum(_losses(solution, inside=True)) / 1e3,
        "losses_elsewhere_kw": sum(_losses(solution, inside=False)) / 1e3,
        "air_flow_m3_s": sum(air[i.name].V_flow for i in servers if i.name in air),
    }


def _freshness(solution: Solution, air: dict[str, DeviceAir]) -> Row:
    """Age of the air, and how much of what servers take in has been through servers."""
    carried, level = solution.carried, solution.level
    age = carried.cells["age"]
    known = np.isfinite(age)
    mean = efficiency = None
    if known.any():
        rho = np.asarray(air_density(jnp.asarray(solution.air.state.T), level.model.pressure))
        mass = (rho * level.grid.volume)[known]
        mean = float(np.average(age[known], weights=mass))
        efficiency = metrics.air_change_efficiency(mean, float(mass.sum()), carried.m_supplied)
    servers = [i.name for i in solution.case.items if isinstance(i.entry, SERVERS)]
    shares = [
        (carried.taken_in("recirculated", name), abs(air[name].m_flow))
        for name in servers
        if name in air
    ]
    found = [(share, m) for share, m in shares if share is not None and m > 0]
    flow = sum(m for _, m in found)
    return {
        "recirculated_pct": 100 * sum(share * m for share, m in found) / flow if flow else None,
        "air_age_mean_s": mean,
        "air_change_efficiency_pct": efficiency,
    }


def _losses(solution: Solution, inside: bool) -> list[float]:
    """Losses of the power nodes that stand in the hall, or of those that do not [W]."""
    placed = {node.name: node.box is not None for node in solution.case.nodes}
    return [loss for name, loss in solution.exchange.losses.items() if placed[name] is inside]


def utility_power(solution: Solution) -> float:
    """What the site draws [W]: from the utility, or the sum of all loads without a power chain."""
    if solution.power is not None and solution.power[1].converged:
        return float(solution.power[1].utility_power)
    return float(sum(solution.powers.values()))


def air_side(
    solution: Solution, air: dict[str, DeviceAir], openings: dict[str, OpeningAir]
) -> metrics.AirSide | None:
    """Flow-weighted temperatures of equipment, supply and return; None without equipment.

    What air passes backwards is left out.
    """
    case = solution.case
    forward = [i for i in case.items if i.name in air and air[i.name].m_flow > 0]
    used = [air[i.name] for i in forward if not _cools(i.entry)]
    units = [air[i.name] for i in forward if _cools(i.entry)]
    blown = [(u.m_flow, u.T_out) for u in units]
    blown += [(o.m_flow, o.T) for o in openings.values() if o.m_flow > 0]
    drawn = [(u.m_flow, u.T_in) for u in units]
    drawn += [(-o.m_flow, o.T) for o in openings.values() if o.m_flow < 0]
    through = [(d.m_flow, d.T_in) for d in used], [(d.m_flow, d.T_out) for d in used]
    if not all(sum(m for m, _ in part) > 0 for part in (*through, blown, drawn)):
        return None
    m_equipment = sum(m for m, _ in through[0])
    T_in, T_out, T_supply, T_return = (
        sum(m * T for m, T in part) / sum(m for m, _ in part) - ZERO
        for part in (*through, blown, drawn)
    )
    return metrics.AirSide(m_equipment, T_in, T_out, T_supply, sum(m for m, _ in blown), T_return)


def _cools(entry: object) -> bool:
    return isinstance(entry, CoolingUnit)


def _water(solution: Solution, openings: dict[str, OpeningAir]) -> float:
    """Water that wet pads evaporate [kg/s]."""
    outdoor = solution.case.site.outdoor
    return sum(
        metrics.evaporation(
            max(openings[o.name].m_flow, 0.0),
            o.entry.effectiveness * (outdoor.dry_bulb - outdoor.wet_bulb),
        )
        for o in solution.case.openings
        if isinstance(o.entry, EvaporativePad)
    )
