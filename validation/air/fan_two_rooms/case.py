import jax.numpy as jnp
import numpy as np

from geometry.hall import Baffle, Box, Device, Hall
from rehall.validation import Outcome, Row, read_reference
from thermal.air.gas import fluid
from thermal.air.inputs import Fans
from thermal.air.ports import STANDARD_DENSITY
from thermal.air.room import lay

SOURCE = "closed form, FDS verification suite"
RHO = 1.164  # [kg/m3]
SHUTOFF, LARGEST = 10.0, 0.16  # of the fan [Pa], [m3/s]
YIELDING = ("fan", "duct")
LOSS, AREA = 10.0, 0.04  # of the return duct [-], [m2]


def rooms(cell: float):
    """Two rooms of 3 by 2 by 2 m on either side of a wall that a fan and a duct pass through."""
    wall = Baffle("wall", Box((3.2, 0.0, 0.0), (3.2, 2.0, 2.0)))
    fan = Device("fan", "fan", Box((3.0, 0.0, 1.0), (3.4, 2.0, 2.0)), "-x", "+x", "mixed")
    duct = Device("duct", "fan", Box((3.0, 0.0, 0.0), (3.4, 2.0, 1.0)), "+x", "-x", "mixed")
    hall = Hall((6.4, 2.0, 2.0), devices=(fan, duct), baffles=(wall,))
    return lay(
        hall,
        cell,
        turbulence="zero_equation",
        gas=fluid(RHO, 1.8e-5),
        T_ref=300.0,
        yielding=YIELDING,
    )


def run(reduced: bool) -> Outcome:
    table = read_reference(__file__)
    expected = dict(zip(table["quantity"], table["value"], strict=True))
    case = rooms(0.4 if reduced else 0.2)
    # A duct is a fan that raises nothing: 0 - slope V|V| is its loss. Both told for standard air.
    standard = STANDARD_DENSITY / RHO
    fans = Fans(
        shutoff=standard * jnp.array([SHUTOFF, 0.0]),
        slope=standard * jnp.array([SHUTOFF / LARGEST**2, LOSS * RHO / 2 / AREA**2]),
        T_law=jnp.array([[250.0, 350.0]] * 2),
        speed=jnp.ones((2, 2)),
    )
    solution = case.settled(
        case.inputs(fans=fans), iterations=4000, change=1e-4, mass=1e-5, average=False
    )
    flows = dict(zip(case.streams.name, np.asarray(solution.m_flow) / RHO, strict=True))
    p = np.asarray(solution.state.p)
    x = case.grid.centres[0]
    ours = {"Q": flows["fan"], "pressure_difference": p[x > 3.4].mean() - p[x < 3.0].mean()}
    units = dict(zip(table["quantity"], table["unit"], strict=True))
    return Outcome(
        [
            Row(str(n), float(ours[n]), v, 0.01, unit=units[n], relative=True, source=SOURCE)
            for n, v in expected.items()
        ]
    )
