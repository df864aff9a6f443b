"""Solution -> tables of the verdict: a row for each thing, with keys that end in their unit."""

from typing import Any

import jax.numpy as jnp
import numpy as np

from rehall.chips import Chip, chips_of
from rehall.config import Case
from rehall.evidence import Inlets
from rehall.fans import air_flow
from rehall.inventory import loop_volumes
from rehall.limits import STANDS
from rehall.limits_air import unit_capacity, unit_loading
from rehall.loop_rows import water_of
from rehall.moisture import humidity
from rehall.observe import DeviceAir, OpeningAir
from rehall.schema.entries import SERVERS, CoolingUnit, Miner, MinerShelf, Rack
from rehall.simulate import Solution
from thermal.liquid.vessel import expansion

ZERO = 273.15
LPM = 60_000.0
"""Litres per minute in a cubic metre per second."""
COLD_FILL = 283.15
"""Temperature at which a loop is filled, from which its liquid expands [K]."""
Row = dict[str, Any]


def racks(solution: Solution, air: dict[str, DeviceAir], uncertainty: Inlets) -> list[Row]:
    """One row for each rack, miner and miner shelf."""
    coolant, carried = _coolant_by_rack(solution), solution.carried
    chips = {n: c for loop in solution.loops.values() for n, c in chips_of(*loop).items()}
    pressure, leakage = float(solution.level.model.pressure), solution.exchange.leakage
    rows = []
    for item in solution.case.items:
        if not isinstance(item.entry, SERVERS):
            continue
        through = air.get(item.name)
        ratio = carried.taken_in("humidity_ratio", item.name)
        humid = humidity(ratio, through.T_in, pressure) if through and ratio is not None else None
        recirculated = carried.taken_in("recirculated", item.name)
        rows.append(
            {
                "name": item.name,
                "kind": item.kind,
                "of": item.entry.name,
                "it_kw": (item.power + leakage.get(item.name, 0.0)) / 1e3,
                "liquid_kw": (item.heat_to_liquid + leakage.get(item.name, 0.0)) / 1e3,
                "air_kw": item.heat_to_air / 1e3,
                "rear_door_kw": solution.exchange.coil_heat.get(item.name, 0.0) / 1e3,
                "air_m3_s": through.V_flow if through else None,
                "air_unopposed_m3_s": air_flow(item, through.T_in) if through else None,
                "inlet_mean_c": through.T_in - ZERO if through else None,
                "inlet_max_c": through.T_in_max - ZERO if through else None,
                "inlet_limit_c": _inlet_limit(solution, item.entry),
                "inlet_dew_point_c": humid.dew_point - ZERO if humid else None,
                "inlet_humidity_pct": 100 * humid.relative if humid else None,
                "inlet_humidity_ratio_g_kg": 1e3 * ratio if ratio is not None else None,
                "inlet_recirculated_pct": None if recirculated is None else 100 * recirculated,
                "inlet_age_s": carried.taken_in("age", item.name),
                "outlet_mean_c": through.T_out - ZERO if through else None,
                "inlet_amplitude_k": through.amplitude if through else None,
                "inlet_max_amplitude_k": through.amplitude_max if through else None,
                "outlet_amplitude_k": through.amplitude_out if through else None,
                "inlet_mean_uncertainty_k": uncertainty.get(item.name, (None, None))[0],
                "inlet_max_uncertainty_k": uncertainty.get(item.name, (None, None))[1],
                **coolant.get(
                    item.name, {"coolant_in_c": None, "coolant_out_c": None, "coolant_lpm": None}
                ),
                **_chip(chips.get(item.name)),
            }
        )
    return rows


def _chip(chip: Chip | None) -> Row:
    """The hottest chips of a rack; nothing of what is not known or has no end."""
    if chip is None or not np.isfinite(chip.T):
        limit = chip.T_max - ZERO if chip else None
        return {"chip_c": None, "chip_limit_c": limit, "chip_w": None, "leakage_kw": None}
    return {
        "chip_c": chip.T - ZERO,
        "chip_limit_c": chip.T_max - ZERO,
        "chip_w": chip.power,
        "leakage_kw": chip.leakage / 1e3,
    }


def _inlet_limit(solution: Solution, entry: Rack | MinerShelf | Miner) -> float:
    asked = solution.case.limits.rack_inlet_max if isinstance(entry, Rack) else None
    return min(asked or np.inf, entry.inlet_max) - ZERO


