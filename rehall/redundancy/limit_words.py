"""Limits as heads of columns: which domain they are of, a short word, and what they mean."""

from typing import NamedTuple


class Word(NamedTuple):
    """A limit's domain, its short word, and what is limited."""

    group: str
    short: str
    meaning: str


AIR, COOLANT, POWER, BUILDING = "air", "coolant", "power", "building"
GROUPS = (AIR, COOLANT, POWER, BUILDING)
WORDS = {
    "rack_inlet_max": Word(AIR, "inlet", "hottest air that servers take in"),
    "rack_air_rise_max": Word(AIR, "air rise", "warming of air through servers"),
    "rack_dew_point_max": Word(AIR, "dew point +", "highest dew point of servers' air"),
    "rack_dew_point_min": Word(AIR, "dew point -", "lowest dew point of servers' air"),
    "rack_humidity_max": Word(AIR, "humidity +", "highest humidity of servers' air"),
    "rack_humidity_min": Word(AIR, "humidity -", "lowest humidity of servers' air"),
    "cooling_unit_loading_max": Word(AIR, "coil", "load of cooling units' coils"),
    "cooling_unit_fan_max": Word(AIR, "fans +", "highest speed of cooling units' fans"),
    "cooling_unit_fan_min": Word(AIR, "fans -", "lowest speed of cooling units' fans"),
    "cooling_unit_supply_excess": Word(AIR, "supply air", "air of units above its set point"),
    "cooling_unit_return_excess": Word(AIR, "return air", "return air above its set point"),
    "air_heat_stored": Word(AIR, "heat in air", "heat that nothing takes out of the air"),
    "coolant_supply_max": Word(COOLANT, "supply", "coolant that enters racks"),
    "coolant_return_max": Word(COOLANT, "return", "warmest coolant in racks and their return"),
    "coolant_flow_min": Word(COOLANT, "flow", "coolant of racks over what they ask for"),
    "coolant_heat_unmet": Word(COOLANT, "heat unmet", "heat of racks that no coolant takes"),
    "coolant_heat_stored": Word(COOLANT, "heat in loop", "heat that leaves no rack loop"),
    "chip_temperature_max": Word(COOLANT, "chips", "case temperature of the hottest chips"),
    "cdu_loading_max": Word(COOLANT, "CDU load", "heat of CDUs over their capacity"),
    "dew_point_margin_min": Word(COOLANT, "condensation", "coolant above the dew point of air"),
    "loop_pressure_min": Word(COOLANT, "pressure -", "lowest pressure of a loop"),
    "loop_pressure_max": Word(COOLANT, "pressure +", "highest pressure of a loop"),
    "pump_suction_head_min": Word(COOLANT, "suction", "suction head of CDU pumps"),
    "rejection_loading_max": Word(COOLANT, "rejection", "heat of the rejection over its capacity"),
    "facility_supply_excess": Word(COOLANT, "facility", "facility water above its set point"),
    "facility_heat_stored": Word(COOLANT, "heat in water", "heat that leaves no facility water"),
    "rack_power_max": Word(POWER, "rack rating", "power of racks over their rating"),
    "unserved_power": Word(POWER, "unserved", "power that servers lack"),
    "unserved_cooling_power": Word(POWER, "cooling off", "power that cooling lacks"),
    "loading": Word(POWER, "loading", "load of nodes over their rating"),
    "conductor": Word(POWER, "conductor", "load of conductors over what they carry"),
    "real_power": Word(POWER, "real power", "real power of UPS and generators"),
    "overload": Word(POWER, "overload", "what UPS bear while they bridge"),
    "contracted_demand": Word(POWER, "contract", "power over the contracted demand"),
    "power_factor": Word(POWER, "cos phi", "power factor at the meter"),
    "peak_power": Word(POWER, "peak kW", "highest real power for moments"),
    "peak_load": Word(POWER, "peak kVA", "highest apparent power for moments"),
    "heating_by_the_swing": Word(POWER, "swing", "heating by loads that swing"),
    "ramp": Word(POWER, "ramp", "fastest change of power at the utility"),
    "neutral_current": Word(POWER, "neutral", "current of the neutral"),
    "lowest_voltage": Word(POWER, "voltage -", "lowest voltage at loads"),
    "highest_voltage": Word(POWER, "voltage +", "highest voltage at loads"),
    "voltage_collapse": Word(POWER, "collapse", "no voltage carries the loads"),
    "battery_autonomy": Word(POWER, "autonomy", "time that batteries last"),
    "time_without_cooling": Word(POWER, "still", "time that cooling stands still"),
    "load_step": Word(POWER, "load step", "what generators take at once"),
    "interrupting_rating": Word(POWER, "breaking", "short-circuit current that breakers open"),
    "short-time_withstand": Word(POWER, "withstand", "short-circuit current that is borne"),
    "peak_withstand": Word(POWER, "crest", "crest of the short-circuit current"),
    "exhaust_fan_flow_min": Word(BUILDING, "exhaust flow", "flow of exhaust fans"),
    "exhaust_fan_pressure_max": Word(BUILDING, "exhaust dp", "pressure of exhaust fans"),
    "pad_velocity_max": Word(BUILDING, "pads", "fastest air through wet pads"),
    "hall_pressure_max": Word(BUILDING, "pressure", "pressure of the hall over outdoors"),
    "floor_load": Word(BUILDING, "floor", "load of the floor"),
}


def word_of(limit: str) -> Word:
    """What a limit is called; a rule of the power chain without a word keeps its name.

    >>> word_of("rack_inlet_max").short, word_of("another_rule").group
    ('inlet', 'power')
    """
    return WORDS.get(limit) or Word(POWER, limit.replace("_", " "), "rule of the power chain")
