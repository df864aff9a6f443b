"""What commands share: options, and what comes before anything is solved."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from geometry.errors import InputError
from rehall.progress import err

if TYPE_CHECKING:
    from rehall.config import Case

out = Console()
WIDE = 200
"""Columns of a long table where no terminal cuts it."""

CaseFile = Annotated[Path, typer.Argument(help="Case file (YAML).", show_default=False)]
Cell = Annotated[str | None, typer.Option(help="Cell width instead of the case's, like '0.2 m'.")]


def width(cell: str | None) -> float | None:
    """Cell width [m] of the option."""
    if cell is None:
        return None
    from pydantic import TypeAdapter, ValidationError

    from rehall.quantities import Length

    try:
        return float(TypeAdapter(Length).validate_python(cell))
    except ValidationError as error:
        raise InputError.of(
            "--cell", error.errors()[0]["msg"].removeprefix("Value error, ")
        ) from None


def refuse_file(folder: Path) -> None:
    """Refuse a results folder that is a file, before anything is computed."""
    if folder.exists() and not folder.is_dir():
        raise InputError.of("--out", f"{folder} is a file; wanted a folder")


def warn(case: "Case") -> None:
    """Say what looks wrong in a case but does not stop it."""
    for warning in case.warnings:
        err.print(f"warning: {warning}", markup=False, soft_wrap=True)


def prepare() -> None:
    """Settings of the process (see runtime)."""
    from rehall.runtime import prepare as settings

    settings()
