"""The starter hall on wide cells, which a core solves in seconds, and variants that stand alone."""

from importlib.resources import files

import numpy as np
import pytest

from rehall.sweep.variants import Variant


@pytest.fixture(scope="session")
def hall_text() -> str:
    """Four racks A01 to A04, a fan wall FW1 on chw, one feed; air has 2 m of hot aisle."""
    text = (files("rehall") / "templates" / "starter.yaml").read_text()
    assert "cell: 0.3 m" in text
    return text.replace("cell: 0.3 m", "cell: 0.6 m")


@pytest.fixture(scope="session")
def hall(case_of, hall_text):
    return case_of(hall_text)


@pytest.fixture(scope="session")
def variant():
    """Return a function: a variant at a place, without a case."""
    return lambda number, *at: Variant(number, at, np.array(at, float), None)
