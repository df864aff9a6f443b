import numpy as np
import pytest

from geometry.errors import InputError
from rehall.sweep.samples import MOST, sampled, vary


def rows(*texts, method="grid", count=None, seed=0):
    return sampled([vary(text) for text in texts], method, count, seed)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a = 18 degC:27 degC:4", ["18.0 degC", "21.0 degC", "24.0 degC", "27.0 degC"]),
        ("a = 18:27 degC:2", ["18.0 degC", "27.0 degC"]),
        ("a = 27 degC:18 degC:2", ["27.0 degC", "18.0 degC"]),
        ("a = 2:8:4", [2, 4, 6, 8]),
        ("a = 0:1:3", [0, 0.5, 1]),
        ("a = 0.0:2.0:3", [0.0, 1.0, 2.0]),
        ("a = 0:0.3:4", [0.0, 0.1, 0.2, 0.3]),
        ("a = 1 %, 5 %, 20 %", ["1 %", "5 %", "20 %"]),
        ("a = true, false", [True, False]),
        ("a = present, absent", ["present", "absent"]),
        ("a = vr_nvl72", ["vr_nvl72"]),
        ("a = [[], [FW1], [FW1, FW2]]", [[], ["FW1"], ["FW1", "FW2"]]),
        ("a = [FW1], [FW2]", [["FW1"], ["FW2"]]),
        ("a = {like: rack, power: 9 kW}, other", [{"like": "rack", "power": "9 kW"}, "other"]),
    ],
)
def test_values_are_read_as_they_are_written(text, values):
    assert vary(text).values() == values


def test_grid_takes_each_value_with_each_other_and_a_list_one_after_the_other():
    assert rows("a = 1, 2", "b = x, y") == [(1, "x"), (1, "y"), (2, "x"), (2, "y")]
    assert rows("a = 1, 2", "b = x, y", method="list") == [(1, "x"), (2, "y")]
    assert rows("a = 1, 1", "b = [[], []]") == [(1, [])]


def test_latin_hypercube_has_one_point_in_each_of_its_rows_and_columns():
    found = rows("a = 0 K:8 K", "b = 0.0:1.0", method="lhs", count=8)
    assert len(found) == 8
    assert sorted(int(float(a.split()[0])) for a, _ in found) == list(range(8))
    assert sorted(int(8 * b) for _, b in found) == list(range(8))
    assert rows("a = 0 K:8 K", "b = 0.0:1.0", method="lhs", count=8) == found
    assert rows("a = 0 K:8 K", "b = 0.0:1.0", method="lhs", count=8, seed=1) != found


def test_sobol_has_a_point_in_every_sixteenth_and_takes_as_many_as_a_power_of_two():
    """Its first 16 points are a net: one in each box of 1/4 by 1/4, of 1/2 by 1/8 and so on."""
    found = np.array(rows("a = 0.0:1.0", "b = 0.0:1.0", method="sobol", count=16))
    for boxes in ((4, 4), (2, 8), (16, 1)):
        assert len(np.unique((found * boxes).astype(int), axis=0)) == 16
    with pytest.raises(InputError, match="like 32"):
        rows("a = 0:1", method="sobol", count=20)


def test_samples_of_whole_numbers_and_of_lists_take_each_alike():
    found = rows("a = 2:5", "b = x, y", method="lhs", count=40)
    assert {a for a, _ in found} == {2, 3, 4, 5}
    assert len(found) == 8  # none twice
    assert all(type(a) is int for a, _ in found)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"texts": ()}, "nothing is varied"),
        ({"texts": ("FW1.supply",)}, "wanted 'path = values'"),
        ({"texts": ("a =",)}, "wanted 'path = values'"),
        ({"texts": ("a = []",)}, "one value at least"),
        ({"texts": ("a = [1, 2",)}, "no list of values"),
        ({"texts": ("a = 18 degC:27 K:4",)}, "one unit; found 'degC' and 'K'"),
        ({"texts": ("a = 1:2:1",)}, "found '1', wanted 2 to"),
        ({"texts": ("a = 1:2:2.5",)}, "found '2.5', wanted"),
        ({"texts": ("a = 1:1e999:3",)}, "not finite"),
        ({"texts": ("a = 1:2",)}, "wanted low:high:number in a grid"),
        ({"texts": ("a = 1:2:3", "b = 1:2:2"), "method": "list"}, "3 of a, 2 of b"),
        ({"texts": ("a = 1, 2", "a = 3")}, "a is varied twice"),
        ({"texts": ("a = 1:2:3",), "count": 4}, "as many variants as its values make"),
        ({"texts": ("a = 1:2",), "method": "lhs"}, "number of points"),
        ({"texts": ("a = 1:2",), "method": "lhs", "count": MOST + 1}, "at most"),
        ({"texts": tuple(f"a{n} = 1:2:100" for n in range(9))}, "at most"),
    ],
)
def test_bad_input_is_refused_with_what_is_wanted(given, told):
    with pytest.raises(InputError) as caught:
        rows(*given["texts"], **{k: v for k, v in given.items() if k != "texts"})
    assert told in str(caught.value)
