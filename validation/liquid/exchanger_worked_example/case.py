from rehall.validation import Outcome, Row, read_reference
from thermal.exchanger import conductance_to_inlets, effectiveness, ua_from_rating

C_HOT, C_COLD = 5.2 * 1860.0, 1.45 * 1900.0  # [W/K]
T_HOT, T_COLD, T_COLD_OUT = 130.0, 15.0, 85.0  # [degC]
T_HOT_OUT_SHELL = 110.0  # of the example for the correction factor [degC]
ARRANGEMENT = "crossflow_max_mixed"


def run(reduced: bool) -> Outcome:
    table = read_reference(__file__)
    UA = ua_from_rating(C_COLD * (T_COLD_OUT - T_COLD), C_HOT, C_COLD, T_HOT, T_COLD, ARRANGEMENT)
    heat = float(conductance_to_inlets(C_HOT, C_COLD, UA, ARRANGEMENT)) * (T_HOT - T_COLD)
    NTU, C_r = UA / C_COLD, C_COLD / C_HOT
    ours = {
        "heat": heat,
        "hot outlet": T_HOT - heat / C_HOT,
        "capacity rate ratio": C_r,
        "effectiveness": float(effectiveness(ARRANGEMENT, NTU, C_r)),
        "NTU": NTU,
        "UA": UA,
        "correction of the log-mean difference": correction(),
    }
    return Outcome(
        [
            Row(name, ours[name], value, 1e-4, unit=unit, relative=True, source="CalebBell/ht")
            for name, value, unit in zip(
                table["quantity"], table["value"], table["unit"], strict=True
            )
        ]
    )


def correction() -> float:
    """UA of a counterflow exchanger over that of a shell-and-tube one of the same temperatures."""
    C_cold = C_HOT * (T_HOT - T_HOT_OUT_SHELL) / (T_COLD_OUT - T_COLD)
    counterflow, shell = (
        ua_from_rating(C_HOT * (T_HOT - T_HOT_OUT_SHELL), C_HOT, C_cold, T_HOT, T_COLD, arrangement)
        for arrangement in ("counterflow", "shell_and_tube")
    )
    return counterflow / shell
