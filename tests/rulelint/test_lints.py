"""Every lint finds what it is for, and leaves alone what is sound beside it."""

from pathlib import Path

import pytest

from tests.rulelint.lint_books import STAGE, Entry, book, evolution, findings_of, rule
from xops_watch.rulelint.catalogue import LINTS
from xops_watch.rulelint.inspection import inspect

QUEUE = {"signal": "crew.queue_depth", "above": 0}
CPU = {"signal": "ecs.cpu_utilization", "above": "80%"}
SQLITE = {"signal": "database.kind", "across": "any", "is": "sqlite"}
THROTTLED = {"signal": "bedrock.throttles_5m", "above": 0}
GUARD = rule(id="guard", when={"all": [{"signal": "l6.tasks_running", "above": 1}, SQLITE]})
FARGATE: Entry = {
    "id": "ecs-fargate",
    "title": "ECS Fargate (not EC2)",
    "why": "Zero OS patching at any scale",
    "rows": ["A.permanent.fargate"],
    "never": ["EC2"],
    "keeps": ["Fargate"],
}
EDGE: Entry = {
    "id": "cloudfront",
    "title": "CloudFront + WAFv2",
    "why": "Scales",
    "rows": ["A.permanent.cloudfront_waf"],
    "keeps": ["CloudFront", "WAFv2"],
}
ROW = {"rows": ["A.trigger.2"], "quote": "a row", "threshold_source": "documented"}


def step(**changed: object) -> Entry:
    return book(evolutions=[evolution(**changed)])


def judged(**changed: object) -> Entry:
    return book(rules=[rule(**changed)])


def documented(row: str, **changed: object) -> Entry:
    rows = rule(rows=[row], quote="a row")
    return book(rules=[rows], evolutions=[evolution(classification_source="documented", **changed)])


def decided(decision: Entry, **changed: object) -> Entry:
    return book(rules=[rule(**ROW)], evolutions=[evolution(**changed)], decisions=[decision])


