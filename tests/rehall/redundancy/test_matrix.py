from rehall.redundancy.limit_words import GROUPS, WORDS, word_of
from rehall.redundancy.matrix import (
    BROKEN,
    HOLDS,
    NORMAL,
    TIGHT,
    UNDECIDED,
    UNTOUCHED,
    Cell,
    cell_of,
    matrix_of,
)
from rehall.redundancy.pictures import draw_matrix


def held(margin, limit=35.0, holds=True):
    return {"margin_pct": margin, "holds": holds, "limit_value": limit, "at_s": None}


NORMALLY = {"limits": {"rack_inlet_max": held(20.0), "coolant_heat_unmet": held(0.1, 0.001)}}


def test_a_broken_limit_tells_when_its_first_place_breaks(rows):
    found = [rows.broken("rack_inlet_max", at_s=t) for t in (64.2, 45.3)]
    found.append(rows.broken("rack_inlet_max", holds=None, at_s=1.0))
    assert cell_of(rows.state("fan", *found), NORMALLY, "rack_inlet_max") == Cell(BROKEN, "45 s")


def test_a_limit_broken_without_a_time_or_undecided_has_a_sign_alone(rows):
    broken = rows.state("fan", rows.broken("rack_inlet_max"))
    unclear = rows.state("fan", rows.broken("rack_inlet_max", holds=None))
    assert cell_of(broken, NORMALLY, "rack_inlet_max") == Cell(BROKEN)
    assert cell_of(unclear, NORMALLY, "rack_inlet_max") == Cell(UNDECIDED)


def test_a_limit_that_holds_is_tight_below_a_tenth_and_untouched_as_it_was(rows):
    def of(margin):
        state = rows.state("fan", limits={"rack_inlet_max": held(margin)})
        return cell_of(state, NORMALLY, "rack_inlet_max")

    assert of(9.7) == Cell(TIGHT, "9 %")
    assert of(10.0) == Cell(HOLDS)
    assert of(20.3) == Cell(UNTOUCHED)
    assert cell_of(rows.state("off"), NORMALLY, "rack_inlet_max") == Cell(UNTOUCHED)


def test_limits_that_no_failure_touches_have_no_column(rows):
    fan = rows.state("fan", rows.broken("rack_inlet_max"), limits=NORMALLY["limits"])
    found = matrix_of(rows.study(fan, normal=NORMALLY | {"verdict": "pass", "broken": []}))
    assert found.columns == ("rack_inlet_max",)
    assert found.others == ("coolant_heat_unmet",)
    assert [line.name for line in found.lines] == [NORMAL, "fan"]
    assert found.lines[0].cells == (Cell(HOLDS),)


def test_columns_come_by_domain(rows):
    names = ["unserved_power", "coolant_flow_min", "floor_load", "rack_inlet_max"]
    found = matrix_of(rows.study(rows.state("all", *map(rows.broken, names))))
    assert [word_of(name).group for name in found.columns] == list(GROUPS)


def test_what_is_beyond_the_most_rows_is_counted(rows):
    states = [rows.state(f"s{n}", rows.broken("loading", value=float(n))) for n in range(5)]
    found = matrix_of(rows.study(*states, rows.state("p"), rows.state("q")), rows=4)
    assert len(found.lines) == 1 + 4
    assert found.left_out == {"fail": 1, "pass": 2}


def test_no_two_limits_of_a_domain_have_the_same_word():
    words = [(word.group, word.short) for word in WORDS.values()]
    assert len(set(words)) == len(words)


def test_a_study_that_breaks_nothing_has_a_picture(rows, tmp_path):
    assert draw_matrix(rows.study(rows.state("$p$")), tmp_path).stat().st_size > 0
