import jax.numpy as jnp
import numpy as np

from rehall.validation import Outcome, Profile, Row, read_reference, worst
from thermal.plant.machines import volumetric_heat
from thermal.plant.outdoor import outdoor_at_wet_bulb
from thermal.plant.tower import CoolingTower, cooling_tower

ZERO, V_DESIGN = 273.15, 0.1  # [m3/s]
WET, RANGE, APPROACH = 25.56, 5.56, 3.8425  # design of the correlation [degC], [K], [K]
LIQUID_TO_GAS, EXPONENT = 1.2, 0.6  # of the catalogue's tower
C_DESIGN = V_DESIGN * volumetric_heat("water")
YORK = "YorkCalc"


def approach(wet: np.ndarray, rise: np.ndarray, ratio: np.ndarray) -> np.ndarray:
    """Of a tower with fans at full speed and `ratio` of its water [K]."""
    tower = CoolingTower(
        "tower",
        C_DESIGN * RANGE,
        APPROACH,
        WET + ZERO,
        V_DESIGN,
        1.0,
        LIQUID_TO_GAS,
        EXPONENT,
        4.0,
        0.0,
    )
    outdoor = outdoor_at_wet_bulb(jnp.array(wet + 10.0 + ZERO), jnp.array(wet + ZERO))
    out_of_reach = 250.0
    heat = jnp.array(C_DESIGN * ratio * rise)
    state = cooling_tower(tower, heat, outdoor, jnp.array(ratio * V_DESIGN), out_of_reach)
    return np.asarray(state.T_leaving) - wet - ZERO


def run(reduced: bool) -> Outcome:
    table = read_reference(__file__)
    wet, rise, ratio = table["wet_bulb"], table["range"], table["water_over_air"]
    ours, theirs = approach(wet, rise, ratio), table["approach"]
    labels = [f"{a:g} degC, {b:g} K, {c:g}" for a, b, c in zip(wet, rise, ratio, strict=True)]
    design = (wet == WET) & (rise == RANGE) & (ratio == 1.0)
    apart = ours - theirs
    rows = [
        Row("approach, design", float(ours[design][0]), APPROACH, 0.01, unit="K", source=YORK),
        worst("approach", ours, theirs, 1.5, at=labels, unit="K", source=YORK),
        Row("approach, mean difference", float(apart.mean()), 0.0, 0.5, unit="K", source=YORK),
    ]
    line = np.linspace(5.0, 26.0, 43)
    profiles = [
        Profile(
            f"range {b:g} K",
            "wet bulb [degC]",
            "approach [K]",
            (line, approach(line, np.full_like(line, b), np.ones_like(line))),
            (wet[here], theirs[here]),
        )
        for b in (3.0, 5.56, 11.0)
        for here in [(rise == b) & (ratio == 1.0)]
    ]
    return Outcome(rows, profiles)
