"""A year of weather: plant, coolant and power hour by hour, all at once; the air is not solved.

What the hall gives to its facility loops is that of its steady state before the air is known
(`utilities.settle`): servers at constant power, fans of cooling units and CDU pumps as there.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np

from geometry.errors import InputError
from rehall import liquid_words
from rehall.config import Case
from rehall.dew_guard import set_point
from rehall.facility import FacilityState, capacity_rate, design, facilities_of, plant_of
from rehall.liquid import LiquidSide, LoopModel
from rehall.loop_state import LoopState
from rehall.operation import Exchange
from rehall.results import SUMMARY
from rehall.schema.entries import SERVERS, CoolingUnit, EvaporativePad
from rehall.schema.liquid import Facility
from rehall.utilities import Plant, Utilities, first_exchange, settle
from rehall.weather import HOURS, Weather, pressures
from rehall.year_power import UtilityPower, utility_power
from thermal.plant.bank import Chillers
from thermal.plant.outdoor import outdoor_at_dew_point
from thermal.plant.plant import PlantState, operate

SHORT = 1e-6
"""Share of the heat that a plant may be short of by rounding [-]."""
PROBE = 10.0
"""Between two facility waters above a loop's set point, which its supply then follows [K]."""


@dataclass(frozen=True, eq=False)
class FacilityYear:
    """A facility loop over the year; arrays by the hour, SI units, power of its pumps constant.

    `T_supply` is NaN in hours without a steady state: chillers that cannot carry the heat leave it
    in the water, which warms without end.
    """

    spec: Facility
    heat: float
    pump_power: float
    T_supply: np.ndarray
    state: PlantState

    @property
    def power(self) -> np.ndarray:
        """Of pumps and rejection [W]."""
        return self.pump_power + np.asarray(self.state.power)

    @property
    def short(self) -> np.ndarray:
        """Hours in which the set point is not held."""
        return np.asarray(self.state.shortage) > SHORT * self.heat

    @property
    def T_return(self) -> np.ndarray:
        """Back from the hall [K]."""
        return self.T_supply + self.heat / capacity_rate(self.spec)


@dataclass(frozen=True, eq=False)
class Year:
    """A case over a year; `loops` as at the design condition.

    `coolant` is the supply of each rack loop [K], NaN as that of its water.

    `loads` are constant powers [W] by name, `it` those of servers together; `utility` by the hour.
    """

    case: Case
    weather: Weather
    utilisation: float
    T_wet: np.ndarray
    it: float
    loads: dict[str, float]
    facilities: dict[str, FacilityYear]
    loops: dict[str, tuple[LoopModel, LoopState]]
    coolant: dict[str, np.ndarray]
    limits: dict[str, float]
    utility: UtilityPower
    reasons: list[str]
    warnings: list[str]
    wall_s: float


def solve_year(
    case: Case,
    weather: Weather,
    utilisation: float = 1.0,
    coil_heat: Mapping[str, float] | None = None,
) -> Year:
    """Run a year. `utilisation` is the servers' power over that of the case [-].

    `coil_heat` [W] by cooling unit or rack with a rear door replaces the first guess, that cooling
    units share all heat given to the air.
    """
    started = time.perf_counter()
    case = at_utilisation(case, utilisation)
    plant, x = Plant.of(case), first_exchange(case)
    x.coil_heat |= coil_heat or {}
    settled = settle(case, plant, x)
    pressure, notes = pressures(weather, design(case)[2])
    outdoor = outdoor_at_dew_point(*map(jnp.asarray, (weather.T_dry, weather.T_dew, pressure)))
    facilities = {
        spec.name: _facility_year(case, settled.facilities[spec.name], outdoor)
        for spec in facilities_of(case)
    }
    coolant: dict[str, np.ndarray] = {}
    if plant.liquid is not None:
        coolant = _coolant(case, plant.liquid, x, facilities, weather)
    hourly = {name: f.power for name, f in facilities.items()}
    loads = {name: power for name, power in settled.powers.items() if name not in hourly}
    utility = utility_power(plant.side, loads, hourly, HOURS)
    servers = [i for i in case.items if isinstance(i.entry, SERVERS)]
    return Year(
        case=case,
        weather=weather,
        utilisation=utilisation,
        T_wet=np.asarray(outdoor.T_wet),
        it=sum(i.power for i in servers) + sum(x.leakage.values()),
        loads=loads,
        facilities=facilities,
        loops=settled.loops,
        coolant=coolant,
        limits={name: _warmest(case, loop) for name, (loop, _) in settled.loops.items()},
        utility=utility,
        reasons=_reasons(plant.liquid, settled, utility),
        warnings=[
            *map(str, case.warnings),
            *_standing(plant.liquid, settled),
            *notes,
            *_warnings(case, coil_heat is not None),
        ],
        wall_s=time.perf_counter() - started,
    )


