import jax.numpy as jnp
import numpy as np

from rehall.validation import Outcome, Profile, Row, read_reference, worst
from thermal.equipment.cooling_unit import AIR_SHARE
from thermal.equipment.wet_coil import Inlets, Outlets, wet_coil
from thermal.properties import fluid

M_AIR, M_WATER, UA = 2.646, 3.78, 4748.0  # moist air, water [kg/s]; dry [W/K]
T_AIR, T_WATER = 26.6667, 5.5556  # [degC]
ZERO = 273.15  # [K]
PARTS = {  # of the coil's surface that are dry; limit of a difference
    "dry": (0.999, 1.0, 0.002),
    "partly wet": (0.001, 0.999, 0.02),
    "wet": (0.0, 0.001, 0.02),
}
KNOWN = {"heat": 0.075, "air cooled by": 0.026, "sensible share": 0.095}
REASON = (
    "the reference blends the heat of its dry and its wet coil with smooth weights; "
    "its own coil in elements gives 3.5 and 1.3 % more heat at these two points"
)
SOURCE = "Modelica Buildings, Fluid.HeatExchangers.Validation.WetCoilEffectivenessNTU"
INTEGRATED = "integration along the coil"
TEXTBOOK = "Mitchell and Braun (2012), example SM-2-1"


def coil(w: np.ndarray) -> Outlets:
    """The coil in air of humidity ratio w; its air flow counts the water in it."""
    T_water = jnp.asarray(T_WATER + ZERO)
    C_water = M_WATER * float(fluid("water").heat_capacity(T_water))
    inlets = Inlets(T_AIR + ZERO, jnp.asarray(w), jnp.asarray(M_AIR / (1.0 + w)), T_water, C_water)
    return wet_coil(inlets, UA / AIR_SHARE, UA / (1.0 - AIR_SHARE))


def run(reduced: bool) -> Outcome:
    table = read_reference(__file__)
    w, reference = table["w_in"], of_reference(table)
    ours, rows = of_ours(coil(w)), []
    for part, (least, most, limit) in PARTS.items():
        here = (table["dry_fraction"] >= least) & (table["dry_fraction"] <= most)
        for quantity, unit in (("heat", "W"), ("air cooled by", "K"), ("sensible share", "")):
            misses = part == "partly wet"
            rows.append(
                worst(
                    f"{quantity}, {part}",
                    ours[quantity][here],
                    reference[quantity][here],
                    limit,
                    at=[f"w_in {value:.4f}" for value in w[here]],
                    relative=True,
                    unit=unit,
                    source=SOURCE,
                    reason=REASON if misses else "",
                    known=KNOWN[quantity] if misses else 0.0,
                )
            )
    return Outcome(rows + integrated() + textbook(), profiles(w, reference))


def of_reference(table: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {
        "heat": table["Q_W"],
        "air cooled by": T_AIR - table["T_air_out_C"],
    } | ({"sensible share": table["SHR"]} if "SHR" in table else {})


def of_ours(behind: Outlets) -> dict[str, np.ndarray]:
    return {
        "heat": np.asarray(behind.heat),
        "air cooled by": T_AIR + ZERO - np.asarray(behind.T_air),
        "sensible share": np.asarray(behind.sensible / behind.heat),
    }


def integrated() -> list[Row]:
    """Where a part of the coil is wet, beside an integration without blend and without chord."""
    table = read_reference(__file__, "reference_integrated.csv")
    ours, reference = of_ours(coil(table["w_in"])), of_reference(table)
    at = [f"w_in {value:.4f}" for value in table["w_in"]]
    return [
        worst(
            f"{quantity}, partly wet, integrated",
            ours[quantity],
            reference[quantity],
            0.02,
            at=at,
            relative=True,
            unit=unit,
            source=INTEGRATED,
        )
        for quantity, unit in (("heat", "W"), ("air cooled by", "K"))
    ]


def textbook() -> list[Row]:
    table = read_reference(__file__, "reference_textbook.csv")
    behind = coil(table["w_in"])
    changes = {
        "water warmed by": (behind.T_water - ZERO - T_WATER, table["T_water_out_C"] - T_WATER),
        "air cooled by": (T_AIR + ZERO - behind.T_air, T_AIR - table["T_air_out_C"]),
    }
    return [
        Row(
            f"{quantity}, wet",
            float(ours[0]),
            float(theirs[0]),
            0.02,
            unit="K",
            relative=True,
            at="textbook",
            source=TEXTBOOK,
        )
        for quantity, (ours, theirs) in changes.items()
    ]


def profiles(w: np.ndarray, reference: dict[str, np.ndarray]) -> list[Profile]:
    line = np.linspace(w[0], w[-1], 100)
    ours = of_ours(coil(line))
    return [
        Profile(
            title,
            "humidity of the air [g/kg]",
            label,
            (1e3 * line, scale * ours[quantity]),
            (1e3 * w, scale * reference[quantity]),
        )
        for title, label, quantity, scale in (
            ("heat to the water", "heat [kW]", "heat", 1e-3),
            ("sensible share of the heat", "sensible over total", "sensible share", 1.0),
        )
    ]