# code, what is wrong, and the nearest thing that is not
CASES: list[tuple[str, Entry, Entry]] = [
    (
        "unhonest-class",
        step(how="Schema change and a script"),
        step(how="Schema change and a script", classification="Data Migration"),
    ),
    ("unhonest-class", step(how="Migration script"), step(how="No migration script is needed")),
    (
        "unhonest-class",
        step(first_steps=["Look", "Run the migration script", "Act"]),
        step(first_steps=["Look", "Read the migration script of the other step", "Act"]),
    ),
    (
        "unhonest-class",
        book(
            rules=[rule(rows=["A.matrix.services"], quote="a row")],
            evolutions=[evolution(classification="Module Addition")],
        ),
        book(
            rules=[rule(rows=["A.matrix.services"], quote="a row")],
            evolutions=[evolution(classification="Data Migration")],
        ),
    ),
    (
        "unhonest-class",
        step(how="Replace MinIO with S3", classification="Service Addition"),
        step(how="Replace MinIO with S3", classification="Data Migration"),
    ),
    (
        "unhonest-class",
        step(title="8+ microservices", classification="Module Addition"),
        step(title="8+ microservices", classification="Service Addition"),
    ),
    ("unhonest-class", step(how="Two hours of downtime"), step(how="Without any downtime")),
    (
        "unhonest-class",
        step(title="Move the crews to Nomad", classification="Data Migration"),
        step(title="Move the crews to Nomad", classification="Architecture Change"),
    ),
    (
        "unhonest-class",
        step(title="Atlantis on K3S", classification="Service Addition"),
        documented("A.k3s.1", title="Atlantis on K3S", classification="Service Addition"),
    ),
    (
        "unhonest-class",
        step(title="Monitoring sidecar", classification="Module Addition"),
        step(title="Monitoring sidecar", classification="Service Addition"),
    ),
    (
        "unhonest-class",
        step(how="Add a new ECS service"),
        step(how="Raise the Service Connect timeout of the service"),
    ),
    (
        "unhonest-class",
        step(how="Terraform module"),
        step(how="A variable of the existing Terraform module"),
    ),
    (
        "unhonest-class",
        step(title="Add ElastiCache"),
        step(title="Add ElastiCache", classification="Module Addition"),
    ),
    (
        "documented-class",
        step(classification_source="documented"),
        documented("A.trigger.2"),
    ),
    (
        "documented-class",
        documented("C.1"),
        documented("A.trigger.3"),
    ),
    (
        "documented-class",
        documented("A.matrix.devops"),
        documented("A.matrix.devops", classification="Service Addition"),
    ),
    (
        "no-effect",
        book(
            rules=[
                rule(
                    when={"signal": "edge.latency", "subject": "nz", "above": "200ms"},
                    hold="30m",
                    clear={"below": "160ms", "for": "1h"},
                )
            ],
            evolutions=[evolution(title="PriceClass_200")],
        ),
        book(
            rules=[
                rule(
                    when={"signal": "edge.latency", "subject": "nz", "above": "200ms"},
                    hold="30m",
                    clear={"below": "160ms", "for": "1h"},
                )
            ],
            evolutions=[
                evolution(
                    title="PriceClass_All",
                    documented_action={"action": "PriceClass_200", "because": "No edge there"},
                )
            ],
        ),
    ),
    (
        "no-effect",
        step(title="Scale L5+L6 to 6 replicas"),
        book(
            rules=[rule(), GUARD],
            evolutions=[evolution(title="Scale L5+L6 to 6 replicas", blocked_by=["guard"])],
        ),
    ),
    (
        "no-effect",
        step(title="More replicas of Open WebUI", how="Scale Open WebUI to 4"),
        step(title="Fewer replicas", how="Scale L6 down to 1"),
    ),
    (
        "no-effect",
        book(
            rules=[rule(when=THROTTLED, hold="15m", clear=None)],
            evolutions=[evolution(title="Add more instances")],
        ),
        book(
            rules=[rule(when=THROTTLED, hold="15m", clear=None)],
            evolutions=[evolution(title="Ask for a higher quota of tokens")],
        ),
    ),
    (
        "no-effect",
        book(
            rules=[rule(when={"signal": "ecs.services_active", "above": 6}, clear=None)],
            evolutions=[evolution(title="Raise the Service Connect limits")],
        ),
        book(
            rules=[rule(when={"signal": "ecs.services_active", "above": 6}, clear=None)],
            evolutions=[evolution(title="Merge services that change together")],
        ),
    ),
    (
        "wrong-evidence",
        judged(
            title="Latency from NZ",
            when={"signal": "edge.origin_latency", "above": "200ms", "datapoints": "3/3"},
            clear=None,
        ),
        judged(
            title="The origin is slow",
            when={"signal": "edge.origin_latency", "above": "200ms", "datapoints": "3/3"},
            clear=None,
        ),
    ),
    (
        "wrong-evidence",
        step(first_steps=["Read the CPU in Application Signals", "Think", "Act"]),
        step(first_steps=["Read the latency in Application Signals", "Think", "Act"]),
    ),
    ("missing-hysteresis", judged(when=CPU, clear=None), judged(when=CPU)),
    (
        "missing-hysteresis",
        judged(when=QUEUE, clear={"at_most": 0}),
        judged(when=QUEUE, clear={"at_most": 0, "for": "30m"}),
    ),
    ("no-clear", judged(clear=None), judged(clear=None, keep_firing_for="30m")),
    ("no-clear", judged(clear=None), judged(clear=None, when={**SQLITE})),
    ("short-hold", judged(hold="30s"), judged(hold="60s")),
    (
        "short-hold",
        judged(keep_firing_for="30s"),
        judged(keep_firing_for="10m"),
    ),
    (
        "short-hold",
        judged(clear={"below": "65%", "for": "10s"}),
        judged(clear={"below": "65%"}),
    ),
    (
        "short-window",
        judged(when={**CPU, "aggregate": "avg", "over": "1m"}),
        judged(when={**CPU, "aggregate": "avg", "over": "2m"}),
    ),
    (
        "short-window",
        judged(when={**CPU, "datapoints": "1/1"}),
        judged(when={**CPU, "datapoints": "2/2"}),
    ),
    (
        "short-window",
        judged(
            when={"signal": "finops.stored", "aggregate": "max", "over": "1d", "above": "1TB"},
            clear=None,
        ),
        judged(
            when={"signal": "finops.stored", "aggregate": "max", "over": "7d", "above": "1TB"},
            clear=None,
        ),
    ),
    (
        "impossible-samples",
        judged(when={**CPU, "aggregate": "p90", "over": "1h", "samples": 61}),
        judged(when={**CPU, "aggregate": "p90", "over": "1h", "samples": 60}),
    ),
    (
        "never-true",
        judged(when={"all": [CPU, {"signal": "ecs.cpu_utilization", "below": "60%"}]}),
        judged(when={"any": [CPU, {"signal": "ecs.cpu_utilization", "below": "60%"}]}),
    ),
    (
        "never-true",
        judged(when={"signal": "ecs.tasks_running", "below": 0}, hold="5m", clear=None),
        judged(when={"signal": "ecs.tasks_running", "at_most": 0}, hold="5m", clear=None),
    ),
    (
        "never-true",
        judged(when=CPU, applies_when={"signal": "ecs.cpu_utilization", "below": "50%"}),
        judged(when=CPU, applies_when={"signal": "ecs.tasks_running", "above": 1}),
    ),
    (
        "always-true",
        judged(when={"signal": "ecs.tasks_running", "at_least": 0}, hold="5m", clear=None),
        judged(when={"signal": "ecs.tasks_running", "at_least": 1}, hold="5m", clear=None),
    ),
    (
        "never-clears",
        judged(when=QUEUE, clear={"below": 0, "for": "30m"}),
        judged(when=QUEUE, clear={"at_most": 0, "for": "30m"}),
    ),
    (
        "always-suppressed",
        judged(when=CPU, suppress_while=CPU),
        judged(when=CPU, suppress_while={"signal": "ecs.deployments_in_progress", "above": 1}),
    ),
    (
        "always-suppressed",
        judged(when=CPU, suppress_while={"signal": "ecs.cpu_utilization", "above": "70%"}),
        judged(when=CPU, suppress_while={"signal": "ecs.cpu_utilization", "above": "90%"}),
    ),
    (
        "never-seen",
        judged(when={"all": [{**QUEUE, "across": "any"}, CPU]}, hold="5m", clear=None),
        judged(when={"all": [CPU, {**QUEUE, "across": "any"}]}, hold="5m", clear=None),
    ),
    (
        "never-seen",
        judged(when=CPU, applies_when={"signal": "database.kind", "is": "sqlite"}),
        judged(when=CPU, applies_when=SQLITE),
    ),
    (
        "above-the-whole",
        judged(when={"signal": "alb.error_ratio", "above": "100%"}, hold="5m", clear=None),
        judged(when={"signal": "alb.error_ratio", "above": "99%"}, hold="5m", clear=None),
    ),
    (
        "above-the-whole",
        judged(when={"signal": "compliance.score", "below": "110%"}, hold="1h", clear=None),
        judged(when={"signal": "cost.budget_used", "above": "110%"}),
    ),
    (
        "vain-corroboration",
        judged(corroborated_by={"when": QUEUE, "severity": "warning"}),
        judged(corroborated_by={"when": QUEUE, "severity": "critical"}),
    ),
    (
        "critical-alone",
        judged(severity="critical"),
        judged(severity="critical", when={"all": [CPU, QUEUE]}),
    ),
    (
        "breaching-pages",
        judged(when={**CPU, "datapoints": "3/3", "missing": "breaching"}),
        judged(when={**CPU, "datapoints": "3/3", "missing": "breaching"}, severity="info"),
    ),
    (
        "contradicts-decision",
        decided(FARGATE, title="Run the crews on EC2"),
        decided(FARGATE, title="Run the crews on Spot, not EC2"),
    ),
    (
        "contradicts-decision",
        decided(EDGE, how="Replace CloudFront by another network"),
        decided(EDGE, how="Replace the certificate in CloudFront's region. Look at CloudFront"),
    ),
    (
        "contradicts-decision",
        decided(EDGE, first_steps=["Turn off the WAFv2 rules", "Think", "Act"]),
        decided(EDGE, first_steps=["Leave WAFv2 as it is", "Think", "Act"]),
    ),
    (
        "contradicts-decision",
        decided(FARGATE, title="Run the crews on EC2"),
        decided(
            FARGATE,
            title="Run the crews on EC2",
            departs_from=[{"decision": "ecs-fargate", "because": "The row says so"}],
        ),
    ),
    (
        "vain-departure",
        book(
            evolutions=[
                evolution(departs_from=[{"decision": "ecs-fargate", "because": "We like it"}])
            ],
            decisions=[FARGATE],
        ),
        decided(FARGATE, departs_from=[{"decision": "ecs-fargate", "because": "The row"}]),
    ),
    (
        "row-twice",
        book(
            rules=[rule(**ROW), rule(id="two", evolution="other", **ROW)],
            evolutions=[evolution(), evolution(id="other")],
        ),
        book(rules=[rule(**ROW), rule(id="two", **ROW)]),
    ),
    (
        "row-twice",
        book(
            rules=[rule(**ROW), rule(id="two")],
            aliases=[{"id": "same", "rows": ["A.trigger.2"], "quote": "a row", "of": ["two"]}],
        ),
        book(
            rules=[rule(**ROW), rule(id="two")],
            aliases=[{"id": "same", "rows": ["A.matrix.compute"], "quote": "a row", "of": ["two"]}],
        ),
    ),
    (
        "unused-evolution",
        book(evolutions=[evolution(), evolution(id="other")]),
        book(evolutions=[evolution(requires=["other"]), evolution(id="other")]),
    ),
    (
        "unused-stage",
        book(stages=[STAGE, {**STAGE, "id": "other", "row": "B.L6.cost"}]),
        book(stages=[STAGE, {**STAGE, "id": "other", "row": "A.cost.SaaS"}]),
    ),
]
BESIDE = {"no-runbook", "no-test"}  # what lies beside the files decides; below


