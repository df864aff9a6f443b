import numpy as np
import pytest

from geometry.errors import InputError
from rehall.sweep import variants as variants_module
from rehall.sweep.samples import sampled, vary
from rehall.sweep.variants import groups_of, places_of, variants


@pytest.fixture
def made(hall):
    """Return a function: the variants of the hall for what is varied, each with each other."""

    def make(*texts, case=hall):
        varied = [vary(text) for text in texts]
        return variants(case, varied, sampled(varied, "grid", None, 0))

    return make


def test_value_that_makes_no_case_is_a_variant_with_a_reason(made):
    fits, too_long = made("A.count = 4, 40")
    assert len([i for i in fits.case.items if i.kind == "rack"]) == 4
    assert fits.reason == ""
    assert too_long.case is None
    assert "A09: reaches out of the hall" in too_long.reason


def test_values_of_which_none_makes_a_case_are_refused_with_the_first_mistake(made):
    with pytest.raises(InputError, match="did you mean 'supply'"):
        made("FW1.suply = 20 degC, 22 degC")


def test_variant_keeps_its_own_text_for_its_results(made, hall):
    first, second = made("site.altitude = 0 m, 1000 m")
    assert first.case.text.startswith(hall.text)
    assert second.case.text.endswith("# varied: site.altitude = 1000 m")
    assert (first.case.site.altitude, second.case.site.altitude) == (0.0, 1000.0)


@pytest.mark.parametrize(
    ("values", "places"),
    [
        ([2, 4, 10], [0, 0.25, 1]),
        (["20 degC", "26 degC", "23 degC"], [0, 1, 0.5]),
        (["27 degC", "18 degC"], [1, 0]),
        (["5 %", "5 %"], [0, 0]),
        (["800 kW", "1 MW", "900 kW"], [0, 0.5, 1]),  # of several units, in their order
        (["a", "b", "a", "c"], [0, 0.5, 0, 1]),
        ([[], ["FW1"]], [0, 1]),
        ([True, False], [0, 1]),
    ],
)
def test_values_have_places_from_0_to_1(values, places):
    np.testing.assert_allclose(places_of(values), places)


def test_variants_of_one_size_share_a_grid_that_follows_the_edges_of_all(made):
    (group,) = groups_of(made("A02 = present, absent", "site.altitude = 0 m, 9 m"), None)
    assert [one.number for one in group.variants] == [0, 1, 2, 3]
    assert len(group.halls) == 2


def test_variants_of_other_sizes_or_cells_have_grids_of_their_own(made):
    size = "hall.size = [[9 m, 6 m, 3.6 m], [9 m, 6 m, 4 m]]"
    found = groups_of(made(size, "solver.cell = 0.6 m, 0.5 m"), None)
    assert [[one.number for one in group.variants] for group in found] == [[0], [1], [2], [3]]


def test_halls_whose_edges_would_fill_a_shared_grid_have_their_own(made, monkeypatch):
    places = ", ".join(f"[{1.0 + 0.05 * n:g} m, 3.6 m]" for n in range(5))
    every = made(f"FW1.at = {places}", "site.altitude = 0 m, 9 m")
    monkeypatch.setattr(variants_module, "ROOM", 10.0)
    assert len(groups_of(every, 0.2)) == 1
    monkeypatch.setattr(variants_module, "ROOM", 1.05)
    found = groups_of(every, 0.2)
    assert [[one.number for one in group.variants] for group in found] == [
        [2 * n, 2 * n + 1] for n in range(5)
    ]
