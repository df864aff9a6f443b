from rehall.validation import Outcome, Row, read_reference
from thermal.exchanger import conductance_to_inlets, effectiveness

C_HOT, C_COLD, UA = 30.0 * 3974.57, 28.0 * 4180.0, 250e3  # [W/K]
T_HOT, T_COLD, LOAD = 57.0, 36.0, 1900e3  # [degC], [W]


def run(reduced: bool) -> Outcome:
    table = read_reference(__file__)
    conductance = float(conductance_to_inlets(C_HOT, C_COLD, UA))
    heat = conductance * (T_HOT - T_COLD)
    T_return = T_COLD + LOAD / conductance
    ours = {
        "heat": heat / 1e3,
        "hot outlet": T_HOT - heat / C_HOT,
        "cold outlet": T_COLD + heat / C_COLD,
        "effectiveness": float(effectiveness("counterflow", UA / C_COLD, C_COLD / C_HOT)),
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
