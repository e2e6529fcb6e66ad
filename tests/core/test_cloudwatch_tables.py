"""M of N, held against the tables of the CloudWatch user guide.

AWS lets the owner of an alarm choose what a missing point is; we never choose. Where AWS says
the same whether missing points breach or not, the window decides by itself and we must say that
too. Where it does not, we must say that we do not know.
"""

import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tests.core.samples import LOAD, MINUTE, NOON, SUBJECT, above, crosses, history, rule, series
from xops_watch.core.truth import Truth
from xops_watch.core.verdict import judge

DATA = Path(__file__).parent / "data"
TABLES = json.loads((DATA / "cw_alarm_tables.json").read_text(encoding="utf-8"))
RANGE = TABLES["range"]  # AWS reads 5 points for N = 3
SAYS = {"ALARM": Truth.TRUE, "OK": Truth.FALSE}


def ours(needed: int, of: int, points: list[str]) -> Truth:
    values = crosses(points)
    now = NOON + max(values, default=0) * MINUTE
    of_rule = rule(above(80, datapoints=f"{needed}/{of}"))
    return judge(of_rule, SUBJECT, history(series(LOAD, values)), now=now).condition


def aws(needed: int, of: int, points: list[str], treatment: str) -> str:
    """AWS's procedure for the two treatments that put a value in: the newest real points decide.

    Only as many points are put in as are lacking.
    """
    real = [point for point in points if point != "-"]
    if len(real) >= of:
        return "ALARM" if real[-of:].count("X") >= needed else "OK"
    lacking = of - len(real) if treatment == "breaching" else 0
    return "ALARM" if real.count("X") + lacking >= needed else "OK"


def _named(row: dict[str, Any]) -> str:
    return f"{row['M']}/{row['N']} {''.join(row['datapoints'])}"


def _reaches_past_the_window(row: dict[str, Any]) -> bool:
    """Tell whether AWS takes points older than N periods, because newer ones are missing."""
    seen = "".join(row["datapoints"]).rstrip("-")
    window = seen[-row["N"] :]
    return "-" in window and len(seen.replace("-", "")) >= row["N"]


ROWS = TABLES["rows"]
PAST = [row for row in ROWS if _reaches_past_the_window(row)]
WITHIN = [row for row in ROWS if not _reaches_past_the_window(row)]


@pytest.mark.parametrize("row", ROWS, ids=_named)
def test_the_procedure_says_what_the_table_says(row: dict[str, Any]) -> None:
    for treatment in ("breaching", "notBreaching"):
        assert (
            aws(row["M"], row["N"], row["datapoints"], treatment) == row["expected"][treatment]
        ), treatment


@pytest.mark.parametrize("row", WITHIN, ids=_named)
def test_a_row_is_decided_where_the_treatment_does_not_matter(row: dict[str, Any]) -> None:
    said = {row["expected"]["breaching"], row["expected"]["notBreaching"]}
    expected = SAYS[said.pop()] if len(said) == 1 else Truth.UNKNOWN
    assert ours(row["M"], row["N"], row["datapoints"]) is expected


@pytest.mark.parametrize("row", PAST, ids=_named)
def test_a_row_that_aws_decides_by_older_points_is_unknown_or_the_same(
    row: dict[str, Any],
) -> None:
    """3 of the last 3 periods cannot be told when one of them is missing, whatever came before."""
    said = {SAYS[row["expected"][how]] for how in ("breaching", "notBreaching")}
    assert ours(row["M"], row["N"], row["datapoints"]) in {Truth.UNKNOWN, *said}


def test_which_rows_reach_past_the_window() -> None:
    assert [_named(row) for row in PAST] == ["3/3 0-X-X", "3/3 0XX-X", "2/3 0-X-X"]
    assert [ours(row["M"], row["N"], row["datapoints"]) for row in PAST] == [
        Truth.UNKNOWN,
        Truth.UNKNOWN,
        Truth.TRUE,
    ]
    assert len(ROWS) == 10


@pytest.mark.parametrize("row", ROWS, ids=_named)
def test_neither_premature_nor_retained(row: dict[str, Any]) -> None:
    """What AWS retains (`ignore`) or cannot say (`missing`), we do not know either."""
    said = row["expected"]
    if said["ignore"] == "RETAIN" or said["missing"] == "INSUFFICIENT_DATA":
        assert ours(row["M"], row["N"], row["datapoints"]) is Truth.UNKNOWN


@pytest.mark.parametrize(
    ("needed", "of"), [(needed, of) for of in range(1, 6) for needed in range(1, of + 1)]
)
def test_every_window_of_five_agrees_with_the_procedure(needed: int, of: int) -> None:
    """AWS is given no older points here than the window has, counted from the newest one."""
    for points in product("0X-", repeat=RANGE):
        seen = "".join(points).rstrip("-")
        window = list(seen[-of:])
        said = {aws(needed, of, window, how) for how in ("breaching", "notBreaching")}
        expected = SAYS[said.pop()] if len(said) == 1 else Truth.UNKNOWN
        assert ours(needed, of, list(points)) is expected, points


@pytest.mark.parametrize("points", ["----X", "---X-"])
def test_one_breach_at_the_start_is_no_alarm_yet(points: str) -> None:
    """The guide's two examples of an alarm that must not go off at once."""
    assert ours(3, 3, list(points)) is Truth.UNKNOWN