def _coolant_by_rack(solution: Solution) -> dict[str, Row]:
    found = {}
    for loop, state in solution.loops.values():
        V_flow = np.asarray(state.m_flow_branch) / loop.density
        for n, item in enumerate(loop.racks):
            flows = V_flow[n] > STANDS  # of what stands still nobody knows the temperature
            found[item.name] = {
                "coolant_in_c": float(state.T_branch_in[n]) - ZERO if flows else None,
                "coolant_out_c": float(state.T_branch_out[n]) - ZERO if flows else None,
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
            "temperature_amplitude_k": openings[o.name].amplitude,
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
                    "air_unopposed_m3_s": air_flow(item, through.T_in),
                    "return_c": through.T_in - ZERO,
                    "supply_c": through.T_out - ZERO,
                    "return_amplitude_k": through.amplitude,
                    "supply_amplitude_k": through.amplitude_out,
                    "supply_set_c": item.supply - ZERO if item.supply else None,
                    "return_set_c": item.control.T_return - ZERO if item.control else None,
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
            density = loop.density
            flows = abs(float(state.m_flow_cdu[n])) / density > STANDS
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
                    "supply_at": loop.loop.taps[item.name][0],
                    "return_at": loop.loop.taps[item.name][1],
                    "supply_c": _where(flows, float(state.T_supply_cdu[n]) - ZERO),
                    "return_c": _where(flows, float(state.T_return_cdu[n]) - ZERO),
                    "facility_in_c": facility.T_supply - ZERO,
                    "facility_out_c": _where(flows, float(state.T_facility_out[n]) - ZERO),
                    "facility_share_pct": 100 * float(state.facility_share[n]),
                    "approach_k": _where(flows, float(state.T_supply_cdu[n]) - facility.T_supply),
                    "pump_kw": float(state.pump_power[n]) / 1e3,
                }
            )
    return rows


def _where(flows: bool, T: float) -> float | None:
    """A temperature of liquid that flows; None of what stands still."""
    return T if flows else None


def loops(solution: Solution) -> list[Row]:
    """One row for each rack loop."""
    rows = []
    for name, (loop, state) in solution.loops.items():
        flow = float(np.sum(np.asarray(state.m_flow_branch)))
        flows = flow / loop.density > STANDS
        volume = sum(loop_volumes(loop).values())
        hottest = jnp.asarray(max(float(state.T_return), loop.spec.supply))
        more = float(expansion(loop.loop.fluid, volume, jnp.asarray(COLD_FILL), hottest))
        rows.append(
            {
                "name": name,
                "fluid": loop.spec.fluid,
                "supply_c": _where(flows, float(state.T_supply) - ZERO),
                "supply_set_c": loop.spec.supply - ZERO,
                "return_c": _where(flows, float(state.T_return) - ZERO),
                "flow_lpm": flow / loop.density * LPM,
                "mass_flow_kg_s": flow,
                "heat_kw": float(np.sum(np.asarray(state.heat_taken))) / 1e3,
                "pump_heat_kw": float(np.sum(np.asarray(state.pump_heat))) / 1e3,
                "volume_known_l": 1e3 * volume,
                "expansion_l": max(1e3 * more, 0.0),
                "header_dp_kpa": float(state.p_supply[0] - state.p_return[0]) / 1e3,
                "residual": float(state.residual),
            }
        )
    return rows


def facilities(solution: Solution) -> list[Row]:
    """One row for each facility loop and its heat rejection.

    Flow and return are those of the solved circuit; without anything on it the nominal ones.
    """
    water = water_of(solution)
    return [
        {
            "name": name,
            "fluid": f.spec.fluid,
            "rejection": f"{f.spec.rejection.count} x {solution.case.rejections[name].name}",
            "supply_c": f.T_supply - ZERO,
            "return_c": water.get(name, {}).get("inlet_c", f.T_return - ZERO),
            "flow_lpm": water.get(name, {}).get("flow_lpm", f.spec.flow * LPM),
            "heat_kw": f.heat / 1e3,
            "capacity_kw": f.capacity / 1e3,
            "loading_pct": 100 * f.loading,
            "pump_kw": f.pump_power / 1e3,
            "rejection_kw": f.rejection_power / 1e3,
        }
        for name, f in solution.facilities.items()
    ]