def codes(folder: Path, content: Entry) -> set[str]:
    return {finding.code for finding in findings_of(folder, content)}


@pytest.mark.parametrize(("code", "bad", "good"), CASES, ids=lambda value: str(value)[:24])
def test_a_lint_finds_its_mistake_and_leaves_its_neighbour_alone(
    tmp_path: Path, code: str, bad: Entry, good: Entry
) -> None:
    assert code in codes(tmp_path, bad)
    assert code not in codes(tmp_path, good)


def test_every_lint_has_an_example() -> None:
    assert {code for code, _, _ in CASES} | BESIDE == {lint.code for lint in LINTS}


def test_nothing_is_found_in_a_sound_rulebook(tmp_path: Path) -> None:
    assert findings_of(tmp_path, book()) == []


def test_a_finding_is_one_line_with_its_place_and_its_code(tmp_path: Path) -> None:
    lines = ["rules:", "- id: one", "  title: One", "  layers: [L5]", "  phase: BC1"]
    lines += ["  severity: info", "  threshold_source: proposed", "  evolution: step"]
    lines += ["  when: {signal: ecs.tasks_pending, above: 3}", "  for: 30s", "  clear: {below: 2}"]
    (tmp_path / "a.yaml").write_text("\n".join(lines) + "\n")
    (found,) = [f for f in findings_of(tmp_path, book(rules=[])) if f.code == "short-hold"]
    assert str(found) == (
        f"{tmp_path}/a.yaml:10:8: error: `for`: 30s is shorter than 1m, the period of"
        " `ecs.tasks_pending` (1m or more; or leave it out: one reading decides anyway)"
        " [short-hold]"
    )


