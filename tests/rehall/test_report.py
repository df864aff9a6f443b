import base64
import re
from html.parser import HTMLParser

import pytest

from rehall.report import by_margin, margin, write_report

VOID = {"meta", "img", "link", "br", "hr"}
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


class Page(HTMLParser):
    """Text of each cell and line, and whether every tag is closed by its own."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.rows: list[list[str]] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.links += [value for key, value in attributes if key in ("src", "href")]
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1][-1] += data.strip()


@pytest.fixture
def page(results, tmp_path):
    picture = tmp_path / "plan.png"
    picture.write_bytes(PIXEL)
    write_report(results, [picture], tmp_path / "report.html")
    return Page((tmp_path / "report.html").read_text(encoding="utf-8"))


def test_every_limit_is_on_the_page(page, results):
    for limit in results.summary["limits"]:
        value = "-" if limit["value"] is None else f"{limit['value']:.4g}"
        row = [limit["name"], limit["where"], value, f"{limit['limit']:.4g}", limit["unit"]]
        assert any(found[:5] == row for found in page.rows)


def test_verdict_comes_first(page):
    assert page.text.index("fail") < page.text.index("Margin")
    assert "9 of 18 limits hold" in " ".join(page.text.split())


def test_text_of_the_user_is_escaped(page):
    assert "script" not in page.tags  # the case has <script> in a comment
    assert "<script>" in page.text
    assert "synthetic <b>hall</b> & co" in page.text
    assert "b" not in page.tags


def test_page_needs_nothing_from_elsewhere(page):
    assert all(re.match(r"data:|#", link) for link in page.links)
    assert any(link.startswith("data:image/png;base64,iVBOR") for link in page.links)


def test_racks_come_by_margin(page):
    names = [row[0] for row in page.rows if len(row) > 5 and re.fullmatch(r"[AB]0\d", row[0])]
    # A08 and B08 are 4 K too hot. A01 is 11 % from its air limit but 2.1 % from its coolant limit:
    # behind A04 (0 %), before A03 (3.7 %).
    assert names[:2] == ["A08", "B08"]
    assert names.index("A04") < names.index("A01") < names.index("A03")


def test_results_that_did_not_converge_say_so(results, tmp_path):
    results.summary["converged"] = False
    write_report(results, [], tmp_path / "report.html")
    page = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert "Not converged" in page.text


def test_tables_unknown_to_this_version_are_shown(results, tmp_path):
    results.summary["batteries"] = [{"name": "UPS-7", "autonomy_s": 312.0}]
    results.summary["assumptions"] = ["Flow per kW of the NVL72 is assumed <low>"]
    results.summary["grid"] = {"coarse_cells": 100, "inlet_change_k": 0.4}
    write_report(results, [], tmp_path / "report.html")
    page = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert ["UPS-7", "312"] in page.rows
    assert ["Flow per kW of the NVL72 is assumed <low>"] in page.rows
    assert ["Inlet change", "0.4", "K"] in page.rows


def test_an_almost_empty_summary_makes_a_page(results, tmp_path):
    results.summary.clear()
    write_report(results, [], tmp_path / "report.html")
    assert "unsure" in Page((tmp_path / "report.html").read_text(encoding="utf-8")).text


def test_margin_is_negative_beyond_a_limit_of_either_kind():
    above = {
        "name": "T",
        "where": "R",
        "value": 29.0,
        "limit": 27.0,
        "unit": "degC",
        "holds": False,
    }
    below = {
        "name": "flow",
        "where": "R",
        "value": 90.0,
        "limit": 95.0,
        "unit": "%",
        "holds": False,
    }
    assert margin(above) == -2.0
    assert margin(below) == -5.0
    assert margin({**below, "value": 97.0, "holds": True}) == 2.0


def test_a_rack_whose_limit_has_no_value_comes_first():
    limits = [
        {"name": "T", "where": "R1", "value": 99.0, "limit": 27.0, "unit": "degC", "holds": False},
        {"name": "flow", "where": "R2", "value": None, "limit": 95.0, "unit": "%", "holds": False},
    ]
    racks = [{"name": "R0"}, {"name": "R1"}, {"name": "R2"}]
    ranked = by_margin(racks, limits)
    assert [rack["name"] for rack in ranked] == ["R2", "R1", "R0"]
    assert ranked[0]["nearest_limit"] == "flow: broken"


def test_tables_inside_an_entry_are_shown_as_tables_of_their_own(results, tmp_path):
    rows = [{"name": "A01", "max_difference_k": 3.25}]
    results.summary["uniqueness"] = {"shown": True, "start": "warm air", "racks": rows}
    write_report(results, [], tmp_path / "report.html")
    page = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert ["A01", "3.25"] in page.rows
    assert ["Start", "warm air", ""] in page.rows
    assert "Uniqueness: Racks" in page.text


def test_tables_deeper_in_an_entry_are_tables_too(results, tmp_path):
    racks = [{"name": "A01", "warming_without_flow_k_s": 1.14, "chip_highest_c": 66.0}]
    results.summary["transient"] = {"duration_s": 90.0, "coolant": {"steps": 163, "racks": racks}}
    write_report(results, [], tmp_path / "report.html")
    page = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert ["A01", "1.14", "66"] in page.rows
    assert "Transient: Coolant: Racks" in page.text
    assert "K/s" in page.text


@pytest.fixture
def failures(results, rows):
    """Results of a normal state whose summary has a study of failures."""
    inlet = rows.broken("rack_inlet_max", at_s=45.3, where="A<01>")
    states = [rows.state("FW1 <b>fans</b> stop", inlet, kind="cooling_unit")]
    states += [rows.state(f"whip {n}", rows.broken("unserved_power")) for n in range(3)]
    standing = {"subsystem": "whips", "failures": 3, "break_a_limit": 3, "cannot_be_told": 0}
    standing |= {"has": "N", "claimed": "N+1", "holds": False, "except": ["whip 0"]}
    point = {"component": "FW1", "state": "FW1 fans stop", "limit": "rack_inlet_max"}
    point |= {"where": "A01", "first_limit_s": 45.3}
    study = rows.study(*states, subsystems=[standing], single_points=[point])
    results.summary["redundancy"] = study
    return results


def test_failures_have_a_section_after_the_verdict(failures, tmp_path):
    matrix = tmp_path / "redundancy_matrix.png"
    matrix.write_bytes(PIXEL)
    write_report(failures, [matrix], tmp_path / "report.html")
    page = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
    fan, whips = (row for row in page.rows if row and row[0] == "fail")
    assert fan[1:8] == [
        "FW1 <b>fans</b> stop",
        "rack_inlet_max",
        "A<01>",
        "40",
        "35",
        "degC",
        "45.3",
    ]
    assert whips[1] == "whip 0 and 2 alike"
    assert ["whips", "3", "3", "0", "N", "N+1", "no"] in page.rows
    assert ["FW1", "FW1 fans stop", "rack_inlet_max", "A01", "45.3"] in page.rows
    assert ["chiller <1>", "2.25"] in page.rows
    assert "Doors are 0.9 m wide <assumed>" in page.text
    assert "4 states, 4 break a limit" in page.text
    assert "2.5 h a year" in page.text
    assert "In the normal state:" in page.text
    title = page.text.index("Failures by severity")
    assert (
        page.text.index("limits hold") < title < page.text.rindex("Limits, the worst place of each")
    )
    picture = page.text.index("Failures against limits: what breaks")
    assert picture < title
    assert "None were drawn in this run." in page.text  # of the air
    assert "b" not in page.tags


def test_coolant_beyond_what_is_known_of_it_is_told_as_at_least_that(results, rows, tmp_path):
    hot = rows.broken("coolant_return_max", value=95.0, limit_value=60.0, beyond=True)
    results.summary["redundancy"] = rows.study(rows.state("CDU1 pump stops", hot))
    write_report(results, [], tmp_path / "report.html")
    page = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
    failed = next(row for row in page.rows if row and row[0] == "fail")
    assert failed[2:7] == ["coolant_return_max", "A01", ">95", "60", "degC"]


def test_without_a_study_there_is_no_section_on_failures(page):
    assert "failures break" not in page.text
    assert "In the normal state:" not in page.text


def test_numbers_of_a_study_are_in_no_other_section(failures, tmp_path):
    write_report(failures, [], tmp_path / "report.html")
    page = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert "Redundancy:" not in page.text
