"""What README and docs say exists, and the Python they show runs."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
import typer.main

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
WRITTEN = ("out/", "results/")  # folders that a command in the text writes
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^()\s]+)\)")
PATH = re.compile(r"[\w.-]+/([\w.-]+/)*[\w.-]*\.(py|yaml|yml|md|csv|toml|txt|png|j2)|([\w.-]+/)+")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(page: Path, language: str) -> Iterator[tuple[int, str]]:
    """Line and text of every fenced block in one language."""
    text = page.read_text()
    for found in FENCE.finditer(text):
        if found[1] == language:
            yield text.count("\n", 0, found.start(2)) + 1, found[2]


def prose(page: Path) -> str:
    """Text of a page without fenced blocks and comments."""
    return re.sub(r"<!--.*?-->", "", FENCE.sub("", page.read_text()), flags=re.DOTALL)


def anchors(page: Path) -> set[str]:
    """Anchors of a page's headings, as GitHub and mkdocs form them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text()), re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings
    }


def broken_links(page: Path) -> list[str]:
    """Links of a page that lead to no file or heading of the project."""
    broken = []
    for link in LINK.findall(prose(page)):
        target, _, anchor = link.partition("#")
        file = (page.parent / target) if target else page
        outside = link.startswith(("http:", "https:", "mailto:"))
        if not outside and (not file.exists() or (anchor and anchor not in anchors(file))):
            broken.append(link)
    return broken


def missing_files(page: Path) -> list[str]:
    """Paths in code type that exist neither from the top of the project nor beside the page."""
    named = [code for code in CODE.findall(prose(page)) if PATH.fullmatch(code)]
    return [
        name
        for name in named
        if not name.startswith(WRITTEN)
        and not (ROOT / name).exists()
        and not (page.parent / name).exists()
    ]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_to_files_and_headings_that_exist(page):
    assert broken_links(page) == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_files_named_in_the_text_exist(page):
    assert missing_files(page) == []


def test_broken_links_and_missing_files_are_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "# Here\n[a](gone.md) [b](#here) [c](#there) `thermal/gone.py` `power/solve.py`\n"
    )
    assert broken_links(page) == ["gone.md", "#there"]
    assert missing_files(page) == ["thermal/gone.py"]


@pytest.mark.slow
@pytest.mark.parametrize("page", [p for p in PAGES if any(blocks(p, "python"))], ids=name_of)
def test_python_of_a_page_runs_from_top_to_bottom(page, monkeypatch):
    monkeypatch.chdir(ROOT)
    names = {"__name__": "__page__"}
    for line, text in blocks(page, "python"):
        # Line numbers of a failure are those of the page.
        exec(compile("\n" * (line - 1) + text, str(page), "exec"), names)


def test_make_targets_named_in_the_text_exist():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    text = "\n".join(page.read_text() for page in PAGES)
    assert set(re.findall(r"[`\n]make ([a-z]+)", text)) <= targets


def test_readme_names_every_command_of_the_program():
    from rehall.cli import app

    table = re.findall(r"^\| `rehall ([\w-]+)", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert sorted(table) == sorted(typer.main.get_command(app).commands)


def test_case_file_page_names_every_key_of_the_solver_with_its_default_and_choices():
    from rehall.schema.site import Solver

    section = (ROOT / "docs" / "case-file.md").read_text().split("### `solver`")[1].split("###")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", section, re.MULTILINE))
    assert list(rows) == list(Solver.model_fields)
    for key, field in Solver.model_fields.items():
        default, what = rows[key].split(" | ", 1)
        assert re.match(rf"`?{str(field.default).lower()}\b", default), key
        others = set(get_args(field.annotation)) - {field.default}
        assert others <= set(CODE.findall(what)), key


def test_every_page_is_in_the_site_navigation_and_every_entry_is_a_page():
    listed = re.findall(r"- ([\w/-]+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE)
    pages = [str(page.relative_to(ROOT / "docs")) for page in PAGES if "docs" in name_of(page)]
    assert sorted(listed) == sorted(pages)


def test_pinned_versions_cover_every_declared_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    declared = project["dependencies"] + extras["dev"] + extras["docs"]
    pins = re.findall(r"^([\w.-]+)==[\w.]+", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    assert {plain(name) for name in declared} <= {plain(name) for name in pins}


def plain(requirement: str) -> str:
    """Name of a distribution as indexes compare it."""
    return re.split(r"[^\w.-]", requirement)[0].lower().replace("_", "-")
