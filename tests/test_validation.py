"""Every validation case in its reduced form; `rehall validate` runs them in full."""

import pytest

from rehall.validation.runner import DOMAINS, CaseFolder, default_root, find_cases, run_case
from rehall.validation.words import cells

CASES = find_cases(default_root())


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.domain}-{case.name}")
def test_case_agrees_with_its_reference(case: CaseFolder):
    """A row that is known to miss its limit has to say why, and may not get worse."""
    result = run_case(case, reduced=True)
    assert not result.failure
    missed = [" | ".join(cells(row)) for row in result.rows if not (row.ok or row.explained)]
    assert not missed


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.domain}-{case.name}")
def test_case_says_what_it_claims_and_where_its_reference_is_from(case: CaseFolder):
    readme = (case.path / "README.md").read_text()
    assert readme.startswith("# ")
    for part in ("Claim", "Set-up", "Source", "Compared"):
        assert f"**{part}.**" in readme
    for table in case.path.glob("reference*.csv"):
        assert table.read_text().startswith("# "), f"{table.name} does not name its source"


def test_every_folder_of_cases_belongs_to_a_domain():
    folders = {path.parent.parent.name for path in default_root().glob("*/*/reference.csv")}
    assert folders <= set(DOMAINS)
