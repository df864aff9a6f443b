"""Order and grid-convergence index against published figures and made-up series."""

import math

import pytest

from rehall.gridstudy import HIGHEST_ORDER, convergence, observed_order

# Celik et al. (2008), J. Fluids Eng. 130, 078001, Table 1, first column: 18,000 to 4,500 cells.
CELIK = (6.063, 5.972, 5.863)
CELIK_WIDTHS = (1.0, 1.5, 1.5 * 1.333)


def series(order, widths, exact=20.0, factor=3.0):
    return tuple(exact + factor * h**order for h in widths)


def test_published_sample_gives_its_order_extrapolated_value_and_index():
    found = convergence(CELIK, CELIK_WIDTHS, formal=2.0)
    assert found.kind == "monotone"
    assert found.order == pytest.approx(1.53, abs=0.01)
    assert found.extrapolated == pytest.approx(6.1685, abs=0.001)
    assert abs(CELIK[0] - CELIK[1]) / CELIK[0] == pytest.approx(0.015, abs=0.0005)
    assert (found.extrapolated - CELIK[0]) / found.extrapolated == pytest.approx(0.017, abs=5e-4)
    assert found.uncertainty / CELIK[0] == pytest.approx(0.022, abs=0.0005)
    assert found.remark == ""


@pytest.mark.parametrize("order", [0.3, 1.0, 1.6, 2.0, 4.0, -1.0])
@pytest.mark.parametrize("widths", [(0.3, 0.42, 0.6), (1.0, 1.31, 1.9)])
def test_order_that_made_a_series_is_found(order, widths):
    assert observed_order(series(order, widths), widths) == pytest.approx(order, abs=1e-6)


def test_order_does_not_depend_on_the_unit_of_value_or_width():
    widths = (0.2, 0.29, 0.4)
    there = observed_order(CELIK, widths)
    scaled = tuple(-7.0 * f + 273.15 for f in CELIK)
    assert observed_order(scaled, tuple(10 * h for h in widths)) == pytest.approx(there, abs=1e-6)


def test_extrapolated_value_of_a_credible_order_is_exact_and_the_index_covers_the_error():
    widths = (0.3, 0.42, 0.6)
    values = series(1.6, widths)
    found = convergence(values, widths, formal=2.0)
    assert found.credible
    assert found.safety == 1.25
    assert found.extrapolated == pytest.approx(20.0, abs=1e-6)
    assert found.uncertainty == pytest.approx(1.25 * (values[0] - 20.0))


@pytest.mark.parametrize(("order", "used"), [(0.45, 0.5), (3.5, 2.0)])
def test_order_beyond_its_bounds_is_clipped_and_costs_the_large_safety_factor(order, used):
    widths = (0.3, 0.42, 0.6)
    values = series(order, widths)
    found = convergence(values, widths, formal=2.0)
    assert (found.order_used, found.safety, found.credible) == (used, 3.0, False)
    assert found.remark == "clipped"
    step = 3.0 * abs(values[1] - values[0]) / (1.4**used - 1.0)
    spread = abs(values[2] - values[0])
    assert found.uncertainty == pytest.approx(max(step, 0.5 * spread))


def test_uncertainty_is_never_below_the_error_of_a_series_whose_order_is_not_credible():
    widths = (0.3, 0.42, 0.6)
    for order in (0.3, 0.45, 2.5, 3.5, 6.0):
        values = series(order, widths)
        assert convergence(values, widths, formal=2.0).uncertainty >= abs(values[0] - 20.0)


def test_oscillation_is_flagged_and_its_order_is_that_of_the_equation():
    widths = (1.0, 1.5, 2.1)
    found = convergence((20.3, 20.0, 20.8), widths, formal=2.0)
    assert found.kind == "oscillatory"
    assert (found.order_used, found.extrapolated) == (None, None)
    assert found.uncertainty == pytest.approx(3.0 * 0.8)
    p = found.order  # Celik's equation with s = -1
    q = math.log((1.5**p + 1) / (1.4**p + 1))
    assert p == pytest.approx(abs(math.log(0.8 / 0.3) + q) / math.log(1.5), abs=1e-6)


def test_differences_that_grow_as_cells_shrink_are_divergent_with_a_negative_order():
    found = convergence((22.0, 21.0, 20.9), (1.0, 1.4, 2.0), formal=2.0)
    assert found.kind == "divergent"
    assert found.order < 0
    assert (found.order_used, found.extrapolated) == (None, None)
    assert found.uncertainty == pytest.approx(3.0 * 1.1)


def test_values_that_meet_by_chance_keep_half_their_range():
    found = convergence((20.0, 20.0, 21.0), (1.0, 1.4, 2.0), formal=2.0)
    assert found.order == HIGHEST_ORDER
    assert not found.credible
    assert found.uncertainty == pytest.approx(0.5)


def test_equal_values_have_no_order_and_no_uncertainty():
    found = convergence((20.0, 20.0, 20.0), (1.0, 1.4, 2.0), formal=2.0)
    assert (found.kind, found.order, found.uncertainty) == ("equal", None, 0.0)


def test_swing_is_not_taken_for_grid_error_and_the_larger_of_both_counts():
    widths = (0.3, 0.42, 0.6)
    values = series(1.0, widths, factor=0.2)  # differences of 0.024 and 0.036 K
    calm = convergence(values, widths, formal=2.0)
    swinging = convergence(values, widths, formal=2.0, swings=(0.4, 0.3, 0.2))
    assert calm.kind == "monotone"
    assert (swinging.kind, swinging.order_used, swinging.safety) == ("masked", 2.0, 3.0)
    assert swinging.uncertainty == pytest.approx(0.4)
    large = convergence((22.0, 21.0, 20.9), widths, formal=2.0, swings=(0.4, 0.3, 0.2))
    assert large.kind == "masked"
    assert large.uncertainty == pytest.approx(3.0 * 1.0 / (1.4**2 - 1.0))
