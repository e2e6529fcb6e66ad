"""The ranges of the Cost Evolution table (document A), read as they are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xops_watch.core.stage_table import fits, stage_of

USERS = (
    ("bc1-prod", "<50"),
    ("bc1-peak", "<50"),
    ("bc2-growth", "50-200"),
    ("bc2plus-enterprise", "200-500"),
    ("saas-equivalent", "Any"),
)
SERVICES = (
    ("bc1-prod", "2"),
    ("bc1-peak", "2"),
    ("bc2-growth", "4-6"),
    ("bc2plus-enterprise", "8+"),
    ("saas-equivalent", "N/A"),
)


@pytest.mark.parametrize(
    ("count", "stage"),
    [
        (0, "bc1-prod"),
        (49, "bc1-prod"),
        (50, "bc2-growth"),
        (199, "bc2-growth"),
        (200, "bc2-growth"),
        (201, "bc2plus-enterprise"),
        (500, "bc2plus-enterprise"),
        (501, None),
    ],
)
def test_users_have_the_first_stage_whose_range_holds_them(count: int, stage: str | None) -> None:
    assert stage_of(USERS, count, preferred=None) == stage


@pytest.mark.parametrize(
    ("count", "stage"),
    [
        (1, None),
        (2, "bc1-prod"),
        (3, None),
        (4, "bc2-growth"),
        (6, "bc2-growth"),
        (7, None),
        (8, "bc2plus-enterprise"),
        (40, "bc2plus-enterprise"),
    ],
)
def test_three_and_seven_services_are_between_the_stages(count: int, stage: str | None) -> None:
    assert stage_of(SERVICES, count, preferred=None) == stage


def test_of_stages_with_the_same_range_the_declared_one_counts() -> None:
    assert stage_of(USERS, 20, preferred="bc1-peak") == "bc1-peak"
    assert stage_of(USERS, 200, preferred="bc2plus-enterprise") == "bc2plus-enterprise"


def test_a_declared_stage_that_does_not_fit_is_not_preferred() -> None:
    assert stage_of(USERS, 120, preferred="bc1-peak") == "bc2-growth"


@pytest.mark.parametrize("written", ["Any", "N/A", "", "4 components", "<", "-", "+", "<50 users"])
def test_what_is_no_range_fits_nothing(written: str) -> None:
    assert not fits(written, 4)


@given(low=st.integers(0, 999), high=st.integers(0, 999), count=st.integers(-5, 1005))
def test_both_ends_of_a_range_count(low: int, high: int, count: int) -> None:
    assert fits(f"{low}-{high}", count) == (low <= count <= high)


@given(text=st.text(max_size=8), count=st.floats(allow_nan=False))
def test_no_text_raises(text: str, count: float) -> None:
    assert fits(text, count) in (True, False)
