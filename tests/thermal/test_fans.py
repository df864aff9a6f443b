import jax.numpy as jnp
import numpy as np
import pytest

from geometry.errors import InputError
from thermal.fans import Curve, fit_curve, power_at_speed, shaft_power


def test_fit_finds_the_curve_that_made_the_points():
    V_flow = np.array([0.0, 0.01, 0.02, 0.03])
    curve = fit_curve(tuple(V_flow), tuple(4e5 - 2e8 * V_flow**2))
    assert float(curve.shutoff) == pytest.approx(4e5)
    assert float(curve.slope) == pytest.approx(2e8)


def test_fit_of_a_published_head_curve_stays_near_its_points():
    # Vertiv XDU1350 normalised points of the Modelica Buildings record, read as 500 kPa shut-off.
    litres, kilopascal = [0.0, 304.0, 608.0, 912.0, 1216.0], [500.0, 478.0, 420.0, 330.0, 130.0]
    curve = fit_curve(tuple(q / 60e3 for q in litres), tuple(1e3 * dp for dp in kilopascal))
    fitted = [float(curve.pressure_rise(q / 60e3)) / 1e3 for q in litres]
    np.testing.assert_allclose(fitted, kilopascal, atol=30.0)


def test_one_point_gives_the_curve_of_epanet():
    curve = fit_curve((0.03,), (240e3,))
    assert float(curve.pressure_rise(0.0)) == pytest.approx(320e3)
    assert float(curve.pressure_rise(0.03)) == pytest.approx(240e3)
    assert float(curve.free_flow()) == pytest.approx(0.06)


@pytest.mark.parametrize("speed", [0.1, 0.5, 1.5])
def test_speed_moves_every_point_of_a_curve_by_the_affinity_laws(speed):
    V_flow = jnp.linspace(0.0, 0.04, 5)
    curve = Curve(jnp.full(5, 4e5), jnp.full(5, 2e8))
    full, scaled = curve.pressure_rise(V_flow), curve.pressure_rise(V_flow * speed, speed)
    np.testing.assert_allclose(scaled, full * speed**2, rtol=1e-9)
    power = shaft_power(V_flow * speed, scaled, 0.7)
    expected = power_at_speed(shaft_power(V_flow, full, 0.7), speed)
    np.testing.assert_allclose(power, expected, rtol=1e-9)


@pytest.mark.parametrize(
    ("V_flow", "dp"),
    [((), ()), ((0.0, 1.0), (1e5,)), ((0.0, 0.1), (1e5, 2e5)), ((0.1, 0.1), (1e5, 1e5))],
)
def test_points_that_are_no_pump_are_refused_by_name(V_flow, dp):
    with pytest.raises(InputError, match=r"CDU 1\.pump: .*wanted"):
        fit_curve(V_flow, dp, "CDU 1.pump")
