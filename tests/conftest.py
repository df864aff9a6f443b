"""Settings for every test: float64, no silent broadcasting, one cache of compiled code.

Programs are traced anew: a test may change a constant that a kept one was traced with.
"""

import os
from pathlib import Path

import jax
import platformdirs
import pytest

from rehall import runtime
from rehall.cores import bind, cores_for

if "PYTEST_XDIST_WORKER" in os.environ:
    number = int(os.environ["PYTEST_XDIST_WORKER"].removeprefix("gw"))
    bind(cores_for(int(os.environ["PYTEST_XDIST_WORKER_COUNT"]))[number])
runtime.KEEPS = False

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_compilation_cache_dir", platformdirs.user_cache_dir("rehall"))

MAPS = Path("/proc/self/maps")
MAPS_MOST = 20_000
"""Memory maps of a process up to which compiled code is kept; Linux allows 65,530 by default."""


@pytest.fixture(autouse=True, scope="module")
def _few_memory_maps():
    """Forget compiled code before it fills the memory maps: the compiler would crash."""
    yield
    if MAPS.exists() and MAPS.read_text().count("\n") > MAPS_MOST:
        jax.clear_caches()
