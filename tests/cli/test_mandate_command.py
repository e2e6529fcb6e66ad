"""`xops-watch mandate`: declaring, withdrawing and listing, as people and scripts do it."""

import json
import shlex
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from tests.cli.command import Outcome, xops_watch
from xops_watch.clock import machine_now
from xops_watch.ledger import Ledger

JANE, RAVI = "Jane Doe <jane@example.com>", "Ravi Patel <ravi@example.com>"
EVIDENCE = "{type: audit-finding, ref: 'APRA-17, page 4', uri: 'https://papers.example/17'}"
PEOPLE = ("--author", JANE, "--approver", RAVI, "--approver-role", "CISO")
DECLARE = ("--summary", "Prompts stay: all of them", "--evidence", EVIDENCE, *PEOPLE)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


def run(home: Path, *arguments: str, **more: str) -> Outcome:
    environment = {
        "XOPS_WATCH_STATE_PATH": str(home / "state.db"),
        "XOPS_WATCH_MANDATES__PATH": str(home / "mandates.yaml"),
        **more,
    }
    return xops_watch("mandate", *arguments, **environment)


def expiring(days: int = 300) -> tuple[str, str]:
    """Return an expiry so many days from today."""
    return "--expires", f"{machine_now() + timedelta(days=days):%Y-%m-%d}"


def declare(home: Path, mandate: str = "sovereignty", *more: str, **environment: str) -> Outcome:
    return run(home, "declare", mandate, *DECLARE, *expiring(), *more, **environment)


def kinds(home: Path) -> list[str]:
    return [entry.kind for entry in Ledger(home / "state.ledger.jsonl").verify().entries]


def test_declare_makes_the_file_and_tells_the_ledger(home: Path) -> None:
    outcome = declare(home)
    path = home / "mandates.yaml"
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == f"sovereignty: declared in {path}\n"
    text = path.read_text()
    assert '    summary: "Prompts stay: all of them"\n' in text
    assert "      name: Ravi Patel\n      email: ravi@example.com\n      role: CISO\n" in text
    assert kinds(home) == ["mandate.declared"]
    assert sorted(each.name for each in home.iterdir()) == ["mandates.yaml", "state.ledger.jsonl"]


def test_what_was_declared_is_listed_as_the_daemon_would_read_it(home: Path) -> None:
    declare(home)
    outcome = run(home, "list", "--json")
    told = json.loads(outcome.out)
    (one,) = [each for each in told["mandates"] if each["mandate"] == "sovereignty"]
    assert (outcome.code, one["state"], one["approval"]) == (0, "declared", "four_eyes")
    assert one["attestation"]["evidence"][0]["ref"] == "APRA-17, page 4"
    assert told["ledger"] == {
        "entries": 1,
        "intact": True,
        "broken_at_line": None,
        "why": None,
    }
    others = {each["state"] for each in told["mandates"] if each["mandate"] != "sovereignty"}
    assert others == {"none"}


def test_the_list_is_a_table_with_the_ledger_below(home: Path) -> None:
    declare(home)
    lines = run(home, "list").out.splitlines()
    assert lines[0].split() == [
        "MANDATE",
        "STATE",
        "EFFECTIVE",
        "FROM",
        "EXPIRES",
        "AUTHOR",
        "APPROVER",
        "APPROVAL",
    ]
    (row,) = [line for line in lines if line.startswith("sovereignty")]
    assert row.split()[1] == "declared"
    assert lines[-1] == "ledger: 1 entry, intact"


def test_withdraw_is_the_way_to_end_it(home: Path) -> None:
    declare(home)
    outcome = run(home, "withdraw", "sovereignty", "--summary", "Finding closed", *PEOPLE)
    assert (outcome.code, outcome.err) == (0, "")
    text = (home / "mandates.yaml").read_text()
    assert "state: withdrawn" in text
    assert "expires_at" not in text
    assert kinds(home) == ["mandate.declared", "mandate.withdrawn"]
    assert "withdrawn" in run(home, "list").out


def test_what_is_not_declared_cannot_be_withdrawn(home: Path) -> None:
    outcome = run(home, "withdraw", "mtls", "--summary", "x", *PEOPLE)
    assert (outcome.code, outcome.out) == (2, "")
    assert "says nothing of mtls, so there is nothing to withdraw" in outcome.err
    assert list(home.iterdir()) == []


