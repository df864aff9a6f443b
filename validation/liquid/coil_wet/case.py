from collections.abc import Callable

import jax.numpy as jnp
import numpy as np

from rehall.validation import Outcome, Profile, Row, read_reference, worst
from thermal.equipment.cooling_unit import AIR_SHARE
from thermal.equipment.wet_coil import Inlets, Outlets, coil_wet_throughout, wet_coil
from thermal.exchanger import conductance_to_inlets
from thermal.moist_air import moist_air_heat_capacity
from thermal.properties import fluid

M_AIR, M_WATER, UA = 2.646, 3.78, 4748.0  # moist air, water [kg/s]; dry [W/K]
T_AIR, T_WATER = 26.6667, 5.5556  # [degC]
ZERO = 273.15  # [K]
PARTLY = 0.001  # of the surface: less is neither dry nor wet [-]
UNITS = {"heat": "W", "air cooled by": "K", "water warmed by": "K", "sensible share": ""}
SOURCE = "Modelica Buildings, Fluid.HeatExchangers.Validation.WetCoilEffectivenessNTU"
INTEGRATED = "integration along the coil"
TEXTBOOK = "Mitchell and Braun (2012), example SM-2-1"

Values = dict[str, np.ndarray]


def inlets(w: np.ndarray) -> Inlets:
    """Air of humidity ratio w, whose flow counts the water in it, and the water."""
    T_water = jnp.asarray(T_WATER + ZERO)
    C_water = M_WATER * float(fluid("water").heat_capacity(T_water))
    return Inlets(T_AIR + ZERO, jnp.asarray(w), jnp.asarray(M_AIR / (1.0 + w)), T_water, C_water)


def coil(w: np.ndarray, solve: Callable[..., Outlets] = wet_coil) -> Values:
    """What the coil does in air of humidity ratio w."""
    behind = solve(inlets(w), UA / AIR_SHARE, UA / (1.0 - AIR_SHARE))
    return {
        "heat": np.asarray(behind.heat),
        "sensible heat": np.asarray(behind.sensible),
        "air cooled by": T_AIR + ZERO - np.asarray(behind.T_air),
        "water warmed by": np.asarray(behind.T_water) - ZERO - T_WATER,
    }


def dry(w: np.ndarray) -> Values:
    """The same with a surface that stays dry, however cold."""
    into = inlets(w)
    C_air = into.m_air * moist_air_heat_capacity(into.w_air)
    heat = conductance_to_inlets(C_air, into.C_water, UA) * (T_AIR - T_WATER)
    return {"heat": heat, "sensible heat": heat, "air cooled by": heat / C_air}


def blended(w: np.ndarray, dry_share: np.ndarray) -> Values:
    """The coil that stays dry and the one that is wet throughout, each with its share."""
    parts = dry(w), coil(w, coil_wet_throughout)
    return {
        key: np.asarray(dry_share * parts[0][key] + (1.0 - dry_share) * parts[1][key])
        for key in parts[0]
    }


def run(reduced: bool) -> Outcome:
    table = read_reference(__file__)
    w, dry_share = table["w_in"], table["dry_fraction"]
    reference = {
        "heat": table["Q_W"],
        "air cooled by": T_AIR - table["T_air_out_C"],
        "sensible share": table["SHR"],
    }
    partly = (dry_share > PARTLY) & (dry_share < 1.0 - PARTLY)
    ours = coil(w)
    blend = blended(w, dry_share)
    rows = []
    for part, here, values, limit in (
        ("dry", dry_share >= 1.0 - PARTLY, ours, 0.002),
        ("partly wet, blended", partly, blend, 0.02),
        ("wet", dry_share <= PARTLY, ours, 0.02),
    ):
        values = values | {"sensible share": values["sensible heat"] / values["heat"]}
        rows += compared(part, values, reference, w, here, limit, SOURCE)
    return Outcome(rows + integrated() + textbook(), profiles(w, reference))


def compared(
    part: str,
    ours: Values,
    reference: Values,
    w: np.ndarray,
    here: np.ndarray | slice,
    limit: float,
    source: str,
) -> list[Row]:
    """The worst point of `here`, of every quantity of the reference."""
    return [
        worst(
            f"{quantity}, {part}",
            ours[quantity][here],
            values[here],
            limit,
            at=[f"w_in {value:.4f}" for value in w[here]],
            relative=True,
            unit=UNITS[quantity],
            source=source,
        )
        for quantity, values in reference.items()
    ]


def integrated() -> list[Row]:
    """Where a part of the coil is wet, beside an integration without blend and without chord."""
    table = read_reference(__file__, "reference_integrated.csv")
    w = table["w_in"]
    reference = {"heat": table["Q_W"], "air cooled by": T_AIR - table["T_air_out_C"]}
    return compared("partly wet", coil(w), reference, w, slice(None), 0.02, INTEGRATED)


def textbook() -> list[Row]:
    table = read_reference(__file__, "reference_textbook.csv")
    w = table["w_in"]
    reference = {
        "water warmed by": table["T_water_out_C"] - T_WATER,
        "air cooled by": T_AIR - table["T_air_out_C"],
    }
    return compared("wet, textbook", coil(w), reference, w, slice(None), 0.02, TEXTBOOK)


def profiles(w: np.ndarray, reference: Values) -> list[Profile]:
    line = np.linspace(w[0], w[-1], 100)
    ours = coil(line)
    share = ours["sensible heat"] / ours["heat"]
    return [
        Profile(
            title,
            "humidity of the air [g/kg]",
            label,
            (1e3 * line, scale * values),
            (1e3 * w, scale * reference[quantity]),
        )
        for title, label, quantity, values, scale in (
            ("heat to the water", "heat [kW]", "heat", ours["heat"], 1e-3),
            ("sensible share of the heat", "sensible over total", "sensible share", share, 1.0),
        )
    ]
