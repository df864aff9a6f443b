from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from geometry.errors import InputError
from thermal.exchanger import (
    ARRANGEMENTS,
    conductance_to_inlets,
    effectiveness,
    ua_at_flows,
    ua_from_rating,
)

# Closed forms and the exact double series (spot-checked with CalebBell/ht), six digits: C_r, NTU,
# counterflow, parallel, crossflow unmixed, smaller rate mixed, larger rate mixed, shell and tube.
TABLE = np.array([
    [0.00, 0.25, 0.221199, 0.221199, 0.221199, 0.221199, 0.221199, 0.221199],
    [0.00, 5.00, 0.993262, 0.993262, 0.993262, 0.993262, 0.993262, 0.993262],
    [0.25, 1.00, 0.598286, 0.570796, 0.588011, 0.587202, 0.584704, 0.584108],
    [0.25, 5.00, 0.982257, 0.798456, 0.959074, 0.942385, 0.879545, 0.872313],
    [0.50, 0.50, 0.362266, 0.351756, 0.357827, 0.357506, 0.357183, 0.356912],
    [0.50, 2.00, 0.774600, 0.633475, 0.732409, 0.717546, 0.702013, 0.693092],
    [0.75, 1.50, 0.645386, 0.530034, 0.607750, 0.593619, 0.588780, 0.579235],
    [0.75, 5.00, 0.908771, 0.571338, 0.829251, 0.728006, 0.700320, 0.665594],
    [1.00, 0.25, 0.200000, 0.196735, 0.198544, 0.198443, 0.198443, 0.198351],
    [1.00, 1.00, 0.500000, 0.432332, 0.476222, 0.468536, 0.468536, 0.462671],
    [1.00, 3.00, 0.750000, 0.498761, 0.681291, 0.613341, 0.613341, 0.578796],
    [1.00, 5.00, 0.833333, 0.499977, 0.750904, 0.629633, 0.629633, 0.585374],
])  # fmt: skip


@pytest.mark.parametrize(
    ("arrangement", "column"), list(zip(ARRANGEMENTS, range(2, 8), strict=True))
)
def test_effectiveness_agrees_with_the_tabulated_closed_forms(arrangement, column):
    ours = effectiveness(arrangement, jnp.asarray(TABLE[:, 1]), jnp.asarray(TABLE[:, 0]))
    np.testing.assert_allclose(ours, TABLE[:, column], atol=6e-7)


@pytest.mark.parametrize(
    ("arrangement", "stored"),
    [
        ("crossflow", 0.8444821799748551),
        ("crossflow_min_mixed", 0.7497843941508544),
        ("crossflow_max_mixed", 0.7158099831204696),
    ],
)
def test_crossflow_agrees_with_stored_values_to_ten_digits(arrangement, stored):
    # CalebBell/ht, tests: NTU 5, C_r 0.7.
    assert float(effectiveness(arrangement, 5.0, 0.7)) == pytest.approx(stored, rel=1e-10)


@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
@pytest.mark.parametrize("precision", [jnp.float32, jnp.float64])
def test_every_arrangement_is_the_same_beside_a_stream_of_one_temperature(arrangement, precision):
    # Boiling or condensing: C_r = 0, e = 1 - exp(-NTU), approached without a jump.
    NTU = jnp.asarray([0.01, 0.3, 2.0, 8.0], precision)
    for C_r in (0.0, 1e-6):
        ours = effectiveness(arrangement, NTU, jnp.asarray(C_r, precision))
        np.testing.assert_allclose(ours, 1.0 - np.exp(-np.asarray(NTU, float)), rtol=5e-6)


def test_mixing_a_stream_costs_effectiveness():
    # Kays and London, chapter 2: counterflow is the best, parallel the worst.
    NTU = jnp.linspace(0.5, 8.0, 30)
    order = ("counterflow", "crossflow", "crossflow_min_mixed", "crossflow_max_mixed", "parallel")
    for C_r in (0.3, 0.7):
        found = [effectiveness(arrangement, NTU, C_r) for arrangement in order]
        for better, worse in pairwise(found):
            assert (better > worse).all()


def test_correction_of_the_log_mean_difference_of_a_shell_and_tube_exchanger():
    # CalebBell/ht, F_LMTD_Fakheri: 15 to 85 degC against 130 to 110 degC, one shell pass, 0.94384.
    C_hot, C_cold = 70.0, 20.0
    UA = [
        ua_from_rating(C_cold * 70.0, C_hot, C_cold, 130.0, 15.0, arrangement)
        for arrangement in ("counterflow", "shell_and_tube")
    ]
    assert UA[0] / UA[1] == pytest.approx(0.943836, rel=1e-6)


