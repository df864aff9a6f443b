"""OpenFOAM's dictionary format: headers, words, entries."""

import re
from collections.abc import Mapping
from typing import Any


def header(kind: str, name: str, location: str, note: str = "") -> str:
    """Return the FoamFile header of an object of a class."""
    noted = f'    note "{note}";\n' if note else ""
    return (
        "FoamFile\n{\n    version 2.0;\n    format ascii;\n"
        f'    class {kind};\n{noted}    location "{location}";\n    object {name};\n}}\n'
    )


def dictionary(entries: Mapping[str, Any], indent: int = 0) -> str:
    """Return nested mappings as OpenFOAM writes them.

    >>> print(dictionary({"solver": "PCG", "SIMPLE": {"nOuter": 1}}), end="")
    solver PCG;
    SIMPLE
    {
        nOuter 1;
    }
    """
    pad = " " * indent
    lines = []
    for key, value in entries.items():
        if isinstance(value, Mapping):
            lines.append(f"{pad}{key}\n{pad}{{\n{dictionary(value, indent + 4)}{pad}}}\n")
        else:
            lines.append(f"{pad}{key} {number(value)};\n")
    return "".join(lines)


def number(value: Any) -> str:
    """Return a value as text, floats with nine digits."""
    return f"{value:.9g}" if isinstance(value, float) else str(value)


class Words:
    """Names of the hall as words of OpenFOAM: letters, digits and underscores, none twice."""

    def __init__(self) -> None:
        self.taken: set[str] = set()

    def word(self, *parts: str) -> str:
        """Return a new word made of some parts.

        >>> words = Words()
        >>> words.word("intake", "M1-01"), words.word("intake", "M1 01")
        ('intake_M1_01', 'intake_M1_01_2')
        """
        base = re.sub(r"\W", "_", "_".join(parts), flags=re.ASCII)
        word, again = base, 1
        while word in self.taken:
            again += 1
            word = f"{base}_{again}"
        self.taken.add(word)
        return word
