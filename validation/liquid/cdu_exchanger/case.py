import math

from rehall.validation import Outcome, Row, read_reference
from thermal.exchanger import conductance_to_inlets, effectiveness

C_HOT, C_COLD, UA = 30.0 * 3974.57, 28.0 * 4180.0, 250e3  # [W/K]
T_HOT, T_COLD, LOAD = 57.0, 36.0, 1900e3  # [degC], [W]


def run(reduced: bool) -> Outcome:
    table = read_reference(__file__)
    conductance = float(conductance_to_inlets(C_HOT, C_COLD, UA))
    heat = conductance * (T_HOT - T_COLD)
    hot_out, cold_out = T_HOT - heat / C_HOT, T_COLD + heat / C_COLD
    T_return = T_COLD + LOAD / conductance
    NTU, C_r = UA / C_COLD, C_COLD / C_HOT
    ours = {
        "capacity rate of the glycol": C_HOT / 1e3,
        "capacity rate of the water": C_COLD / 1e3,
        "capacity rate ratio": C_r,
        "NTU": NTU,
        "heat": heat / 1e3,
        "hot outlet": hot_out,
        "cold outlet": cold_out,
        "effectiveness": float(effectiveness("counterflow", NTU, C_r)),
        "log-mean difference": log_mean(T_HOT - cold_out, hot_out - T_COLD),
        "approach": hot_out - T_COLD,
        "return at 1900 kW": T_return,
        "supply at 1900 kW": T_return - LOAD / C_HOT,
        "facility outlet at 1900 kW": T_COLD + LOAD / C_COLD,
    }
    return Outcome(
        [
            Row(
                name, ours[name], value, 1e-6, unit=unit, relative=True, source="worked by hand; ht"
            )
            for name, value, unit in zip(
                table["quantity"], table["value"], table["unit"], strict=True
            )
        ]
    )


def log_mean(warm_end: float, cold_end: float) -> float:
    """Logarithmic mean of the differences at both ends [K]."""
    return (warm_end - cold_end) / math.log(warm_end / cold_end)