def test_a_rule_without_a_runbook_is_found_where_there_are_runbooks(tmp_path: Path) -> None:
    runbooks = tmp_path / "runbooks"
    runbooks.mkdir()
    (found,) = findings_of(tmp_path, book(), runbooks)
    assert found.code == "no-runbook"
    assert found.hint == f"write {runbooks}/one.md"
    (runbooks / "one.md").write_text("# One\n")
    assert findings_of(tmp_path, book(), runbooks) == []


def test_a_rule_without_a_script_is_found(tmp_path: Path) -> None:
    assert findings_of(tmp_path, book()) == []
    (tmp_path / "rules.test.yaml").write_text("tests:\n- {rule: another}\n")
    (found,) = inspect([tmp_path]).findings
    assert (found.code, found.message) == ("no-test", "no script tests `one`")
    (tmp_path / "more.test.yaml").write_text("tests:\n- {name: x, expect: [{rule: one}]}\n")
    assert inspect([tmp_path]).findings == ()


def test_lints_wait_until_the_files_can_be_read(tmp_path: Path) -> None:
    report = inspect([tmp_path])
    assert report.rulebook is None
    assert [finding.code for finding in report.findings] == ["rule-file"]


def test_an_alias_that_stands_for_itself_is_refused(tmp_path: Path) -> None:
    first: Entry = {"id": "a", "rows": ["A.matrix.edge"], "quote": "a row", "of": ["b"]}
    content = book(aliases=[first, {**first, "id": "b", "of": ["a"]}])
    found = findings_of(tmp_path, content)
    assert [finding.message for finding in found] == [
        "the alias stands for itself: a -> b -> a",
        "the alias stands for itself: b -> a -> b",
    ]