@pytest.mark.parametrize("precision", [jnp.float32, jnp.float64])
def test_counterflow_passes_smoothly_through_equal_capacity_rates(precision):
    C_r = jnp.asarray([1.0 - 1e-3, 1.0 - 1e-5, 1.0 - 1e-7, 1.0], precision)
    ours = effectiveness("counterflow", jnp.asarray(3.0, precision), C_r)
    np.testing.assert_allclose(ours, 0.75 + (1.0 - C_r) * 9.0 / 32.0, rtol=2e-6)
    slope = jax.grad(lambda c: effectiveness("counterflow", jnp.asarray(3.0, precision), c))
    assert float(slope(C_r[-1])) == pytest.approx(-9.0 / 32.0, rel=1e-3)


@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
def test_nothing_is_exchanged_without_flow_or_without_surface(arrangement):
    def heat(C_hot, C_cold, UA):
        return conductance_to_inlets(C_hot, C_cold, UA, arrangement)

    for arguments in [(0.0, 1e3, 1e3), (1e3, 0.0, 1e3), (0.0, 0.0, 1e3), (1e3, 1e3, 0.0)]:
        values = [jnp.asarray(value) for value in arguments]
        assert float(heat(*values)) == pytest.approx(0.0, abs=1e-5)
        assert np.isfinite(jax.grad(heat, argnums=(0, 1, 2))(*values)).all()


def test_cdu_example_with_counterflow_plates():
    # Worked by hand and with ht 1.2.0: 30 kg/s PG25 at 57 degC, 28 kg/s water at 36 degC, 250 kW/K.
    C_hot, C_cold = 30.0 * 3974.57, 28.0 * 4180.0
    heat = float(conductance_to_inlets(C_hot, C_cold, 250e3)) * (57.0 - 36.0)
    assert heat == pytest.approx(1684597.49, rel=1e-6)
    assert 57.0 - heat / C_hot == pytest.approx(42.871868, rel=1e-6)
    assert 36.0 + heat / C_cold == pytest.approx(50.3933483, rel=1e-6)
    # The other way round: the load is given, return and supply follow.
    T_return = 36.0 + 1900e3 / float(conductance_to_inlets(C_hot, C_cold, 250e3))
    assert T_return == pytest.approx(59.6851831, rel=1e-6)
    assert T_return - 1900e3 / C_hot == pytest.approx(43.7505453, rel=1e-6)


def test_dry_limit_of_a_published_cooling_coil():
    # Modelica Buildings, WetCoilEffectivenessNTU: 45.25 kW and 9.72 degC with dry air.
    air, water = 2.646 * (1006.0 + 0.0035 * 1860.0), 3.78 * 4200.0
    heat = float(conductance_to_inlets(air, water, 4748.0)) * (26.6667 - 5.5556)
    assert heat == pytest.approx(45252.0, rel=3e-3)


@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
@pytest.mark.parametrize("C_cold", [1.2e5, 0.8e5])
def test_rating_is_reproduced_by_the_conductance_found_from_it(arrangement, C_cold):
    UA = ua_from_rating(5e5, 1.2e5, C_cold, 330.0, 315.0, arrangement)
    heat = float(conductance_to_inlets(1.2e5, C_cold, UA, arrangement)) * 15.0
    assert heat == pytest.approx(5e5, rel=1e-9)


def test_rating_beyond_the_second_law_is_refused_by_name():
    with pytest.raises(InputError, match=r"CDU 1: 2000\.0 kW .* effectiveness below"):
        ua_from_rating(2e6, 1.2e5, 1.2e5, 330.0, 315.0, where="CDU 1")


def test_more_flow_on_either_side_raises_the_conductance():
    ratio = jnp.geomspace(0.01, 2.0, 9)
    hot, cold = (grid.ravel() for grid in jnp.meshgrid(ratio, ratio))
    here = ua_at_flows(1.0, hot, cold)
    assert (ua_at_flows(1.0, hot * 1.1, cold) > here).all()
    assert (ua_at_flows(1.0, hot, cold * 1.1) > here).all()
    np.testing.assert_allclose(ua_at_flows(1.0, ratio, ratio), ratio**0.8, rtol=1e-9)
