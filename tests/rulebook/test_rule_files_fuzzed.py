"""Whatever a rule file holds, the answer is a rulebook or problems: nothing else is raised."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xops_watch.core.rule import Rulebook
from xops_watch.errors import RulebookError
from xops_watch.rulebook import check, load

ROOT = Path(__file__).parents[2]
SHIPPED = [path.read_text(encoding="utf-8") for path in (ROOT / "rules" / "xops").glob("*.yaml")]
BASE = (Path(__file__).parent / "bad" / "base.yaml").read_text(encoding="utf-8")
WHOLE = "\n".join([BASE.replace("sound", "base"), BASE])
SPLICES = st.sampled_from(
    [
        *(
            "",
            "\n",
            " ",
            "  ",
            "\t",
            ":",
            ": ",
            "- ",
            "[",
            "]",
            "{",
            "}",
            '"',
            "'",
            "#",
            "&a ",
            "*a",
        ),
        *(
            "null",
            "true",
            "-1",
            "0",
            "1e9",
            "80%",
            "200ms",
            "12/15",
            "1TB",
            "999999999w",
            "~",
            "<<",
        ),
        *("all:", "any:", "not:", "when:", "clear:", "for: ", "datapoints: ", "above: ", "!!str "),
        *("é", "\u202e", "\x00", "\ud800", "RDS", "EKS", "A.trigger.2", "{}", "[]", "{a: {a: {}}}"),
    ]
)
UNHURRIED = settings(
    # One folder for all examples: each writes its own file anew.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)


def read(folder: Path, data: bytes) -> Rulebook | None:
    """Return the rulebook, or None with problems: anything else fails the test."""
    file = folder / "fuzzed.yaml"
    file.write_bytes(data)
    problems = check([file])
    for problem in problems:
        assert "\n" not in str(problem)
        assert problem.message
        # Nothing of the machinery shows: class names, types of errors, links.
        assert not any(
            word in str(problem).lower() for word in ("pydantic", "http", "value_error", "input")
        )
    if not problems:
        return load([file])
    with pytest.raises(RulebookError) as raised:
        load([file])
    assert raised.value.problems == tuple(str(problem) for problem in problems)
    return None


@UNHURRIED
@given(data=st.data())
def test_a_sound_file_with_random_cuts_and_splices(tmp_path: Path, data: st.DataObject) -> None:
    text = data.draw(st.sampled_from([*SHIPPED, BASE, WHOLE]))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        length = data.draw(st.integers(0, 12))
        text = text[:start] + data.draw(SPLICES) + text[start + length :]
    read(tmp_path, text.encode("utf-8", "surrogatepass"))


@UNHURRIED
@given(st.binary(max_size=300))
def test_random_bytes(tmp_path: Path, data: bytes) -> None:
    assert read(tmp_path, data) is None


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
KEYS = st.sampled_from(
    [
        *("id", "title", "rows", "quote", "layers", "phase", "severity", "threshold_source"),
        *("when", "for", "clear", "proposed", "evolution", "signal", "above", "below", "all"),
        *("any", "not", "datapoints", "stage", "how", "risk", "classification", "lead_time"),
    ]
)
trees = st.recursive(
    scalars | st.sampled_from(["ecs.cpu_utilization", "80%", "12/15", "L5", "BC1", "15m"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=12,
)


@UNHURRIED
@given(
    st.dictionaries(
        st.sampled_from(["rules", "evolutions", "stages"]), trees | st.lists(trees, max_size=3)
    )
)
def test_any_shape_of_entries(tmp_path: Path, content: dict[str, object]) -> None:
    """Written as JSON, which is YAML: the mistakes are in the shape, not in the syntax."""
    assert read(tmp_path, json.dumps(content).encode("utf-8", "surrogatepass")) is None


@UNHURRIED
@given(st.sampled_from(SHIPPED), st.integers(0, 5_000))
def test_a_file_that_was_cut_off(tmp_path: Path, text: str, length: int) -> None:
    """A full disk or a broken copy leaves a beginning: never half a rule."""
    rulebook = read(tmp_path, text[:length].encode())
    if rulebook is not None:
        assert all(rule.evolution in rulebook.evolutions for rule in rulebook.rules)
