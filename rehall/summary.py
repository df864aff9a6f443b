"""Solution -> the numbers of the verdict: plain Python, keys that end in their unit."""

from typing import Any

import jax
import numpy as np

from rehall import metrics
from rehall.config import Case
from rehall.observe import DeviceAir, OpeningAir, device_air, opening_air
from rehall.schema.entries import SERVERS, CoolingUnit, EvaporativePad, Miner, MinerShelf, Rack
from rehall.simulate import Solution
from rehall.verdict import Limit, limits_of, unit_capacity, unit_loading, verdict

ZERO = 273.15
LPM = 60_000.0
"""Litres per minute in a cubic metre per second."""
YEAR = 8760 * 3600.0
"""Seconds in a year."""
Row = dict[str, Any]


def summarise(solution: Solution) -> Row:
    """Every number of the verdict, as `summary.json` holds it."""
    case = solution.case
    air = device_air(case, solution.level, solution.air)
    openings = opening_air(case, solution.level, solution.air)
    uncertainty = grid_uncertainty(solution, air)
    limits = limits_of(solution, air, uncertainty)
    converged = not solution.reasons
    return {
        "case": case.path.stem,
        "verdict": verdict(converged, limits),
        "converged": converged,
        "reasons": solution.reasons,
        "cells": solution.level.grid.cells,
        "wall_s": round(solution.wall_s, 2),
        "device": device_name(),
        "limits": [limit.row() for limit in worst_first(limits)],
        "racks": racks(solution, air, uncertainty),
        "openings": opening_rows(case, openings),
        "cooling_units": cooling_units(solution, air),
        "cdus": cdus(solution),
        "loops": loops(solution),
        "facilities": facilities(solution),
        "power_nodes": power_nodes(solution),
        "balance": balance(solution),
        "metrics": hall_metrics(solution, air, openings),
        "grid": grid_evidence(solution, uncertainty),
        "warnings": [str(warning) for warning in case.warnings],
    }


def device_name() -> str:
    """The device that JAX computes on."""
    device = jax.devices()[0]
    return f"{device.platform}: {device.device_kind}"


def worst_first(limits: list[Limit]) -> list[Limit]:
    """Broken limits first, then undecided ones, then by what is left of the limit.

    A limit of nothing (no unserved load, no heat left over) has no share left; if kept, it is last.
    """
    rank = {False: 0, None: 1, True: 2}

    def left(limit: Limit) -> float:
        margin = limit.value - limit.limit if limit.least else limit.limit - limit.value
        return margin / abs(limit.limit) if abs(limit.limit) > 0.01 else np.inf

    return sorted(limits, key=lambda limit: (rank[limit.holds], left(limit)))


def grid_uncertainty(
    solution: Solution, air: dict[str, DeviceAir]
) -> dict[str, tuple[float, float]]:
    """Uncertainty of each rack's mean and highest inlet from the grid [K].

    From the solutions on cells of one and two widths: the two-grid convergence index
    3 |f1 - f2| / (2^p - 1), p the order of the scheme. Roache (1994), J. Fluids Eng. 116. Two
    solutions can cross by chance, so no rack is given less than the root mean square over all of
    them. Without a settled coarse grid there is no evidence: empty.
    """
    if solution.coarse is None or not solution.coarse[1].converged:
        return {}
    coarse = device_air(solution.case, *solution.coarse)
    factor = 3.0 if solution.case.solver.scheme == "upwind" else 1.0
    servers = [i.name for i in solution.case.items if isinstance(i.entry, SERVERS)]
    names = [name for name in servers if name in air]
    if not names:
        return {}
    change = factor * np.abs(
        [(air[n].T_in - coarse[n].T_in, air[n].T_in_max - coarse[n].T_in_max) for n in names]
    )
    change = np.maximum(change, np.sqrt(np.mean(change**2, axis=0)))
    return {n: (float(a), float(b)) for n, (a, b) in zip(names, change, strict=True)}


