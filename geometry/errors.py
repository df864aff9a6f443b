"""The errors of the project: what, where in the hall, how far off, what to do."""

from dataclasses import dataclass
from pathlib import Path


class ProjectError(Exception):
    """Base of every error that a user can act on."""


@dataclass(frozen=True)
class Finding:
    """One mistake in the input: what was found and what is wanted.

    `where` is the path of the value in the case file (`equipment[2].row.pitch`) or the name of
    the thing in the hall; `line` counts from 1 and is None where no file is concerned.
    """

    where: str
    message: str
    file: Path | None = None
    line: int | None = None

    def __str__(self) -> str:
        """Return `file:line: where: message`, leaving out what is unknown."""
        place = f"{self.file}:" if self.file else ""
        place += f"{self.line}:" if self.line else ""
        head = f"{place} " if place else ""
        return f"{head}{self.where}: {self.message}" if self.where else f"{head}{self.message}"


class InputError(ProjectError):
    """The input is wrong; all its mistakes at once."""

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = findings
        super().__init__("\n".join(str(finding) for finding in findings))

    @classmethod
    def of(cls, where: str, message: str) -> "InputError":
        """A single mistake that stands in no file."""
        return cls([Finding(where, message)])


class NotConverged(ProjectError):
    """A solver stopped before its equations were satisfied."""
