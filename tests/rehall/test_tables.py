"""What the terminal shows: names and units of every index, no minus before a zero."""

from rich.console import Console

from rehall.report import pairs
from rehall.tables import limits_table, metrics_table, print_transient
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


def test_events_and_the_first_broken_limit_are_told():
    racks = [
        {"name": "A", "limit_broken_at_s": 40.0, "air_rise_broken_at_s": None},
        {"name": "B", "limit_broken_at_s": None, "air_rise_broken_at_s": None},
    ]
    coolant = [{"name": "B", "coolant_broken_at_s": 32.93, "chip_broken_at_s": None}]
    transient = {
        "duration_s": 90.0,
        "events": ["10 s: CDU1 state off", "15 s: CDU2 state on"],
        "racks": racks,
        "coolant": {"racks": coolant},
    }
    console = Console(width=80, record=True)
    print_transient(transient, console)
    text = console.export_text()
    assert "10 s: CDU1 state off\n  15 s: CDU2 state on" in text
    assert "first limit broken at 32.9 s: coolant of B" in text
    console = Console(width=80, record=True)
    print_transient(transient | {"racks": racks[1:], "coolant": None}, console)
    assert "no rack breaks" in console.export_text()


def test_names_of_limits_are_never_cut():
    row = {"where": "A04 and 3 more", "value": 92.71, "limit": 95.0, "unit": "%"}
    row |= {"uncertainty": 1.25, "holds": False, "name": "coolant_return_max_transient"}
    lines = printed(limits_table([row])).splitlines()
    told = "".join(
        line.split()[0] for line in lines if line.strip().startswith(("cool", "tr", "an"))
    )
    assert "…" not in "".join(lines)
    assert told


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
