import re
from pathlib import Path

import pytest

from rehall.config import load
from rehall.electrical import power_side
from rehall.redundancy.chosen import SCENARIO, chosen
from rehall.redundancy.outages import outages

ROOT = Path(__file__).parents[3]
PAGES = ("docs/guide/redundancy.md", "docs/case-file.md")


@pytest.mark.parametrize("page", PAGES)
def test_the_example_of_a_page_is_valid_for_the_pod(page, tmp_path):
    (example,) = re.findall(r"```yaml\n(redundancy:\n.*?)```", (ROOT / page).read_text(), re.DOTALL)
    pod = (ROOT / "configs" / "pod_failover.yaml").read_text()
    path = tmp_path / "pod.yaml"
    path.write_text(f"{pod}\n{example}")
    case = load(path)
    side = power_side(case)
    states = chosen(case, side, outages(case, side))
    assert case.redundancy.claims["CDUs of tcs"] == "N+1"
    assert [len(state.parts) for state in states if state.kind == SCENARIO] == [2]