def at_utilisation(case: Case, utilisation: float) -> Case:
    """The case with its servers at a share of their power."""
    if utilisation == 1.0:
        return case
    items = (
        replace(i, power=utilisation * i.power) if isinstance(i.entry, SERVERS) else i
        for i in case.items
    )
    return replace(case, items=tuple(items))


def coil_heats(case: Case, folder: Path) -> dict[str, float]:
    """Heat [W] that cooling units and rear doors took in a run of the case; raises `InputError`."""
    path = folder / SUMMARY
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError.of("--results", f"{path} cannot be read ({error})") from None
    if summary.get("case") != case.path.stem:
        found = f"{folder} holds results of {summary.get('case')}, not of {case.path.stem}"
        raise InputError.of("--results", found)
    units = {row["name"]: 1e3 * row["heat_kw"] for row in summary["cooling_units"]}
    return units | {row["name"]: 1e3 * row["rear_door_kw"] for row in summary["racks"]}


def _facility_year(case: Case, settled: FacilityState, outdoor: Any) -> FacilityYear:
    spec, heat = settled.spec, settled.heat
    plant = plant_of(case, spec)
    state = operate(plant, heat, outdoor)
    short = np.asarray(state.shortage) > SHORT * heat
    T_supply = np.where(short & isinstance(plant.main, Chillers), np.nan, state.T_supply)
    return FacilityYear(spec, heat, settled.pump_power, T_supply, state)


def _coolant(
    case: Case,
    liquid: LiquidSide,
    x: Exchange,
    facilities: Mapping[str, FacilityYear],
    weather: Weather,
) -> dict[str, np.ndarray]:
    """Warmest supply to a rack of each loop [K]: the set point, or above it with warm water.

    With the whole water flow through its exchangers a loop follows the water in a straight line,
    which two solutions at warm water tell. A guard against the dew point moves the set point with
    outdoor air from hour to hour.
    """
    given = {spec.name: spec for spec in (case.liquid.loops if case.liquid else ())}
    heat = {item.name: item.heat_to_liquid for item in case.items if item.loop is not None}
    warm = {name: f.spec.supply for name, f in facilities.items()}
    for loop in liquid.loops.values():
        warm[loop.spec.facility] = max(warm[loop.spec.facility], loop.spec.supply)

    def supplies(warmer: float) -> dict[str, float]:
        T = {name: T + warmer for name, T in warm.items()}
        states = liquid.states(liquid.solve(heat, T, x.coil_heat, x.T_room))
        return {name: float(np.max(state.T_branch_in)) for name, (_, state) in states.items()}

    low, high = supplies(0.0), supplies(PROBE)
    found = {}
    for name, loop in liquid.loops.items():
        T_facility = facilities[loop.spec.facility].T_supply
        slope = (high[name] - low[name]) / PROBE
        following = low[name] + slope * (T_facility - warm[loop.spec.facility])
        held = np.maximum(set_point(given[name], weather.T_dew), following)
        found[name] = np.where(np.isnan(T_facility), np.nan, held)
    return found


def _warmest(case: Case, loop: LoopModel) -> float:
    """Warmest supply that every rack of a loop bears [K]."""
    entries = [item.entry.coolant.inlet_max for item in loop.racks]  # type: ignore[attr-defined]
    return float(min([case.limits.coolant_supply_max or np.inf, *entries]))


def _reasons(liquid: LiquidSide | None, settled: Utilities, utility: UtilityPower) -> list[str]:
    """Why the year is not converged; empty if it is."""
    found: list[str] = []
    if liquid is not None and settled.circuits is not None:
        found += liquid_words.reasons(liquid, settled.circuits)
    found += settled.unsettled
    if not utility.converged:
        found.append("power: no voltage at which the chain carries its loads in every hour")
    return found


def _standing(liquid: LiquidSide | None, settled: Utilities) -> list[str]:
    """What of the liquid side cannot last."""
    if liquid is None or settled.circuits is None:
        return []
    return liquid_words.warnings(liquid, settled.circuits)


def _warnings(case: Case, known: bool) -> list[str]:
    """What is left out of the year for want of the air's solution."""
    found = []
    units = any(isinstance(i.entry, CoolingUnit) and i.on for i in case.items)
    outdoors = [o for o in case.openings if o.kind == "outdoor" or o.power > 0.0]
    if units and outdoors and not known:
        found.append(
            "cooling units are taken to share all heat given to the air, and some of it leaves "
            f"through openings such as {outdoors[0].name}: solve the case first and give --results"
        )
    if any(isinstance(o.entry, EvaporativePad) for o in case.openings):
        found.append("water of the evaporative pads in the hall's walls is not counted")
    return found