def racks(
    solution: Solution, air: dict[str, DeviceAir], uncertainty: dict[str, tuple[float, float]]
) -> list[Row]:
    """One row for each rack, miner and miner shelf."""
    coolant = _coolant_by_rack(solution)
    rows = []
    for item in solution.case.items:
        if not isinstance(item.entry, SERVERS):
            continue
        through = air.get(item.name)
        rows.append(
            {
                "name": item.name,
                "kind": item.kind,
                "of": item.entry.name,
                "it_kw": item.power / 1e3,
                "liquid_kw": item.heat_to_liquid / 1e3,
                "air_kw": item.heat_to_air / 1e3,
                "air_m3_s": through.V_flow if through else None,
                "inlet_mean_c": through.T_in - ZERO if through else None,
                "inlet_max_c": through.T_in_max - ZERO if through else None,
                "inlet_limit_c": _inlet_limit(solution, item.entry),
                "outlet_mean_c": through.T_out - ZERO if through else None,
                "inlet_amplitude_k": through.amplitude if through else None,
                "inlet_mean_uncertainty_k": uncertainty.get(item.name, (None, None))[0],
                "inlet_max_uncertainty_k": uncertainty.get(item.name, (None, None))[1],
                **coolant.get(
                    item.name, {"coolant_in_c": None, "coolant_out_c": None, "coolant_lpm": None}
                ),
            }
        )
    return rows


def _inlet_limit(solution: Solution, entry: Rack | MinerShelf | Miner) -> float:
    asked = solution.case.limits.rack_inlet_max if isinstance(entry, Rack) else None
    return min(asked or np.inf, entry.inlet_max) - ZERO


def _coolant_by_rack(solution: Solution) -> dict[str, Row]:
    found = {}
    for loop, state in solution.loops.values():
        V_flow = np.asarray(state.m_flow_branch) / float(loop.model.network.density)
        for n, item in enumerate(loop.racks):
            found[item.name] = {
                "coolant_in_c": float(state.T_supply) - ZERO,
                "coolant_out_c": float(state.T_branch_out[n]) - ZERO,
                "coolant_lpm": float(V_flow[n]) * LPM,
            }
    return found


def opening_rows(case: Case, openings: dict[str, OpeningAir]) -> list[Row]:
    """One row for each opening of the shell; flow inwards is positive."""
    return [
        {
            "name": o.name,
            "kind": o.kind,
            "flow_m3_s": openings[o.name].V_flow,
            "mass_flow_kg_s": openings[o.name].m_flow,
            "temperature_c": openings[o.name].T - ZERO,
            "face_velocity_m_s": abs(openings[o.name].V_flow) / _area(o.rectangle.size),
            "power_kw": o.power / 1e3,
        }
        for o in case.openings
    ]


def _area(size: tuple[float, float, float]) -> float:
    return float(np.prod([length for length in size if length > 0]))


def cooling_units(solution: Solution, air: dict[str, DeviceAir]) -> list[Row]:
    """One row for each CRAH, fan wall or the like."""
    rows = []
    for item in solution.case.items:
        if isinstance(item.entry, CoolingUnit):
            through = air[item.name]
            rows.append(
                {
                    "name": item.name,
                    "of": item.entry.name,
                    "on": item.on,
                    "air_m3_s": through.V_flow,
                    "return_c": through.T_in - ZERO,
                    "supply_c": through.T_out - ZERO,
                    "supply_set_c": item.supply - ZERO if item.supply else None,
                    "heat_kw": solution.exchange.coil_heat.get(item.name, 0.0) / 1e3,
                    "capacity_kw": unit_capacity(solution, item.name) / 1e3,
                    "loading_pct": 100 * unit_loading(solution, item),
                    "fan_kw": solution.powers[item.name] / 1e3,
                    "water": item.facility,
                }
            )
    return rows


def cdus(solution: Solution) -> list[Row]:
    """One row for each coolant distribution unit."""
    rows = []
    for name, (loop, state) in solution.loops.items():
        facility = solution.facilities[loop.spec.facility]
        for n, item in enumerate(loop.cdus):
            heat, capacity = float(state.heat_cdu[n]), item.entry.capacity  # type: ignore[attr-defined]
            density = float(loop.model.network.density)
            rows.append(
                {
                    "name": item.name,
                    "of": item.entry.name,
                    "loop": name,
                    "on": item.on,
                    "heat_kw": heat / 1e3,
                    "capacity_kw": capacity / 1e3,
                    "loading_pct": 100 * heat / capacity,
                    "flow_lpm": float(state.m_flow_cdu[n]) / density * LPM,
                    "head_kpa": float(state.dp_pump[n]) / 1e3,
                    "speed_pct": 100 * float(state.speed[n]),
                    "supply_c": float(state.T_supply_cdu[n]) - ZERO,
                    "return_c": float(state.T_return) - ZERO,
                    "facility_in_c": facility.T_supply - ZERO,
                    "facility_out_c": float(state.T_facility_out[n]) - ZERO,
                    "facility_share_pct": 100 * float(state.facility_share[n]),
                    "approach_k": float(state.T_supply_cdu[n]) - facility.T_supply,
                    "pump_kw": float(state.pump_power[n]) / 1e3,
                }
            )
    return rows


