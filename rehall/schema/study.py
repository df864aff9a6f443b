"""What a sweep of a case varies where the command does not say."""

from typing import Annotated, Literal, get_args

from pydantic import Field, StringConstraints

from rehall.schema.base import Count, Description

Method = Literal["grid", "list", "lhs", "sobol"]
METHODS: tuple[Method, ...] = get_args(Method)
Values = Annotated[str, StringConstraints(min_length=1)]


class StudySpec(Description):
    """Inputs by their path, with their values as `--vary` takes them, and how they are sampled.

    `count` is the number of points of a `lhs` or `sobol` sample, `seed` where its numbers start.
    """

    vary: dict[str, Values] = Field(default_factory=dict)
    sample: Method = "grid"
    count: Count | None = None
    seed: Annotated[int, Field(strict=True, ge=0)] = 0
