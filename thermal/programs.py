"""Programs kept on disk as StableHLO, so that the next process need not trace and lower them.

JAX keeps what XLA compiles, but finds it by the lowered program; to trace and lower an outer
iteration takes longer than to load it (docs/decisions/0013-kept-programs.md).
"""

import hashlib
import pickle
import re
import sys
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, wraps
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import equinox as eqx
import jax
from jax import export

from thermal import LOADED

P = ParamSpec("P")
R = TypeVar("R")
Program = Callable[[list[Any]], Any]
"""From the arrays among the arguments to what the function returns."""
PLAIN = (int, float, str)
"""Fixed arguments that a program can be kept for: their text says all of them."""
LIBRARIES = ("jax", "jaxlib", "numpy", "equinox", "optimistix", "lineax")
MARGIN = 60.0
"""How much older than the import a file has to be to count as what was imported [s]."""
SEAL = hashlib.sha256().digest_size
ROOT = Path(__file__).parent

_folder: Path | None = None


def keep(folder: Path | None) -> None:
    """Keep programs in this folder from now on; None keeps none. Only trusted users may write it.

    Who replaces functions of this package while it runs must keep none: a program is found by the
    source on disk and the constants in memory. Nothing is kept where source has changed since it
    was imported, or without the `flatbuffers` package, which JAX writes programs with.
    """
    global _folder
    try:
        import flatbuffers  # noqa: F401
    except ImportError:
        folder = None
    _folder = folder


def kept_program(function: Callable[P, R]) -> Callable[P, R]:
    """`equinox.filter_jit` of a function of positional arguments that returns arrays.

    Called with arrays of one device, its traced program is kept on disk where `keep` says so; what
    it computes is the same. It is found by the code of the solvers, the versions of what traces,
    and the shapes, types and fixed values of the arguments.
    """
    plain = eqx.filter_jit(function)
    names: dict[_Form, str | None] = {}
    known: dict[str, Program | None] = {}

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        if _folder is None or kwargs:
            return plain(*args, **kwargs)
        leaves, form = _form(args)
        name = _known_name(names, function, form) if all(map(_alone, leaves)) else None
        if name is None:
            return plain(*args, **kwargs)
        if name not in known:
            known[name] = _load(_folder / name) or _make(_folder / name, function, args)
        program = known[name]
        return plain(*args, **kwargs) if program is None else program(leaves)

    return call


@dataclass(frozen=True)
class _Form:
    """All of some arguments but the values of their arrays."""

    arrays: Any
    places: Any
    values: tuple[tuple[type, Any], ...]
    types: tuple[tuple[Any, tuple[int, ...], bool], ...]


def _form(args: tuple[Any, ...]) -> tuple[list[Any], _Form]:
    """Arrays among the arguments, and the form of all."""
    arrays, fixed = eqx.partition(args, eqx.is_array)
    leaves, form = jax.tree.flatten(arrays)
    values, places = jax.tree.flatten(fixed)
    types = tuple((x.dtype, x.shape, getattr(x, "weak_type", False)) for x in leaves)
    typed = tuple((type(value), value) for value in values)  # 1 is not 1.0
    return leaves, _Form(form, places, typed, types)


def _known_name(
    names: dict[_Form, str | None], function: Callable[..., Any], form: _Form
) -> str | None:
    """The name of a program, told once a process for each form that can be told apart."""
    try:
        if form not in names:
            names[form] = _name(function, form)
        return names[form]
    except TypeError:  # has values that cannot be hashed
        return _name(function, form)