def test_a_dry_run_shows_the_change_and_writes_nothing(home: Path) -> None:
    outcome = declare(home, "sovereignty", "--dry-run")
    assert outcome.code == 0
    assert outcome.out.startswith(f"--- /dev/null\n+++ {home / 'mandates.yaml'}\n@@ -0,0 +1,")
    assert "+    state: declared\n" in outcome.out
    assert list(home.iterdir()) == []


def test_the_rest_of_the_file_its_mode_and_its_link_stay(home: Path) -> None:
    real = home / "repository" / "mandates.yaml"
    real.parent.mkdir()
    real.write_text("# ours\nschema: 1\nmandates: {} # none\n")
    real.chmod(0o664)
    (home / "mandates.yaml").symlink_to(real)
    assert declare(home).code == 0
    assert (home / "mandates.yaml").is_symlink()
    assert real.read_text().startswith("# ours\nschema: 1\nmandates:  # none\n  sovereignty:\n")
    assert stat.S_IMODE(real.stat().st_mode) == 0o664
    assert [each.name for each in real.parent.iterdir()] == ["mandates.yaml"]


def test_for_parameter_store_a_command_is_printed_and_nothing_is_written(home: Path) -> None:
    outcome = run(home, "declare", "sovereignty", "--ssm", *DECLARE, *expiring())
    words = shlex.split(outcome.out)
    assert words[:8] == [
        "aws",
        "ssm",
        "put-parameter",
        "--name",
        "/xops/mandates/sovereignty",
        "--type",
        "String",
        "--overwrite",
    ]
    value = json.loads(words[words.index("--value") + 1])
    assert (value["schema"], value["mandate"], value["state"]) == (1, "sovereignty", "declared")
    assert list(home.iterdir()) == []


def test_a_long_parameter_is_of_the_advanced_tier_and_one_too_long_is_refused(home: Path) -> None:
    paper = ("--evidence", f"{{type: contract, ref: {'x' * 190}, uri: 's3://{'b' * 900}'}}")
    outcome = run(home, "declare", "mtls", "--ssm", *DECLARE, *expiring(), *paper * 4)
    assert "--tier Advanced" in outcome.out
    outcome = run(home, "declare", "mtls", "--ssm", *DECLARE, *expiring(), *paper * 8)
    assert outcome.code == 2
    assert "bytes are more than a parameter holds: 8192" in outcome.err


