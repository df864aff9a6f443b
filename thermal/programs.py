"""Programs kept on disk as StableHLO, so that the next process need not trace and lower them.

JAX keeps what XLA compiles, but finds it by the lowered program; to trace and lower an outer
iteration takes longer than to load it (docs/decisions/0013-kept-programs.md).
"""

import hashlib
import os
import pickle
from collections.abc import Callable
from contextlib import suppress
from functools import cache, wraps
from importlib.metadata import version
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import equinox as eqx
import jax
from jax import export

P = ParamSpec("P")
R = TypeVar("R")
Program = Callable[[list[Any]], Any]
"""From the arrays among the arguments to what the function returns."""
PLAIN = (int, float, str)
"""Fixed arguments that a program can be kept for: their text says all of them."""

TRACED = ("geometry", "thermal")
TRACED_WITH = ("jax", "jaxlib", "numpy", "equinox", "optimistix", "lineax")

_folder: Path | None = None


def keep(folder: Path | None) -> None:
    """Keep programs in this folder from now on; None keeps none. Only trusted users may write it.

    Does nothing where the `flatbuffers` package, which JAX writes programs with, is missing.
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
    known: dict[str, Program | None] = {}

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        arrays, fixed = eqx.partition(args, eqx.is_array)
        leaves, form = jax.tree.flatten(arrays)
        values = jax.tree.leaves(fixed)
        alone = all(_on_one_device(x) for x in leaves)
        if _folder is None or kwargs or not alone or not all(isinstance(v, PLAIN) for v in values):
            return plain(*args, **kwargs)
        name = _name(function, leaves, form, values)
        if name not in known:
            path = _folder / name
            known[name] = _load(path) or _make(path, function, arrays, fixed)
        program = known[name]
        return plain(*args, **kwargs) if program is None else program(leaves)

    return call


def _on_one_device(x: Any) -> bool:
    if isinstance(x, jax.core.Tracer):
        return False
    return not isinstance(x, jax.Array) or x.devices() == {jax.devices()[0]}


def _name(function: Callable[..., Any], leaves: list[Any], form: Any, values: list[Any]) -> str:
    """A name that another program cannot have."""
    types = [(str(x.dtype), x.shape, getattr(x, "weak_type", False)) for x in leaves]
    known = (
        f"{function.__module__}.{function.__qualname__}",
        jax.default_backend(),
        jax.config.values["jax_enable_x64"],
        jax.config.values["jax_default_matmul_precision"],
        *(types, str(form), values),
    )
    return hashlib.sha256(f"{code_of_solvers()} {known}".encode()).hexdigest()


@cache
def code_of_solvers() -> str:
    """Hash of the code that may be traced, and of the versions of what traces it."""
    root = Path(__file__).parent.parent
    digest = hashlib.sha256(repr([(name, version(name)) for name in TRACED_WITH]).encode())
    for path in sorted(p for package in TRACED for p in (root / package).rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _load(path: Path) -> Program | None:
    """A kept program; None where it is not there or not whole."""
    try:
        written, out = pickle.loads(path.read_bytes())
        return _program(export.deserialize(written), jax.tree.structure(out))
    except Exception:  # whatever is wrong with a cache, it is made anew
        return None


def _make(path: Path, function: Callable[..., Any], arrays: Any, fixed: Any) -> Program | None:
    """Trace a program, write it, and return it as it will be loaded; None if it cannot be kept."""
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
    part = path.with_suffix(f".{os.getpid()}")
    with suppress(OSError):  # a run needs no cache
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(pickle.dumps((bytes(written), numbered)))
        part.replace(path)
    return _program(exported, out)


def _program(exported: export.Exported, out: Any) -> Program:
    compiled = jax.jit(exported.call)
    return lambda leaves: jax.tree.unflatten(out, compiled(leaves))