def _name(function: Callable[..., Any], form: _Form) -> str | None:
    """What sets a program apart from every other, hashed; None if that cannot be told."""
    forms = f"{form.arrays} {form.places}"
    values = [value for _, value in form.values]
    told = all(isinstance(value, PLAIN) for value in values)
    # Forms hold the static fields of modules; of functions and arrays their text is not the whole.
    if not told or " at 0x" in forms or "array(" in forms:
        return None
    code = _code()
    if code is None:
        return None
    types = [(str(dtype), shape, weak) for dtype, shape, weak in form.types]
    asked = (f"{function.__module__}.{function.__qualname__}", types, forms, values)
    device = (jax.default_backend(), jax.devices()[0].device_kind)
    settings = [jax.config.values[f"jax_{s}"] for s in ("enable_x64", "default_matmul_precision")]
    return hashlib.sha256(repr((code, _constants(), asked, device, settings)).encode()).hexdigest()


def _alone(x: Any) -> bool:
    """Whether an array has values, on the first device or the host."""
    if isinstance(x, jax.core.Tracer):
        return False
    return not isinstance(x, jax.Array) or x.devices() == {jax.devices()[0]}


def _code() -> str | None:
    """Hash of the source that was imported and of what traces it; None if that is not known."""
    try:
        source = _hash_of_source()  # before the times: a change in between shows in them
        stats = [path.stat() for path in ROOT.rglob("*.py")]
        newest = max(max(stat.st_mtime, stat.st_ctime) for stat in stats)
        return source if newest < LOADED - MARGIN else None
    except (OSError, ValueError, PackageNotFoundError):
        return None


@cache
def _hash_of_source() -> str:
    digest = hashlib.sha256(repr([(name, version(name)) for name in LIBRARIES]).encode())
    for path in sorted(ROOT.rglob("*.py")):
        digest.update(path.relative_to(ROOT).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _constants() -> list[str]:
    """The constants of all solvers as they are in memory; not those of this module."""
    loaded = sorted(sys.modules.items())
    modules = [m for name, m in loaded if name.startswith("thermal.") and name != __name__]
    found = [f"{key}={value!r}" for m in modules for key, value in vars(m).items() if key.isupper()]
    return [re.sub(" at 0x[0-9a-f]+", "", text) for text in found]


def _load(path: Path) -> Program | None:
    """A kept program; None where it is not there or not whole."""
    try:
        sealed = path.read_bytes()
        if hashlib.sha256(sealed[SEAL:]).digest() != sealed[:SEAL]:
            return None
        written, out = pickle.loads(sealed[SEAL:])
        return _program(export.deserialize(written), jax.tree.structure(out))
    except Exception:  # whatever is wrong with a cache, it is made anew
        return None


def _make(path: Path, function: Callable[..., Any], args: tuple[Any, ...]) -> Program | None:
    """Trace a program, write it, and return it as it will be loaded; None if it cannot be kept."""
    arrays, fixed = eqx.partition(args, eqx.is_array)
    leaves, form = jax.tree.flatten(arrays)
    found: list[Any] = []

    def flat(leaves: list[Any]) -> list[Any]:
        out = function(*eqx.combine(jax.tree.unflatten(form, leaves), fixed))
        found[:] = [jax.tree.structure(out)]
        return jax.tree.leaves(out)

    try:
        exported = export.export(jax.jit(flat))(leaves)
        written = exported.serialize()
    except (NotImplementedError, ValueError):  # has parts that JAX does not write
        return None
    (out,) = found
    numbered = jax.tree.unflatten(out, range(out.num_leaves))  # forms themselves are not written
    content = pickle.dumps((bytes(written), numbered))
    part = path.with_suffix(f".{uuid.uuid4().hex}")
    with suppress(OSError):  # a run needs no cache
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(hashlib.sha256(content).digest() + content)
        part.replace(path)
    return _program(exported, out)


def _program(exported: export.Exported, out: Any) -> Program:
    # Said here, arrays that are bound to the device and those that are not are one program.
    alone = jax.sharding.SingleDeviceSharding(jax.devices()[0])
    compiled = jax.jit(exported.call, in_shardings=alone)
    return lambda leaves: jax.tree.unflatten(out, compiled(leaves))