def loops(solution: Solution) -> list[Row]:
    """One row for each rack loop."""
    rows = []
    for name, (loop, state) in solution.loops.items():
        flow = float(np.sum(np.asarray(state.m_flow_branch)))
        rows.append(
            {
                "name": name,
                "fluid": loop.spec.fluid,
                "supply_c": float(state.T_supply) - ZERO,
                "supply_set_c": loop.spec.supply - ZERO,
                "return_c": float(state.T_return) - ZERO,
                "flow_lpm": flow / float(loop.model.network.density) * LPM,
                "mass_flow_kg_s": flow,
                "heat_kw": float(np.sum(np.asarray(state.heat_taken))) / 1e3,
                "pump_heat_kw": float(np.sum(np.asarray(state.pump_heat))) / 1e3,
                "header_dp_kpa": float(state.p_supply[0] - state.p_return[0]) / 1e3,
                "residual": float(state.residual),
            }
        )
    return rows


def facilities(solution: Solution) -> list[Row]:
    """One row for each facility loop and its heat rejection."""
    return [
        {
            "name": name,
            "fluid": f.spec.fluid,
            "rejection": f"{f.spec.rejection.count} x {solution.case.rejections[name].name}",
            "supply_c": f.T_supply - ZERO,
            "return_c": f.T_return - ZERO,
            "flow_lpm": f.spec.flow * LPM,
            "heat_kw": f.heat / 1e3,
            "capacity_kw": f.capacity / 1e3,
            "loading_pct": 100 * f.loading,
            "pump_kw": f.pump_power / 1e3,
            "rejection_kw": f.rejection_power / 1e3,
        }
        for name, f in solution.facilities.items()
    ]


def power_nodes(solution: Solution) -> list[Row]:
    """One row for each node of the power chain; empty where it has no solution."""
    if solution.power is None or not solution.power[1].converged:
        return []
    side, state = solution.power
    rows = []
    for n, node in enumerate(side.model.nodes):
        rated = node.rating > 0
        binding = int(state.binding[n])
        rows.append(
            {
                "name": node.name,
                "kind": node.kind,
                "rating_kva": node.rating / 1e3 if rated else None,
                "load_kva": float(state.load[n]) / 1e3,
                "load_kw": float(state.power[n]) / 1e3,
                "loading_pct": 100 * float(state.loading[n]) if rated else None,
                "continuous_pct": 100 * node.continuous_factor,
                "headroom_kw": _finite(float(state.headroom[n]) / 1e3),
                "headroom_ends_at": side.model.nodes[binding].name if binding >= 0 else None,
                "voltage_v": float(state.voltage[n]),
                "voltage_drop_pct": 100 * float(state.voltage_drop[n]),
                "losses_kw": float(state.losses[n]) / 1e3,
            }
        )
    return rows


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def balance(solution: Solution) -> Row:
    """What does not close, in percent of what flows."""
    liquid = [100 * float(state.energy_residual) for _, state in solution.loops.values()]
    power = None
    if solution.power is not None and solution.power[1].converged:
        power = 100 * solution.power[1].balance_error
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
    it, liquid = sum(i.power for i in servers), sum(i.heat_to_liquid for i in servers)
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
    water = _water(solution, openings)
    return {
        "pue": total / it if it > 0 else None,
        "wue_l_per_kwh": water * 3600 / (it / 1e3) if it > 0 else None,
        "rci_hi_pct": high,
        "rci_lo_pct": low,
        "shi": shi,
        "rhi": rhi,
        "rti_pct": metrics.return_index(side) if side else None,
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
    """Flow-weighted temperatures of equipment, supply and return; None without equipment."""
    case = solution.case
    used = [air[i.name] for i in case.items if i.name in air and not _cools(i.entry)]
    units = [air[i.name] for i in case.items if i.name in air and _cools(i.entry)]
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


def grid_evidence(solution: Solution, uncertainty: dict[str, tuple[float, float]]) -> Row:
    """Cells, and what twice the cell width changes at the inlets."""
    coarse = solution.coarse
    worst = max(uncertainty, key=lambda name: uncertainty[name][1]) if uncertainty else None
    return {
        "cells": solution.level.grid.cells,
        "cell_m": solution.level.cell,
        "coarse_cells": coarse[0].grid.cells if coarse else None,
        "coarse_reason": (coarse[1].reason or None) if coarse else "no coarser grid could be built",
        "inlet_mean_change_max_k": max(u[0] for u in uncertainty.values()) if worst else None,
        "inlet_max_change_max_k": uncertainty[worst][1] if worst else None,
        "inlet_max_change_max_at": worst,
    }
