"""The name of a liquid in a case file."""

from typing import Annotated

from pydantic import AfterValidator

from thermal.coolants import complaint


def known(name: str) -> str:
    """Refuse a liquid whose properties are not known."""
    wrong = complaint(name)
    if wrong:
        raise ValueError(wrong)
    return name


FluidName = Annotated[str, AfterValidator(known)]
"""`water`, or `pg` or `eg` and the percentage of glycol by volume, as in `pg25`."""
