"""The shipped rules keep to what the lints ask of everybody."""

from pathlib import Path

import pytest

from xops_watch.rulebook.shipped import shipped_profiles
from xops_watch.rulelint.inspection import inspect

RUNBOOKS = Path(__file__).parents[2] / "docs" / "runbooks"


@pytest.mark.parametrize("folder", shipped_profiles().values(), ids=shipped_profiles())
def test_nothing_is_found_in_the_shipped_rules(folder: Path) -> None:
    report = inspect([folder], RUNBOOKS)
    assert [str(finding) for finding in report.findings] == []
