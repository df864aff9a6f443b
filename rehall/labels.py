"""What a key of the summary is called and which unit its ending stands for."""

from typing import Any

UNITS = {
    "_l_per_kwh": "L/kWh",
    "_kw_per_m2": "kW/m²",
    "_per_year": "per year",
    "_per_mwh": "per MWh",
    "_per_hour": "per hour",
    "_kg_s": "kg/s",
    "_g_kg": "g/kg",
    "_m3_s": "m³/s",
    "_m3_h": "m³/h",
    "_m_s": "m/s",
    "_k_w": "K/W",
    "_k_s": "K/s",
    "_lpm": "L/min",
    "_kwh": "kWh",
    "_mwh": "MWh",
    "_kva": "kVA",
    "_mva": "MVA",
    "_kpa": "kPa",
    "_usd": "USD",
    "_eur": "EUR",
    "_pct": "%",
    "_kw": "kW",
    "_mw": "MW",
    "_kv": "kV",
    "_ka": "kA",
    "_kg": "kg",
    "_hz": "Hz",
    "_pa": "Pa",
    "_m2": "m²",
    "_m3": "m³",
    "_mm": "mm",
    "_ms": "ms",
    "_min": "min",
    "_c": "°C",
    "_k": "K",
    "_w": "W",
    "_v": "V",
    "_a": "A",
    "_m": "m",
    "_s": "s",
    "_l": "L",
}
PLAIN = {
    "inlet_min",  # the least of something, not minutes
    "rci_hi",
    "rci_lo",
}
TITLES = {
    "cdus": "Coolant distribution units",
    "loops": "Liquid loops",
    "power_nodes": "Power nodes in the normal state, and after the worst single failure",
    "power_states": "Power after every single failure, at the tightest feeder of servers",
    "power_findings": "Power: rules that do not hold",
    "power_margins": "Power: margin of every rule in its worst state",
    "generator_steps": "Loads that come to the generators, in the state with the worst step",
    "power_loads": "Loads of the power chain",
    "power_selectivity": "Breakers in series",
    "holds": "Holds",
    "where": "Where",
    "wall_s": "Wall time",
    "pue": "Power usage effectiveness (PUE)",
    "wue_l_per_kwh": "Water usage effectiveness (WUE)",
    "rci_hi_pct": "Rack cooling index (RCI), high side",
    "rci_lo_pct": "Rack cooling index (RCI), low side",
    "shi": "Supply heat index (SHI)",
    "rhi": "Return heat index (RHI)",
    "rti_pct": "Return temperature index (RTI)",
    "recirculated_pct": "Air that was through servers before",
    "air_age_mean_s": "Mean age of the air",
    "it_kw": "IT power",
    "it_kw_per_m2": "IT power per floor area",
    "utility_kw": "Power from the utility",
    "liquid_share": "Share of IT heat to liquid",
    "energy_cost_per_year": "Energy cost",
    "losses_in_hall_kw": "Losses of power nodes in the hall",
    "losses_elsewhere_kw": "Losses of power nodes elsewhere",
    "air_flow_m3_s": "Air through servers",
}
ABBREVIATIONS = {
    name.lower(): name
    for name in (
        *("IT", "CDU", "CRAH", "FWS", "TCS", "UPS", "PDU", "GPU", "CPU", "RDHx"),
        *("PUE", "WUE", "RCI", "SHI", "RHI", "RTI", "NTU", "COP"),
    )
}


def units_of(key: str) -> str:
    """Unit that the ending of a key of the summary stands for; empty where it has none.

    >>> units_of("inlet_max_c"), units_of("wue_l_per_kwh"), units_of("pue")
    ('°C', 'L/kWh', '')
    """
    ending = _ending(key)
    return UNITS[ending] if ending else ""


def unit_among(key: str, values: dict[str, Any]) -> str:
    """Unit of a key; that of a cost has the currency that stands beside it.

    >>> unit_among("energy_cost_per_year", {"energy_cost_per_year": 1.0, "currency": "USD"})
    'USD per year'
    """
    unit = units_of(key)
    currency = values.get("currency") if "_cost" in key else None
    return f"{currency} {unit}" if currency else unit


def title_of(key: str) -> str:
    """Name of a key for people, without its unit.

    >>> title_of("it_kw"), title_of("inlet_amplitude_k"), title_of("pue")
    ('IT power', 'Inlet amplitude', 'Power usage effectiveness (PUE)')
    """
    if key in TITLES:
        return TITLES[key]
    words = key.removesuffix(_ending(key)).split("_")
    words = [ABBREVIATIONS.get(word, word) for word in words]
    title = " ".join(words)
    return title[:1].upper() + title[1:]


def _ending(key: str) -> str:
    """Ending of a key that is a unit, the longest first; empty where there is none."""
    if key in PLAIN:
        return ""
    return next((ending for ending in UNITS if key.endswith(ending)), "")
