"""Small halls in double precision."""

import pytest

from thermal.air import room


@pytest.fixture(scope="session")
def lay():
    """Return a function that lays a grid over a hall and builds its model in float64."""

    def build(hall, cell, T_ref=293.15, **options):
        options.setdefault("turbulence", "zero_equation")
        return room.lay(hall, cell, T_ref=T_ref, **options)

    return build
