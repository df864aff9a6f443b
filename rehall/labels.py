"""What a key of the summary is called and which unit its ending stands for."""

UNITS = {
    "_l_per_kwh": "L/kWh",
    "_kw_per_m2": "kW/m²",
    "_per_year": "per year",
    "_per_hour": "per hour",
    "_kg_s": "kg/s",
    "_g_kg": "g/kg",
    "_m3_s": "m³/s",
    "_m3_h": "m³/h",
    "_m_s": "m/s",
    "_k_w": "K/W",
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
    "power_nodes": "Power",
    "holds": "Holds",
    "where": "Where",
    "wall_s": "Wall time",
    "rci_hi_pct": "RCI (high side)",
    "rci_lo_pct": "RCI (low side)",
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


def title_of(key: str) -> str:
    """Name of a key for people, without its unit.

    >>> title_of("it_kw"), title_of("inlet_amplitude_k"), title_of("pue")
    ('IT', 'Inlet amplitude', 'PUE')
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
