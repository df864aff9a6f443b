"""What all descriptions share, and pydantic's findings in the words of an engineer."""

import difflib
import types
import typing
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from rehall.quantities import Coordinate, Length

Name = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"^[^\s].*$")]
Count = Annotated[int, Field(strict=True, ge=1, le=100_000)]
Flag = Annotated[bool, Field(strict=True)]
Numbers = tuple[Count, ...]
"""Of equal things, like pumps, from 1."""

# A finding before it is placed in a file: the path of the value, and the message.
Complaint = tuple[tuple[str | int, ...], str]

MAPPING, LIST, WHOLE = "a mapping, like {{key: value}}", "a list, like [a, b]", "a whole number"
WANTED = {
    "literal_error": "one of {expected}",
    "model_type": MAPPING,
    "model_attributes_type": MAPPING,
    "dict_type": MAPPING,
    "tuple_type": LIST,
    "list_type": LIST,
    "too_short": "at least {min_length} items",
    "too_long": "at most {max_length} items",
    "string_type": "text",
    "string_too_short": "some text",
    "string_too_long": "at most {max_length} characters",
    "int_type": WHOLE,
    "int_parsing": WHOLE,
    "float_type": "a number without a unit",
    "bool_type": "true or false",
    "greater_than_equal": "at least {ge:g}",
    "greater_than": "more than {gt:g}",
    "less_than_equal": "at most {le:g}",
}


class Description(BaseModel):
    """What the user wrote: frozen, validated, plain SI floats, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=False)


def refuse_unknown_pumps(key: str, numbers: Numbers, count: int) -> None:
    """Refuse numbers of pumps that are not there, and a pump named twice."""
    for number in numbers:
        if number > count:
            raise ValueError(f"{key}: no pump {number}, there are {count}")
        if numbers.count(number) > 1:
            raise ValueError(f"{key}: pump {number} is there more than once")


def complaints_of(error: ValidationError, model: type[BaseModel], data: Any) -> list[Complaint]:
    """Return every mistake that pydantic found, with its path in the data as it was written."""
    return [complaint(details, model, data) for details in error.errors(include_url=False)]


def complaint(details: Any, model: type[BaseModel], data: Any) -> Complaint:
    """Return path and message of one mistake."""
    path = path_in_data(details["loc"], data)
    kind, found, limits = details["type"], details["input"], details.get("ctx", {})
    last = details["loc"][-1] if details["loc"] else ""
    if kind == "missing":
        return (*path, last), missing(model, details["loc"])
    if kind == "extra_forbidden":
        return path, elsewhere(str(last), model, details["loc"][:-1])
    if kind == "value_error":
        return path, str(limits["error"])
    return path, f"found {abridged(found)}, wanted {wanted(kind, limits, details['msg'])}"


def missing(model: Any, loc: tuple[str | int, ...]) -> str:
    """Return the message for what is not there; in a list of fixed length, with that length."""
    if not isinstance(loc[-1], int):
        return "missing"
    for there in models_at(model, loc[:-2]):
        field = there.model_fields.get(name_of_alias(there, loc[-2]))
        parts = [] if field is None else parts_of(field.annotation)
        if len(parts) > loc[-1]:
            what = "lengths" if all(part in (Length, Coordinate) for part in parts) else "values"
            return f"missing; found {loc[-1]}, wanted {len(parts)} {what}"
    return "missing"


def parts_of(annotation: Any) -> list[Any]:
    """Return the types inside `tuple[a, b]` or `tuple[a, b] | None`; none of a list of any length.

    >>> parts_of(tuple[int, float] | None)
    [<class 'int'>, <class 'float'>]
    """
    parts = list(typing.get_args(annotation))
    if typing.get_origin(annotation) is tuple:
        return [] if Ellipsis in parts else parts
    return next((found for part in parts if (found := parts_of(part))), [])


def wanted(kind: str, limits: dict[str, Any], message: str) -> str:
    """Return what pydantic wanted, in plain words."""
    pattern = WANTED.get(kind)
    if pattern is None:
        return message.replace("Input should be ", "")
    return pattern.format(**limits)


def path_in_data(loc: tuple[str | int, ...], data: Any) -> tuple[str | int, ...]:
    """Return pydantic's location without the parts that are no keys of the data (union tags)."""
    path: list[str | int] = []
    for part in loc:
        in_mapping = isinstance(data, dict) and part in data
        in_list = isinstance(data, list | tuple) and isinstance(part, int) and part < len(data)
        if in_mapping or in_list:
            data = data[part]
            path.append(part)
    return tuple(path)


def unknown_key(key: str, known: list[str]) -> str:
    """Return the message for a key that no model has, with the nearest known one."""
    return f"unknown key; {nearest(key, known)}"


def nearest(word: str, known: list[str]) -> str:
    """Return `did you mean 'x'?` for the word most like one given, or the list of all.

    >>> nearest("powr", ["name", "power"])
    "did you mean 'power'?"
    """
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"known are {', '.join(sorted(known)) or 'none'}"


def elsewhere(key: str, model: Any, loc: tuple[str | int, ...]) -> str:
    """Return where the figure of an unknown key is to be set, if the model there tells it."""
    for there in models_at(model, loc):
        hint = getattr(there, "ELSEWHERE", {}).get(key)
        if hint:
            return f"cannot be set here: {hint}"
    return unknown_key(key, known_keys(model, loc))


def known_keys(model: Any, loc: tuple[str | int, ...]) -> list[str]:
    """Return the keys of the model (or models) that stand at a location."""
    return [
        field.alias or name
        for there in models_at(model, loc)
        for name, field in there.model_fields.items()
    ]


def models_at(model: Any, loc: tuple[str | int, ...]) -> list[type[BaseModel]]:
    """Return the model (or models) that stand at a location."""
    models = models_in(model)
    for part in loc:
        inner = [m.model_fields.get(name_of_alias(m, part)) for m in models]
        fields = [field for field in inner if field is not None]
        if fields:
            models = [m for field in fields for m in models_in(field.annotation)]
    return models


def name_of_alias(model: type[BaseModel], alias: str | int) -> str:
    """Return the field of a model that is written under this key."""
    for name, field in model.model_fields.items():
        if field.alias == alias:
            return name
    return str(alias)


def models_in(annotation: Any) -> list[type[BaseModel]]:
    """Return the models inside `tuple[Row, ...] | None` and the like."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is not None:
        return [model for part in typing.get_args(annotation) for model in models_in(part)]
    return []


def abridged(value: Any) -> str:
    """Return a value as it can be shown in a line."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
