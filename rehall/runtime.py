"""What a process needs before it solves: precision, and the cache of compiled code."""

import hashlib
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import platformdirs

LIBRARIES = ("jax", "jaxlib", "numpy", "scipy", "equinox", "optimistix", "power-grid-model", "h5py")


def cache_folder() -> Path:
    """Where compiled code is kept, in the user's cache folder."""
    return Path(platformdirs.user_cache_dir("rehall")) / "compiled"


def prepare() -> None:
    """Liquid and power in float64 (the air has its own precision); compiled code is kept."""
    import jax

    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_compilation_cache_dir", str(cache_folder()))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


def versions() -> dict[str, str]:
    """Versions of Python, of this program and of the libraries that compute."""
    found = {"python": platform.python_version(), "rehall": version("rehall")}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "missing"
    return found


def manifest(case_text: str, device: str) -> dict[str, Any]:
    """What a result was made with: versions, device, hash of the case, time."""
    return {
        "versions": versions(),
        "device": device,
        "platform": platform.platform(),
        "case_sha256": hashlib.sha256(case_text.encode()).hexdigest(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }
