"""What works on this machine."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import jax
import jax.numpy as jnp

from rehall.runtime import cache_folder, versions


def findings() -> Iterator[tuple[str, str, bool]]:
    """Name, value and whether it is fine, one at a time."""
    for name, number in versions().items():
        yield name, number, number != "missing"
    devices = ", ".join(f"{d.platform}: {d.device_kind}" for d in jax.devices())
    yield "devices", devices, True
    total = float(jnp.sum(jax.jit(jnp.cumsum)(jnp.ones(100))))
    yield "computes", f"sum of 1..100 is {total:.0f}", total == 5050.0
    yield "compiled code", *_writable(cache_folder())
    yield "pictures", *_pictures()


def _writable(folder: Path) -> tuple[str, bool]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        return f"{folder} cannot be written: {error.strerror}", False
    size = sum(f.stat().st_size for f in folder.rglob("*") if f.is_file())
    return f"{folder}, {size / 1e6:.0f} MB", True


def _pictures() -> tuple[str, bool]:
    """Render a box off-screen and look whether it shows."""
    from geometry.hall import Box
    from rehall import scene

    box = Box((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
    try:
        pixels = scene.image(
            lambda plotter: plotter.add_mesh(scene.box_mesh(box), color="black"),
            box,
            (-1.0, -1.0, 1.0),
            64,
        )
    except Exception as error:
        return f"cannot be rendered: {error}", False
    shown = int(pixels.min()) < 100
    return "rendered off-screen" if shown else "rendered empty", shown
