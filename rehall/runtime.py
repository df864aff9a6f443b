"""What a process needs before it solves: precision, and the cache of compiled code."""

import hashlib
import platform
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import platformdirs

PACKAGES = ("geometry", "thermal", "power", "rehall")
KEEPS = True
"""Whether traced programs are kept, and found by the code as it stands on disk."""
LIBRARIES = ("jax", "jaxlib", "numpy", "scipy", "equinox", "optimistix", "power-grid-model", "h5py")


def cache_folder() -> Path:
    """Where compiled code is kept, in the user's cache folder."""
    return Path(platformdirs.user_cache_dir("rehall")) / "compiled"


def prepare() -> None:
    """Liquid and power in float64 (the air has its own precision); compiled code is kept."""
    import jax

    from thermal.programs import keep

    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_compilation_cache_dir", str(cache_folder()))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    keep(
        cache_folder() / "programs"
        if KEEPS and jax.config.values["jax_enable_compilation_cache"]
        else None
    )


def versions() -> dict[str, str]:
    """Versions of Python, of this program and of the libraries that compute."""
    found = {"python": platform.python_version(), "rehall": version("rehall")}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "missing"
    return found


@cache
def code() -> str:
    """What computes, in words: the program with a hash of its source, and what compiles it.

    Two runs give the same numbers to the last bit only with the same of these.
    """
    digest = hashlib.sha256()
    root = Path(__file__).parent.parent
    for package in PACKAGES:
        files = [*(root / package).rglob("*.py"), *(root / package).rglob("*.yaml")]
        for path in sorted(files):
            digest.update(path.relative_to(root).as_posix().encode())
            digest.update(path.read_bytes())
    known = versions()
    return f"rehall {known['rehall']} ({digest.hexdigest()[:8]}) with jaxlib {known['jaxlib']}"


def manifest(case_text: str, device: str) -> dict[str, Any]:
    """What a result was made with: versions, device, hash of the case, time."""
    return {
        "versions": versions(),
        "device": device,
        "platform": platform.platform(),
        "case_sha256": hashlib.sha256(case_text.encode()).hexdigest(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }
