"""`rehall validate`: what is red, what is written, and the exit codes."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest

from rehall import cli
from rehall.validation import Outcome, Profile, Row, read_reference, worst
from rehall.validation.report import bias_and_scatter
from rehall.validation.runner import CaseFolder, Result
from thermal.properties import air_viscosity

HEAD = "from rehall.validation import Outcome, Profile, Row, read_reference\n\n\n"
GOOD = HEAD + (
    "def run(reduced):\n"
    "    t = read_reference(__file__)\n"
    "    line = Profile('a line', 'x', 'y', ([0, 1, 2], [0, 1.01, 2]), (t['x'], t['y']))\n"
    "    return Outcome([Row('q', 1.0, 1.0, 0.1), line.row(0.02)], [line], 'a note')\n"
)
RETURNS = HEAD + "def run(reduced):\n    return {}\n"
TABLE = "# made up\nx,y\n0.5,0.5\n1,1\n"


@pytest.fixture
def validate(monkeypatch, capsys, tmp_path):
    """Return a function that runs the command on cases {name: (case.py, reference.csv)}."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)

    def run(cases: dict[str, tuple[str | None, str | None]], *words: str) -> tuple[int, str, str]:
        for name, texts in cases.items():
            folder = tmp_path / "root" / "liquid" / name
            folder.mkdir(parents=True)
            for file, text in zip(("case.py", "reference.csv"), texts, strict=True):
                if text is not None:
                    (folder / file).write_text(text)
        root = ("--root", str(tmp_path / "root"))
        monkeypatch.setattr(sys, "argv", ["rehall", "validate", *root, *words])
        with pytest.raises(SystemExit) as exit:
            cli.main()
        said = capsys.readouterr()
        folders = (tmp_path / "root", tmp_path / "out" / "validation")
        reports = [folder / "REPORT.md" for folder in folders]
        text = "".join(report.read_text() for report in reports if report.exists())
        return int(exit.value.code or 0), said.out + said.err, text

    return run


@pytest.mark.slow
def test_rows_within_their_limits_exit_with_0_and_write_the_report_with_its_plot(
    validate, tmp_path
):
    code, said, report = validate({"good": (GOOD, TABLE)})
    assert code == 0
    assert "1 cases: 2 of 2 rows within their limit" in said
    assert "a note" in report
    assert "| [good](#good) | a line, x = 1 | 1.01 | 1 | +0.01 | ± 0.02 | yes |" in report
    picture = report.split("](plots/")[1].split(")")[0]
    assert (tmp_path / "root" / "plots" / picture).read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("case", "table", "reason"),
    [
        (GOOD, None, "no reference.csv"),
        (None, TABLE, "no case.py"),
        (RETURNS.replace("{}", "1 / 0"), TABLE, "ZeroDivisionError: division by zero"),
        (RETURNS, TABLE, "run() returned no rows"),
        (RETURNS.replace("{}", "Outcome([])"), TABLE, "run() returned no rows"),
        ("def run(", TABLE, "SyntaxError"),
        (RETURNS.replace("{}", "Outcome([Row('q', 1, 0, 1, relative=True)])"), TABLE, "not 0"),
        (RETURNS.replace("{}", "Outcome([Row('q', 1, float('nan'), 1)])"), TABLE, "is nan"),
    ],
)
def test_case_that_cannot_run_is_red_with_its_reason(validate, case, table, reason):
    code, said, report = validate({"bad": (case, table)})
    assert code == 1
    assert reason in said
    assert reason in report
    assert "1 cases did not run" in said


@pytest.mark.parametrize("value", ["1.2", "0.8"])
def test_row_outside_its_limit_exits_with_1_and_shows_its_reason(validate, value):
    row = f"Row('q', {value}, 1.0, 0.1, reason='because', known=0.25)"
    code, said, report = validate({"bad": (RETURNS.replace("{}", f"Outcome([{row}])"), TABLE)})
    assert code == 1
    assert "0 of 1 rows within their limit" in said
    assert "worse than known" not in said
    assert "**q** is outside its limit: because" in report
    assert "| **no** |" in report


@pytest.mark.parametrize("value", ["1.3", "0.7", "float('nan')", "float('inf')"])
def test_row_that_misses_by_more_than_its_reason_explains_shows_as_worse(validate, value):
    row = f"Row('q', {value}, 1.0, 0.1, 'm', reason='because', known=0.25)"
    code, said, report = validate({"bad": (RETURNS.replace("{}", f"Outcome([{row}])"), TABLE)})
    assert code == 1
    assert "0 of 1 rows within their limit, 1 worse than known" in said
    assert "**q** is outside its limit by more than the known 0.25 m: because" in report
    assert "| **worse than known** |" in report


@pytest.mark.parametrize(
    ("reason", "known"), [("because", 0.0), ("because", 0.1), ("because", math.inf), ("", 0.2)]
)
def test_reason_and_the_miss_it_explains_come_together(reason, known):
    with pytest.raises(ValueError, match="a reason explains"):
        Row("q", 1.0, 1.0, 0.1, reason=reason, known=known)


@pytest.mark.parametrize("side", ["both", "above"])
def test_reason_explains_misses_up_to_the_known_one(side):
    rows = [Row("q", x, 1.0, 0.1, side=side, reason="r", known=0.3) for x in (1.05, 1.2, 1.4)]
    assert [row.explained for row in rows] == [False, True, False]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--only", "wind"), "'wind' is not one of air, liquid, power, coupled"),
        (("--only", "air"), "the domain air has no cases"),
        (("--case", "goood"), "there is no case 'goood'; did you mean 'good'?"),
        (("--root", "nowhere"), "nowhere has no validation cases"),
        (("--jobs", "0"), "--jobs"),
    ],
)
def test_nothing_to_run_is_wrong_input(validate, words, message):
    code, said, report = validate({"good": (GOOD, TABLE)}, *words)
    assert code == 2
    assert message in said
    assert report == ""


def test_named_case_runs_alone_and_is_told_whether_it_may_be_short(validate):
    tells = RETURNS.replace("{}", "Outcome([Row('reduced', float(reduced), 1.0, 0.0)])")
    cases = {"short": (tells, TABLE), "other": (None, None)}
    code, said, report = validate(cases, "--case", "short", "--reduced")
    assert code == 0
    assert "other" not in said
    assert "the cases short" in report


@pytest.mark.slow
def test_two_processes_give_the_rows_in_the_same_order(validate):
    cases = {name: (RETURNS.replace("{}", "Outcome([Row('q', 1, 1, 1)])"), TABLE) for name in "abc"}
    code, _, report = validate(cases, "--jobs", "2")
    assert code == 0
    assert [line[3] for line in report.splitlines() if line.startswith("| [")] == ["a", "b", "c"]


def test_case_leaves_nothing_compiled_behind(validate):
    result = "Outcome([Row('q', 1, float(air_viscosity(300.0) > 0), 1)])"
    case = "from thermal.properties import air_viscosity\n" + RETURNS.replace("{}", result)
    code, *_ = validate({"compiles": (case, TABLE)})
    assert code == 0
    assert air_viscosity._cache_size() == 0


@pytest.mark.parametrize(
    ("side", "inside", "outside"),
    [("both", (0.9, 1.1), (0.8, 1.2)), ("above", (0.2, 1.1), (1.2,)), ("below", (0.9, 9), (0.8,))],
)
def test_limit_holds_on_its_side_of_the_reference(side, inside, outside):
    rows = [Row("q", value, 1.0, 0.1 + 1e-12, side=side) for value in (*inside, *outside)]
    assert [row.ok for row in rows] == [True] * len(inside) + [False] * len(outside)


def test_relative_difference_of_a_negative_reference_keeps_its_sign():
    row = Row("q", -9.0, -10.0, 0.11, relative=True)
    assert row.difference == pytest.approx(0.1)
    assert row.ok


def test_worst_point_is_the_one_that_is_not_a_number():
    row = worst("q", [1.0, math.nan, 9.0], [1.0, 1.0, 1.0], 10.0, at=list("abc"))
    assert row.at == "b"
    assert not row.ok


def test_bias_and_scatter_are_over_all_points_of_a_quantity():
    first = worst("q", [1.0, 4.0], [0.0, 0.0], 9.0, at=["a", "b"])
    rows = [first, Row("q", 1.0, 0.0, 9.0, at="c"), Row("peer", 0.0, 5.0, 0.0, side="above")]
    result = Result(CaseFolder("air", "case", Path("nowhere")), 1.0, Outcome(rows))
    assert bias_and_scatter([result]) == [("case", "q", 3, "+2", "1.7")]


def test_profile_is_compared_at_published_points_within_our_line():
    line = Profile("T", "x", "T", ([2.0, 0.0], [4.0, 0.0]), ([1.0, 1.5, 3.0], [2.0, 2.0, 0.0]))
    x, ours, published = line.compared()
    np.testing.assert_allclose([x, ours, published], [[1.0, 1.5], [2.0, 3.0], [2.0, 2.0]])
    with pytest.raises(ValueError, match="0 points"):
        Profile("T", "x", "T", ([0, 1], [0, 1]), ([5.0], [5.0])).row(1.0)


def test_reference_has_numbers_text_and_gaps(tmp_path):
    (tmp_path / "reference.csv").write_text("# source\nname,x\na,1\n# later\nb,\n")
    table = read_reference(tmp_path / "case.py")
    assert list(table["name"]) == ["a", "b"]
    np.testing.assert_equal(table["x"], [1.0, np.nan])
    (tmp_path / "reference.csv").write_text("# source\nname,x\n")
    with pytest.raises(ValueError, match="no rows"):
        read_reference(tmp_path / "case.py")


@pytest.mark.parametrize("side", ["both", "above", "below"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_value_that_is_not_finite_never_holds(side, value):
    assert not Row("q", value, 1.0, 9.0, side=side).ok
