"""One mandate changes in a file that belongs to people, and nothing else does."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xops_watch.cli.mandate_edit import NEW_FILE, edited, rendered
from xops_watch.errors import ConfigurationError
from xops_watch.located_yaml import Plain, parse_yaml

SHORT: dict[str, Plain] = {"state": "withdrawn", "summary": "Done: gone"}
FULL: dict[str, Plain] = {
    "state": "declared",
    "summary": "yes",
    "target": "99.5%",
    "author": {"name": "Jane", "email": "jane@example.com"},
    "evidence": [{"type": "audit", "ref": "5"}, {"type": "contract", "ref": "#7", "uri": "s3:x"}],
}
HAND_WRITTEN = """\
# Reviewed by the board.
schema: 1   # the form

mandates:
    # Since the audit.
    sovereignty:
        state: declared     # see OPS-1
        # what it is about
        summary: "Prompts stay"
        evidence:
        - {type: audit, ref: 'x'}   # the paper

    # Nobody asked yet.
    mtls:
        state: withdrawn
        summary: No more
# The end.
"""


def test_the_first_mandate_stands_where_the_braces_were() -> None:
    assert edited(NEW_FILE, "mtls", SHORT, file="m.yaml") == (
        NEW_FILE.replace(" {}", "") + '  mtls:\n    state: withdrawn\n    summary: "Done: gone"\n'
    )


def test_a_comment_behind_the_braces_stays() -> None:
    text = edited("schema: 1\nmandates: {} # none yet", "mtls", SHORT, file="m.yaml")
    assert text.startswith("schema: 1\nmandates:  # none yet\n  mtls:\n")


def test_a_new_mandate_comes_last_and_is_indented_as_the_others_are() -> None:
    assert edited(HAND_WRITTEN, "on-prem", SHORT, file="m.yaml") == HAND_WRITTEN.replace(
        "# The end.\n",
        '    on-prem:\n        state: withdrawn\n        summary: "Done: gone"\n# The end.\n',
    )


def test_only_the_fields_that_change_are_written_anew() -> None:
    content: dict[str, Plain] = {
        "state": "declared",
        "summary": "Prompts stay here",
        "evidence": [{"type": "audit", "ref": "x"}],
        "ticket": "OPS-2",
    }
    assert edited(HAND_WRITTEN, "sovereignty", content, file="m.yaml") == HAND_WRITTEN.replace(
        '        summary: "Prompts stay"\n', "        summary: Prompts stay here\n"
    ).replace("   # the paper\n", "   # the paper\n        ticket: OPS-2\n")


def test_a_field_that_is_left_out_goes_and_the_comments_stay() -> None:
    text = edited(HAND_WRITTEN, "sovereignty", SHORT, file="m.yaml")
    assert "evidence" not in text
    for comment in ("# Since the audit.", "# what it is about", "# Nobody asked yet."):
        assert comment in text


def test_every_form_of_a_value_reads_as_it_was_meant() -> None:
    assert rendered(FULL, indent=2) == [
        "  state: declared\n",
        "  summary: yes\n",  # text in YAML 1.2
        "  target: 99.5%\n",
        "  author:\n",
        "    name: Jane\n",
        "    email: jane@example.com\n",
        "  evidence:\n",
        "  - type: audit\n",
        '    ref: "5"\n',
        "  - type: contract\n",
        '    ref: "#7"\n',
        "    uri: s3:x\n",
    ]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("schema: 1\n", "m.yaml: has no key `mandates`"),
        ("- a\n", "m.yaml: has no key `mandates`"),
        ("mandates: []\n", "m.yaml: `mandates` has to be a mapping"),
        ("mandates:\n", "m.yaml: `mandates` has to be a mapping"),
        ("mandates: {", "m.yaml:1:12: a value is missing here"),
        ('{"mandates": {"mtls": {"state": "x"}}}', "m.yaml:1: is not written with one key on each"),
        ("mandates:\n  mtls: {state: x, a: b}\n", "m.yaml:2: is not written with one key on each"),
        ("mandates:\n  mtls: {}\n", "m.yaml:2: is not written with one key on each line"),
        ("mandates:\n  mtls: x\n", "m.yaml:2: is not written with one key on each line"),
        ("mandates: {\n}\n", "m.yaml:1: is not written with one key on each line"),
    ],
)
def test_a_file_that_cannot_be_edited_safely_is_left_alone(text: str, what: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        edited(text, "mtls", SHORT, file="m.yaml")
    assert caught.value.what.startswith(what)


texts = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Cf", "Zl", "Zp", "Co", "Cn"]), max_size=20
)
contents = st.fixed_dictionaries(
    {"state": st.sampled_from(["declared", "withdrawn"]), "summary": texts},
    optional={
        "target": texts,
        "author": st.fixed_dictionaries({"name": texts, "email": texts}),
        "evidence": st.lists(
            st.fixed_dictionaries({"type": texts, "ref": texts}), min_size=1, max_size=3
        ),
        "ticket": texts,
    },
)
ids = st.sampled_from(["sovereignty", "mtls", "on-prem", "second-cloud"])


@given(edits=st.lists(st.tuples(ids, contents), max_size=6), hand_written=st.booleans())
def test_whatever_is_declared_reads_back_and_the_comments_outlive_it(
    edits: list[tuple[str, dict[str, Plain]]], *, hand_written: bool
) -> None:
    text = HAND_WRITTEN if hand_written else NEW_FILE
    content = parse_yaml(text.encode(), file="m").content
    expected = json.loads(json.dumps(content))
    comments = [line.strip() for line in text.splitlines() if line.lstrip().startswith("#")]
    for mandate, said in edits:
        text = edited(text, mandate, said, file="m")
        expected["mandates"][mandate] = said
    document = parse_yaml(text.encode(), file="m")
    assert (document.problems, document.content) == ((), expected)
    assert [line.strip() for line in text.splitlines() if line.lstrip().startswith("#")] == comments
