"""Pressure of the wind on the walls and roof of a low building."""

import math

import jax.numpy as jnp

from rehall.config import Case
from thermal.properties import air_density, pressure_at_altitude

AZIMUTH = {"+y": 0.0, "+x": 90.0, "-y": 180.0, "-x": 270.0}
"""Where walls look to, clockwise from north [deg]."""
NORMAL = 0.6
"""Pressure coefficient of a wall that the wind meets head-on (Swami and Chandra 1988) [-]."""
ROOF = -0.6
"""Mean over a roof pitched below 10 degrees, any wind (Liddament, AIVC 1986, exposed) [-]."""


def wall_coefficient(angle: float, side_ratio: float) -> float:
    """Mean pressure coefficient of a wall of a low building [-].

    `angle` between the wall's normal and where the wind comes from [rad]; `side_ratio` is the
    wall's length over that of the next wall. Swami and Chandra, ASHRAE Transactions 94 (1988);
    ASHRAE Fundamentals, chapter 24.

    >>> [round(wall_coefficient(math.radians(a), 1.0), 2) for a in (0, 90, 180)]
    [0.6, -0.44, -0.36]
    """
    a = abs(math.remainder(angle, 2 * math.pi))
    G = math.log(side_ratio)
    half, even = math.sin(a / 2), math.cos(a / 2)
    return NORMAL * math.log(
        1.248
        - 0.703 * half
        - 1.175 * math.sin(a) ** 2
        + 0.131 * math.sin(2 * a * G) ** 3
        + 0.769 * even
        + 0.07 * (G * half) ** 2
        + 0.717 * even**2
    )


def wind_pressures(case: Case) -> dict[str, float] | None:
    """Pressure that wind adds outside each opening [Pa], by name; None where no wind is given."""
    wind = case.site.wind
    if wind is None:
        return None
    pressure = float(pressure_at_altitude(case.site.altitude))
    rho = float(air_density(jnp.asarray(case.site.outdoor.dry_bulb), pressure))
    head = 0.5 * rho * wind.speed**2
    length, width, _ = case.hall.size
    found = {}
    for opening in case.openings:
        if opening.wall in AZIMUTH:
            ratio = length / width if opening.wall.endswith("y") else width / length
            angle = wind.direction - math.radians(AZIMUTH[opening.wall])
            found[opening.name] = head * wall_coefficient(angle, ratio)
        else:
            found[opening.name] = head * ROOF if opening.wall == "+z" else 0.0
    return found
