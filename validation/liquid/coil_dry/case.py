import jax.numpy as jnp
import numpy as np

from rehall.validation import Outcome, Profile, read_reference, worst
from thermal.exchanger import conductance_to_inlets
from thermal.properties import fluid

M_AIR, M_WATER, UA = 2.646, 3.78, 4748.0  # [kg/s], [kg/s], [W/K]
T_AIR, T_WATER = 26.6667, 5.5556  # [degC]
CP_DRY_AIR, CP_VAPOUR = 1006.0, 1860.0  # [J/(kg K)]
SOURCE = "Modelica Buildings, Fluid.HeatExchangers.Validation.WetCoilEffectivenessNTU"


def run(reduced: bool) -> Outcome:
    table = read_reference(__file__)
    dry = table["dry_fraction"] == 1.0
    humidity = table["w_in"][dry]
    # The air flow is of moist air; its heat capacity is per kilogram of that mixture.
    C_air = M_AIR * (CP_DRY_AIR + humidity * CP_VAPOUR) / (1.0 + humidity)
    C_water = M_WATER * float(fluid("water").heat_capacity(jnp.array(T_WATER + 273.15)))
    heat = np.asarray(conductance_to_inlets(jnp.array(C_air), C_water, UA)) * (T_AIR - T_WATER)
    T_out = T_AIR - heat / C_air
    at = [f"w_in {w:.4f}" for w in humidity]
    rows = [
        worst(
            "heat to the water",
            heat,
            table["Q_W"][dry],
            0.002,
            at=at,
            relative=True,
            unit="W",
            source=SOURCE,
        ),
        worst(
            "air cooled by",
            T_AIR - T_out,
            T_AIR - table["T_air_out_C"][dry],
            0.002,
            at=at,
            relative=True,
            unit="K",
            source=SOURCE,
        ),
    ]
    profile = Profile(
        "dry coil, then wet (not modelled)",
        "humidity of the air [g/kg]",
        "heat to the water [kW]",
        (1e3 * humidity, heat / 1e3),
        (1e3 * table["w_in"], table["Q_W"] / 1e3),
    )
    return Outcome(rows, [profile])