def test_each_problem_is_a_line_that_names_its_option(home: Path) -> None:
    outcome = run(
        home,
        "declare",
        "sovereignty",
        *("--summary", "a\x1b[2Jb", "--author", JANE, "--approver", "R <ravi>"),
        *("--approver-role", "", "--expires", "tomorrow", "--target", "99%"),
    )
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.splitlines() == [
        "xops-watch: --summary: `summary` has to be one line without invisible characters",
        "--expires: `expires_at` has to be an instant with its zone, such as 2026-01-31T00:00:00Z",
        "--approver: `email` has to be an e-mail address",
        "--approver: `role` string should have at least 1 character",
        "  hint: `xops-watch mandate declare --help` shows the options and their form",
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--author", "jane"), "--author: `jane` is not `Name <name@example.com>`"),
        (("--evidence", "{type: x"), "--evidence:1:"),
        (("--evidence", "paper"), "--evidence: `paper` is not a mapping such as"),
        (("--evidence", "{type: a, ref: b, link: c}"), "--evidence: the key `link` is unknown"),
        (("--expires", "2099-01-01"), "--expires: is more than 400 days after `declared_at`"),
        (("--target", "99.9%"), "--target: only availability-sla has one"),
    ],
)
def test_a_wrong_option_is_refused_in_words(
    home: Path, arguments: tuple[str, ...], said: str
) -> None:
    outcome = declare(home, "sovereignty", *arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert said in outcome.err
    assert "Traceback" not in outcome.err
    assert list(home.iterdir()) == []


def test_the_number_of_an_sla_is_asked_for_by_its_option(home: Path) -> None:
    outcome = declare(home, "availability-sla")
    assert "--target: the key `target` is missing" in outcome.err
    assert declare(home, "availability-sla", "--target", "99.5%").code == 0


def test_a_mandate_that_nothing_reads_is_refused(home: Path) -> None:
    outcome = declare(home, "sovereignity")
    assert outcome.code == 2
    assert "no rule asks for the mandate `sovereignity`; did you mean `sovereignty`?" in outcome.err


def test_one_person_twice_is_told_and_not_refused(home: Path) -> None:
    people = ("--author", "R. Patel <Ravi+x@example.com>")
    outcome = declare(home, "sovereignty", *people)
    assert outcome.code == 0
    assert outcome.err == "author and approver are one person: have somebody else approve it\n"
    assert "self_approved" in run(home, "list").out


def test_a_malformed_entry_is_exit_1_and_says_where(home: Path) -> None:
    declare(home)
    path = home / "mandates.yaml"
    path.write_text(path.read_text().replace("state: declared", "state: maybe"))
    outcome = run(home, "list")
    assert outcome.code == 1
    assert f"unknown: sovereignty: {path}:5:12: `state` input should be" in outcome.err


def test_what_was_declared_and_is_gone_is_unknown_by_the_ledger(home: Path) -> None:
    declare(home)
    (home / "mandates.yaml").write_text("schema: 1\nmandates: {}\n")
    outcome = run(home, "list")
    assert outcome.code == 1
    assert "it was declared and is no longer there: silence withdraws nothing" in outcome.err


def test_what_another_stack_declared_in_the_same_ledger_is_not_missed_here(home: Path) -> None:
    ledger = str(home / "shared.jsonl")
    portal = {"XOPS_WATCH_STACK": "portal", "XOPS_WATCH_LEDGER__PATH": ledger}
    elsewhere = {"XOPS_WATCH_MANDATES__PATH": str(home / "portal.yaml"), **portal}
    assert declare(home, "sovereignty", **elsewhere).code == 0
    assert declare(home, "mtls", XOPS_WATCH_LEDGER__PATH=ledger).code == 0
    entries = Ledger(Path(ledger)).verify().entries
    assert [entry.fields["stack"] for entry in entries] == ["portal", "xops"]
    outcome = run(home, "list", XOPS_WATCH_LEDGER__PATH=ledger)
    assert (outcome.code, outcome.err) == (0, "")
    assert "ledger: 2 entries, intact" in outcome.out


def test_a_broken_ledger_is_exit_1_and_says_where(home: Path) -> None:
    declare(home)
    declare(home, "mtls")
    ledger = home / "state.ledger.jsonl"
    ledger.write_text(ledger.read_text().replace('"mandate":"sovereignty"', '"mandate":"on-prem"'))
    outcome = run(home, "list")
    assert outcome.code == 1
    assert "ledger: broken at line 2: what came before it is not what it was" in outcome.err
    assert json.loads(run(home, "list", "--json").out)["ledger"]["broken_at_line"] == 2


def test_a_file_that_is_not_there_is_exit_3(home: Path) -> None:
    outcome = run(home, "list")
    assert outcome.code == 3
    assert f"not read: {home / 'mandates.yaml'}: cannot be read: No such file" in outcome.err


def test_without_a_place_it_says_how_to_begin(home: Path) -> None:
    outcome = run(home, "list", XOPS_WATCH_MANDATES__PATH="")
    assert outcome.code == 2
    assert "XOPS_WATCH_MANDATES__PATH" in outcome.err
    outcome = declare(home, XOPS_WATCH_MANDATES__PATH="")
    assert outcome.code == 2
    assert "no file of mandates is named" in outcome.err


def test_parameter_store_out_of_reach_is_exit_3(home: Path) -> None:
    outcome = run(
        home,
        "list",
        XOPS_WATCH_MANDATES__PATH="",
        XOPS_WATCH_MANDATES__SSM="true",
        AWS_ENDPOINT_URL="http://127.0.0.1:1",
        AWS_REGION="ap-southeast-2",
        AWS_ACCESS_KEY_ID="x",
        AWS_SECRET_ACCESS_KEY="x",  # noqa: S106 - of nobody
    )
    assert outcome.code == 3
    assert "not read: ssm:GetParametersByPath: " in outcome.err


def test_without_a_ledger_nothing_is_written_unless_it_is_asked_for(home: Path) -> None:
    nowhere = str(home / "no" / "state.db")
    outcome = declare(home, XOPS_WATCH_STATE_PATH=nowhere)
    assert outcome.code == 3
    assert "cannot add to it: No such file or directory" in outcome.err
    assert "--no-ledger" in outcome.err
    assert list(home.iterdir()) == []
    assert declare(home, "sovereignty", "--no-ledger", XOPS_WATCH_STATE_PATH=nowhere).code == 0
    assert [each.name for each in home.iterdir()] == ["mandates.yaml"]


def test_a_folder_that_is_not_there_is_exit_3(home: Path) -> None:
    outcome = declare(home, XOPS_WATCH_MANDATES__PATH=str(home / "no" / "mandates.yaml"))
    assert outcome.code == 3
    assert "mandates.yaml: cannot be written: No such file or directory" in outcome.err
    assert kinds(home) == []
