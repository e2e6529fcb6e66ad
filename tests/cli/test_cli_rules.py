import json
import re
from pathlib import Path

from tests.cli.command import xops_watch

SHIPPED = {
    "ecs-cpu-sustained": (["A.trigger.2"], "Config Change", "LOW", "BC1 PEAK", "documented"),
    "crew-queue-depth": (["A.trigger.3"], "Config Change", "LOW", "BC1 PEAK", "proposed"),
    "services-above-6": (["A.trigger.4"], "Architecture Change", "HIGH", "BC2+", "documented"),
}


def test_the_shipped_rules_are_fine() -> None:
    outcome = xops_watch("rules", "check", "--strict")
    assert re.fullmatch(
        r"\d+ rules, \d+ evolutions, 5 stages: fine \(digest [0-9a-f]{12}\)\n", outcome.out
    )
    assert outcome.code == 0


def test_rules_list_json_is_what_programs_need() -> None:
    outcome = xops_watch("rules", "list", "--json")
    assert outcome.code == 0
    listed = {
        rule["id"]: (
            rule["rows"],
            rule["classification"],
            rule["risk"],
            rule["phase"],
            rule["threshold_source"],
        )
        for rule in json.loads(outcome.out)
    }
    assert {id_: listed[id_] for id_ in SHIPPED} == SHIPPED


def test_rules_list_for_people_has_one_line_a_rule_and_no_escapes_in_a_pipe() -> None:
    outcome = xops_watch("rules", "list")
    header, *lines = outcome.out.splitlines()
    assert header.split()[:3] == ["RULE", "TITLE", "ROWS"]
    listed = json.loads(xops_watch("rules", "list", "--json").out)
    assert [line.split()[0] for line in lines] == [rule["id"] for rule in listed]
    assert "\x1b" not in outcome.out


def test_a_bad_rule_file_is_reported_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("rules:\n- id: x\n  wehn: {}\n")
    outcome = xops_watch("rules", "check", str(tmp_path))
    assert outcome.code == 1
    assert f"{tmp_path}/mine.yaml:3:3: " in outcome.out
    assert "did you mean `when`" in outcome.out
    assert "Traceback" not in outcome.err


def test_the_daemon_does_not_start_with_a_bad_rule_file(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("rules: !!python/object:os.system [id]\n")
    outcome = xops_watch(
        "run",
        XOPS_WATCH_ECS__CLUSTERS="xops",
        XOPS_WATCH_RULES_PATH=str(tmp_path),
        XOPS_WATCH_STATE_PATH=str(tmp_path / "state.db"),
        XOPS_WATCH_HTTP__LISTEN="127.0.0.1:0",
        XOPS_WATCH_LOG__LEVEL="error",
        AWS_REGION="ap-southeast-2",
    )
    assert outcome.code == 2
    assert "mine.yaml:1:8: " in outcome.err
    assert "Traceback" not in outcome.err
    assert not (tmp_path / "state.db").exists()
