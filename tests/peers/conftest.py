"""The programs of `validation/peers`, which import each other as scripts do."""

from importlib import import_module
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).parents[2] / "validation" / "peers"


@pytest.fixture
def program(monkeypatch):
    """Imports one by its name."""
    monkeypatch.syspath_prepend(PROGRAMS)
    return import_module
