"""Values of the inputs that are varied, and which of them go together in a variant.

path = 18 degC:27 degC:8      eight values from the first to the last
path = 1 %, 5 %, 20 %         these
path = [[], [FW1], [FW2]]     these, where values are lists themselves
path = present, absent        with and without what the path leads to
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from scipy.stats import qmc

from geometry.errors import InputError
from rehall.quantities import NUMBER
from rehall.schema.document import plain
from rehall.schema.study import Method

MOST = 10_000
"""Most variants of a sweep."""
DIGITS = 10
"""Digits of a value between two others."""


@dataclass(frozen=True)
class Range:
    """Values between two numbers of one unit; `count` of them, or as many as a sample takes.

    A sample of a `whole` range has whole numbers.
    """

    low: float
    high: float
    unit: str
    count: int | None
    whole: bool = False

    def at(self, share: float) -> Any:
        """The value at a share of the way from low to high, from 0 to below 1."""
        if self.whole:
            return int(self.low) + math.floor(share * (int(self.high) - int(self.low) + 1))
        return self._value(share)

    def values(self) -> list[Any]:
        """All of them, evenly spaced."""
        assert self.count is not None, "a range without a count has no values of its own"
        return [self._value(float(share)) for share in np.linspace(0.0, 1.0, self.count)]

    def _value(self, share: float) -> Any:
        value = float(f"{self.low + share * (self.high - self.low):.{DIGITS}g}")
        if self.unit:
            return f"{value!r} {self.unit}"
        return int(value) if self.whole and value.is_integer() else value


@dataclass(frozen=True)
class Vary:
    """An input by its path, and the values that it takes."""

    path: str
    of: Range | tuple[Any, ...]

    def values(self) -> list[Any]:
        """Every value, where they are counted."""
        return list(self.of) if isinstance(self.of, tuple) else self.of.values()

    @property
    def count(self) -> int | None:
        """How many values there are; None of a range that is not counted."""
        return len(self.of) if isinstance(self.of, tuple) else self.of.count

    def at(self, share: float) -> Any:
        """The value at a share of the way through them, from 0 to below 1."""
        if isinstance(self.of, Range):
            return self.of.at(share)
        return self.of[int(share * len(self.of))]


def vary(text: str) -> Vary:
    """What `--vary` says: `path = values`.

    >>> vary("FW*.supply = 18 degC:27 degC:4").values()
    ['18.0 degC', '21.0 degC', '24.0 degC', '27.0 degC']
    >>> vary("A.count = 2, 4").values()
    [2, 4]
    """
    path, equals, values = text.partition("=")
    if not equals or not path.strip() or not values.strip():
        raise InputError.of("--vary", f"found {text!r}, wanted 'path = values'")
    return Vary(path.strip(), _of(path.strip(), values.strip()))


def _of(path: str, text: str) -> Range | tuple[Any, ...]:
    """Values as they are written behind a path."""
    ends = [part.strip() for part in text.split(":")]
    if len(ends) in (2, 3) and all(NUMBER.fullmatch(end) for end in ends):
        return _range(path, ends)
    found = _listed(path, text)
    if text.startswith("[") and len(found) == 1 and isinstance(found[0], list):
        found = found[0]
    if not found:
        raise InputError.of("--vary", f"{path}: wanted one value at least")
    return tuple(found)


def _listed(path: str, text: str) -> list[Any]:
    """Values between commas, as YAML reads them."""
    try:
        found = YAML(typ="rt").load(f"[{text}]")
    except (YAMLError, ValueError, TypeError, RecursionError) as error:
        raise InputError.of("--vary", f"{path}: {text!r} is no list of values") from error
    return [_plain(value) for value in found]


def _range(path: str, ends: Sequence[str]) -> Range:
    matches = [NUMBER.fullmatch(end) for end in ends]
    numbers = [float(m[1]) for m in matches if m]
    units = [(m[2] or "").strip() for m in matches if m]
    if units[0] not in ("", units[1]):
        told = f"{units[0]!r} and {units[1]!r}"
        raise InputError.of("--vary", f"{path}: a range has one unit; found {told}")
    if not all(map(math.isfinite, numbers)):
        raise InputError.of("--vary", f"{path}: found a number that is not finite")
    count = None
    if len(ends) == 3:
        if units[2] or not numbers[2].is_integer() or not 2 <= numbers[2] <= MOST:
            raise InputError.of("--vary", f"{path}: found {ends[2]!r}, wanted 2 to {MOST:,} values")
        count = int(numbers[2])
    low, high = sorted(numbers[:2]) if count is None else numbers[:2]
    whole = not units[1] and all(end.lstrip("+-").isdecimal() for end in ends[:2])
    return Range(low, high, units[1], count, whole)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    return [_plain(v) for v in value] if isinstance(value, list) else plain(value)


def sampled(varied: Sequence[Vary], method: Method, count: int | None, seed: int) -> list[tuple]:
    """Values of all inputs for every variant, in their order, none twice.

    A `grid` takes each value with each other, a `list` the first ones together, then the second
    ones. `lhs` (Latin hypercube) and `sobol` take `count` points of all ranges at once, by
    scipy.stats.qmc, the latter a power of two of them for an even spread.
    """
    _refuse_mistaken(varied)
    if method in ("grid", "list"):
        if count is not None:
            raise InputError.of("--count", f"a {method} has as many variants as its values make")
        rows = _counted(varied, method)
    else:
        rows = _points(varied, method, count, seed)
    return list({repr(row): row for row in rows}.values())


def _refuse_mistaken(varied: Sequence[Vary]) -> None:
    if not varied:
        message = "nothing is varied; wanted 'path = values', or study.vary in the case"
        raise InputError.of("--vary", message)
    paths = [one.path for one in varied]
    twice = next((path for path in paths if paths.count(path) > 1), None)
    if twice is not None:
        raise InputError.of("--vary", f"{twice} is varied twice")


def _counted(varied: Sequence[Vary], method: Method) -> list[tuple]:
    counts = [one.count for one in varied]
    for one, count in zip(varied, counts, strict=True):
        if count is None:
            raise InputError.of("--vary", f"{one.path}: wanted low:high:number in a {method}")
    known = [count for count in counts if count is not None]
    if method == "grid":
        _refuse_many(math.prod(known))
        return list(product(*(one.values() for one in varied)))
    if len(set(known)) > 1:
        told = ", ".join(f"{count} of {one.path}" for one, count in zip(varied, known, strict=True))
        raise InputError.of("--vary", f"a list takes as many values of each; found {told}")
    _refuse_many(known[0])
    return list(zip(*(one.values() for one in varied), strict=True))


def _refuse_many(count: int) -> None:
    if count > MOST:
        raise InputError.of("--vary", f"{count:,} variants; at most {MOST:,} are taken")


def _points(varied: Sequence[Vary], method: Method, count: int | None, seed: int) -> list[tuple]:
    if count is None or count < 1:
        raise InputError.of("--count", f"wanted the number of points of a {method} sample")
    _refuse_many(count)
    if method == "sobol" and count & (count - 1):
        power = 1 << count.bit_length()
        raise InputError.of("--count", f"found {count}, wanted a power of two, like {power}")
    sampler = qmc.LatinHypercube if method == "lhs" else qmc.Sobol
    points = sampler(len(varied), rng=seed).random(count)
    return [
        tuple(one.at(float(share)) for one, share in zip(varied, row, strict=True))
        for row in points
    ]
