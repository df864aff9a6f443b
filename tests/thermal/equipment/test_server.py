import jax.numpy as jnp
import numpy as np
import pytest

from geometry.errors import InputError
from thermal.equipment.server import FixedFlow, FlowPerPower, FlowTable, Server, air_flow, heat

# GB300 NVL72, catalogue estimate: 1550, 1800, 2080, 2504 CFM at 20, 25, 30, 35 degC.
TABLE = FlowTable((293.15, 298.15, 303.15, 308.15), (0.7315, 0.8495, 0.98165, 1.18175))


def test_all_power_becomes_heat_in_air_and_liquid():
    split = heat(Server("NVL72", 0.97, TABLE), jnp.array([0.0, 115e3, 230e3]))
    np.testing.assert_allclose(split.air + split.liquid, [0.0, 115e3, 230e3])
    np.testing.assert_allclose(split.liquid[-1], 223.1e3)


def test_table_is_linear_between_its_points_and_held_beyond_them():
    T = jnp.array([280.0, 293.15, 295.65, 308.15, 320.0])
    flow = air_flow(Server("NVL72", 0.97, TABLE), 135e3, T)
    np.testing.assert_allclose(flow, [0.7315, 0.7315, 0.7905, 1.18175, 1.18175], rtol=1e-6)


def test_flow_per_power_holds_the_temperature_rise():
    server = Server("storage", 0.0, FlowPerPower(1.0 / (1.19 * 1006.0 * 12.0)))
    power = jnp.array([5e3, 20e3])
    rise = heat(server, power).air / (1.19 * 1006.0 * air_flow(server, power, 295.0))
    np.testing.assert_allclose(rise, 12.0)


@pytest.mark.parametrize("law", [FixedFlow(0.184), FlowPerPower(5e-5), TABLE])
def test_server_that_is_off_moves_no_air(law):
    flow = air_flow(Server("miner", 0.0, law), jnp.array([0.0, 3500.0]), 300.0)
    assert float(flow[0]) == 0.0
    assert float(flow[1]) > 0.1


@pytest.mark.parametrize(
    ("fraction", "law"),
    [
        (1.2, FixedFlow(1.0)),
        (0.5, FlowTable((300.0, 290.0), (1.0, 2.0))),
        (0.5, FlowTable((300.0,), (1.0, 2.0))),
        (0.5, FlowTable((), ())),
    ],
)
def test_wrong_servers_are_refused_by_name(fraction, law):
    with pytest.raises(InputError, match=r"rack 7.*wanted"):
        Server("rack 7", fraction, law)
