"""A folder of what a study has solved already, and the key of what it belongs to."""

import shutil
from pathlib import Path

from geometry.errors import InputError
from rehall.results import write_text


def open_work(folder: Path, name: str, key: str) -> bool:
    """Make a folder ready that has its key in the file `name`; whether it has results already.

    Results of another key are thrown away. Raises InputError where the folder is there without a
    key: it is somebody else's.
    """
    path = folder / name
    if path.is_file() and path.read_text() == key:
        return any(folder.glob("*.json"))
    if path.is_file():
        shutil.rmtree(folder)
    elif folder.exists():
        message = f"{folder} is there and not of a study ({name} is missing); wanted another folder"
        raise InputError.of("--out", message)
    folder.mkdir(parents=True)
    write_text(path, key)
    return False
