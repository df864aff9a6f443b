"""What the terminal shows: names and units of every index, no minus before a zero."""

from rich.console import Console

from rehall.report import pairs
from rehall.tables import limits_table, metrics_table
from rehall.tables_evidence import grids_table, study_table

METRICS = {
    "pue": 1.0823,
    "shi": 0.02,
    "rti_pct": 98.76,
    "it_kw": 40.0,
    "utility_kw": 112.17,
    "losses_in_hall_kw": -1e-9,
    "energy_cost_per_year": 98_263.4,
    "currency": "USD",
    "liquid_share": None,
}


def printed(table) -> str:
    console = Console(width=80, record=True)
    console.print(table)
    return console.export_text()


def test_index_has_its_name_in_words_and_its_unit():
    rows = [" ".join(line.split()) for line in printed(metrics_table(METRICS)).splitlines()]
    for row in (
        "Power usage effectiveness (PUE) 1.082 -",
        "Supply heat index (SHI) 0.020 -",
        "Return temperature index (RTI) 98.8 %",
        "IT power 40.0 kW",
        "Power from the utility 112.2 kW",
        "Losses of power nodes in the hall 0.0 kW",
        "Energy cost 98,263 USD per year",
    ):
        assert row in rows
    assert ("Energy cost", "98263", "USD per year") in pairs(METRICS)


def test_value_that_rounds_to_zero_has_no_minus():
    row = {"name": "cooling_unit_supply_excess", "where": "FW1", "value": -0.001, "limit": 0.5}
    text = printed(limits_table([row | {"unit": "K", "uncertainty": 0.01, "holds": True}]))
    assert "0.00" in text
    assert "-0.00" not in text


def test_tables_of_a_grid_study_fit_eighty_columns():
    inlet = {"name": "B12-03", "coarse_c": 22.27, "medium_c": 22.46, "fine_c": 22.42}
    inlet |= {"order": -13.56, "order_used": 2.0, "safety_factor": 1.25}
    inlet |= {"grid_uncertainty_k": 10.57, "extrapolated_c": 22.41, "remark": "oscillatory"}
    grid = {"name": "grid 3", "cells": 485_800, "cells_x": 120, "cells_y": 100, "cells_z": 40}
    grid |= {"effective_width_m": 0.4870, "ratio": 1.422, "ratio_least": 1.22, "ratio_most": 1.8}
    grid |= {"iterations": 1000, "converged": True, "averaged": True, "swing_max_k": 0.07}
    for table, words in (
        (study_table([inlet], "Highest inlets"), ("B12-03", "-13.56", "1.25", "oscillatory")),
        (grids_table([grid]), ("120 x 100 x 40", "1.22-1.80", "1000", "swing 0.07 K")),
    ):
        text = printed(table)
        assert "\u2026" not in text
        assert all(word in text for word in words)
