"""The files of a sweep, and the key of what it belongs to."""

import csv
import json

import h5py
import numpy as np
import pytest

from rehall.sweep.files import (
    CSV,
    JSON,
    TABLE,
    key_of,
    summarise_sweep,
    write_files,
)
from rehall.sweep.samples import vary
from rehall.sweep.study import Asked, Planned, Swept

ASKED = Asked(("FW1.supply = 20 degC, 22 degC, 5 kW",))


@pytest.fixture
def swept(variant):
    """Two variants that are solved, and one that is no case."""
    varied = tuple(vary(text) for text in ASKED.vary)
    every = [variant(n, float(n)) for n in range(3)]
    known = {"reason": "", "broken": 0, "undecided": 0, "max_inlet_at": "A01", "mean_inlet_c": 21.0}
    known |= {"least_margin_of": "rack_inlet_max A01", "utility_kw": 60.0}
    known |= {"energy_cost_per_year": None}
    rows = [
        {"FW1.supply": f"{T} degC", "number": n, "verdict": verdict, "max_inlet_c": T + 1.5}
        | {"least_margin_pct": left, "pue": 1.2, "cooling_kw": 9.0 - n, "racks.Ä/1.it_kw": 8.0}
        | known
        | {"rack_inlet_max.holds": holds}
        for n, (T, verdict, left, holds) in enumerate(
            [(20, "pass", 20.0, True), (22, "unsure", 12.0, None)]
        )
    ]
    reason = "no case, „ever“"
    rows.append({"FW1.supply": "5 kW", "number": 2, "verdict": "unsolved", "reason": reason})
    return Swept(Planned(varied, every), rows, 2, 1.5)


def test_table_has_every_column_as_text_and_as_numbers(swept, hall, tmp_path):
    assert write_files(summarise_sweep(hall, ASKED, swept), swept, tmp_path) == [
        tmp_path / name for name in (CSV, TABLE, JSON)
    ]
    with (tmp_path / CSV).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["FW1.supply"] for row in rows] == ["20 degC", "22 degC", "5 kW"]
    assert [row["cooling_kw"] for row in rows] == ["9.0", "8.0", ""]
    assert rows[2]["reason"] == "no case, „ever“"
    with h5py.File(tmp_path / TABLE) as file:
        assert set(file) == {name.replace("/", "|") for name in rows[0]}
        np.testing.assert_array_equal(file["cooling_kw"][()], [9.0, 8.0, np.nan])
        np.testing.assert_array_equal(file["racks.Ä|1.it_kw"][()], [8.0, 8.0, np.nan])
        np.testing.assert_array_equal(file["rack_inlet_max.holds"][()], [1.0, np.nan, np.nan])
        assert list(file["reason"].asstr()[()]) == ["", "", "no case, „ever“"]
        assert list(file["FW1.supply"].asstr()[()]) == ["20 degC", "22 degC", "5 kW"]


def test_summary_counts_the_variants_and_names_the_best(swept, hall, tmp_path):
    write_files(summarise_sweep(hall, ASKED, swept), swept, tmp_path)
    found = json.loads((tmp_path / JSON).read_text())
    assert found["inputs"] == [{"path": "FW1.supply", "values": "20 degC, 22 degC, 5 kW"}]
    counts = {"variants": 3, "pass": 1, "fail": 0, "unsure": 1, "unsolved": 1, "computed": 2}
    assert found["counts"] == counts
    assert found["best"]["number"] == 0
    assert [row["number"] for row in found["pareto"]] == [1, 0]
    assert found["pareto"][0]["cooling_kw"] == 8.0
    assert not list(tmp_path.glob(".part*"))


def test_every_part_of_what_is_asked_for_has_a_key_of_its_own(hall, case_of, hall_text):
    other = case_of(hall_text.replace("altitude: 0 m", "altitude: 9 m"))
    asked = [ASKED, Asked(("FW1.supply = 20 degC",))]
    asked += [Asked(ASKED.vary, **given) for given in ({"seed": 1}, {"count": 2}, {"cell": 0.4})]
    asked.append(Asked(ASKED.vary, sample="list"))
    assert key_of(hall, Asked(ASKED.vary, jobs=9)) == key_of(hall, ASKED)
    assert len({key_of(hall, one) for one in asked} | {key_of(other, ASKED)}) == len(asked) + 1
