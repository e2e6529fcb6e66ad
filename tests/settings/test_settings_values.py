"""Every setting, from the environment and from the file."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import BaseModel, SecretStr

from tests.settings.conftest import WriteConfig
from xops_watch.settings import PREFIX, Settings, read_settings

PAID = ("anthropic=250", "x.ai=9.5")
ARN = "arn:aws:sns:ap-southeast-2:123456789012:oncall"

# Path of the setting, its text in the environment, its YAML, and what both mean.
EVERY_SETTING = [
    ("stack", "prod-au", "prod-au", "prod-au"),
    ("state_path", "/data/s.db", "/data/s.db", Path("/data/s.db")),
    ("rules_path", "/rules", "/rules", Path("/rules")),
    ("overrides_path", "/mine.yaml", "/mine.yaml", Path("/mine.yaml")),
    ("tick_seconds", "30", "30", 30.0),
    ("retention_days", "1.5", "1.5", 1.5),
    ("runbooks_url", "https://wiki/run", "https://wiki/run", "https://wiki/run"),
    ("http.listen", "127.0.0.1:8080", "127.0.0.1:8080", "127.0.0.1:8080"),
    ("sns.topic_arn", ARN, ARN, ARN),
    ("sns.body", "chat", "chat", "chat"),
    ("sns.interval_seconds", "2", "2", 2.0),
    ("ecs.clusters", "xops, blue", "[xops, blue]", ("xops", "blue")),
    ("ecs.crew_services", "crew-*", "[crew-*]", ("crew-*",)),
    ("ecs.l5_services", "api-*,crew", "[api-*, crew]", ("api-*", "crew")),
    ("ecs.l6_services", "webui", "[webui]", ("webui",)),
    ("ecs.ignored_services", "a,b", "a,b", ("a", "b")),
    ("ecs.crew_counter", "false", "false", False),
    ("ecs.interval_seconds", "10", "10", 10.0),
    ("ecs.scaling_interval_seconds", "60", "60", 60.0),
    ("adoption.attested", "a, b", "[a, b]", ("a", "b")),
    ("adoption.database_kind", "PostgreSQL", "postgresql", "postgresql"),
    ("adoption.ai_path_l5", "direct", "direct", "direct"),
    ("adoption.ai_path_l6", "bedrock_in_region", "bedrock_in_region", "bedrock_in_region"),
    ("adoption.chroma_path", "/data/vector_db", "/data/vector_db", Path("/data/vector_db")),
    ("adoption.interval_seconds", "600", "600", 600.0),
    ("portal.auto_scaling_groups", "*gateway*", "['*gateway*']", ("*gateway*",)),
    ("portal.databases", "portal,x", "[portal, x]", ("portal", "x")),
    ("portal.keycloak_target_groups", "*keycloak*", "['*keycloak*']", ("*keycloak*",)),
    ("portal.interval_seconds", "60", "60", 60.0),
    ("cloudwatch.interval_seconds", "300", "300", 300.0),
    ("cloudwatch.settle_seconds", "0", "0", 0.0),
    ("cloudwatch.namespaces", "AWS/ECS", "[AWS/ECS]", ("AWS/ECS",)),
    ("cloudwatch.subjects", "AWS/S3=a*", "[AWS/S3=a*]", ("AWS/S3=a*",)),
    ("cloudwatch.budget_dollars_per_month", "4.5", "4.5", 4.5),
    ("cloudwatch.api", "Data", "data", "data"),
    ("cloudwatch.free_requests_per_month", "0", "0", 0),
    ("edge.vantages", "nz=canary:a/b", "['nz=canary:a/b']", ("nz=canary:a/b",)),
    ("edge.distributions", "E1,E2", "[E1, E2]", ("E1", "E2")),
    ("edge.interval_seconds", "60", "60", 60.0),
    ("github.repositories", "a/b, c/*", "[a/b, c/*]", ("a/b", "c/*")),
    ("github.token_file", "/run/token", "/run/token", Path("/run/token")),
    ("github.token", "ghp_1", "ghp_1", SecretStr("ghp_1")),
    ("github.app_id", "12345", "12345", "12345"),
    ("github.installation_id", "77", "77", 77),
    ("github.private_key_file", "/run/pem", "/run/pem", Path("/run/pem")),
    ("github.private_key", "pem", "pem", SecretStr("pem")),
    ("github.api_url", "https://ghe/api/v3/", "https://ghe/api/v3", "https://ghe/api/v3"),
    ("github.iac_globs", "**/*.tf, x/**", "['**/*.tf', x/**]", ("**/*.tf", "x/**")),
    ("github.bots", "*[bot], ci", "['*[bot]', ci]", ("*[bot]", "ci")),
    ("github.workflow_runs", "Always", "always", "always"),
    ("github.workflows", "*terraform*", "['*terraform*']", ("*terraform*",)),
    ("github.interval_seconds", "60", "60", 60.0),
    ("governance.secrets", "xops/*, db", "[xops/*, db]", ("xops/*", "db")),
    ("governance.certificates", "*", "['*']", ("*",)),
    ("governance.conformance_packs", "*CPS-234*", "['*CPS-234*']", ("*CPS-234*",)),
    ("governance.interval_seconds", "900", "900", 900.0),
    ("decisions.worse_by", "0.5", "0.5", 0.5),
    ("cost.stage", "BC1-Peak", "bc1-peak", "bc1-peak"),
    ("cost.budget", "xops monthly", "xops monthly", "xops monthly"),
    ("cost.explorer", "true", "true", True),
    ("cost.tag", "stack=xops prod", "stack=xops prod", "stack=xops prod"),
    ("cost.external", "anthropic=250, x.ai=9.5", "[anthropic=250, x.ai=9.5]", PAID),
    ("cost.interval_seconds", "600", "600", 600.0),
    ("app_log.group", "/ecs/open-webui", "/ecs/open-webui", "/ecs/open-webui"),
    ("app_log.database", "xops/webui.db", "xops/webui.db", "xops/webui.db"),
    ("app_log.interval_seconds", "60", "60", 60.0),
    ("sqlite.path", "/data/a.db, /b.db", "[/data/a.db, /b.db]", ("/data/a.db", "/b.db")),
    ("sqlite.interval_seconds", "30", "30", 30.0),
    ("sqlite.looks_per_second", "20", "20", 20.0),
    ("sqlite.expected_journal_mode", "WAL", "wal", "wal"),
    ("sqlite.sees_all_processes", "true", "true", True),
    ("sqlite.probe_path", "/probe/probe.db", "/probe/probe.db", "/probe/probe.db"),
    ("prometheus.url", "http://prom:9090", "http://prom:9090", "http://prom:9090"),
    ("prometheus.token_file", "/run/token", "/run/token", Path("/run/token")),
    ("prometheus.token", "t1", "t1", SecretStr("t1")),
    ("prometheus.username", "xops", "xops", "xops"),
    ("prometheus.password_file", "/run/pw", "/run/pw", Path("/run/pw")),
    ("prometheus.password", "p1", "p1", SecretStr("p1")),
    ("prometheus.tenant", "team-a", "team-a", "team-a"),
    ("prometheus.interval_seconds", "30", "30", 30.0),
    ("prometheus.timeout_seconds", "2", "2", 2.0),
    ("prometheus.crews_query", "sum(crews)", "sum(crews)", "sum(crews)"),
    ("prometheus.crews_queued_query", "max(queued)", "max(queued)", "max(queued)"),
    ("openwebui.prometheus_query", "max(users)", "max(users)", "max(users)"),
    ("openwebui.url", "https://ai.example", "https://ai.example", "https://ai.example"),
    ("openwebui.token", "sk-1", "sk-1", SecretStr("sk-1")),
    ("openwebui.token_file", "/run/key", "/run/key", Path("/run/key")),
    ("openwebui.account_id", "6f1c", "6f1c", "6f1c"),
    ("openwebui.database_path", "/data/webui.db", "/data/webui.db", Path("/data/webui.db")),
    ("openwebui.presence_seconds", "120", "120", 120.0),
    ("openwebui.interval_seconds", "30", "30", 30.0),
    ("openwebui.database_interval_seconds", "60", "60", 60.0),
    ("mandates.path", "/etc/m.yaml", "/etc/m.yaml", Path("/etc/m.yaml")),
    ("mandates.ssm", "true", "true", True),
    ("mandates.ssm_prefix", "/a/b", "/a/b", "/a/b"),
    ("mandates.interval_seconds", "60", "60", 60.0),
    ("ledger.path", "/data/ledger.jsonl", "/data/ledger.jsonl", Path("/data/ledger.jsonl")),
    ("aws.connect_timeout_seconds", "0.5", "0.5", 0.5),
    ("aws.read_timeout_seconds", "9", "9", 9.0),
    ("log.level", "debug", "debug", "debug"),
    ("log.format", "json", "json", "json"),
    ("clock.speed", "60", "60", 60.0),
    (
        "clock.anchor",
        "2026-01-02T03:04:05Z",
        "2026-01-02T03:04:05+00:00",
        datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    ),
]


def _value(settings: Settings, path: str) -> object:
    found: object = settings
    for part in path.split("."):
        found = getattr(found, part)
    return found


def _variable(path: str) -> str:
    return PREFIX + path.upper().replace(".", "__")


def _yaml(path: str, text: str) -> str:
    *group, name = path.split(".")
    return f"{group[0]}:\n  {name}: {text}\n" if group else f"{name}: {text}\n"


def _paths(model: type[BaseModel], prefix: str = "") -> set[str]:
    paths: set[str] = set()
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            paths |= _paths(kind, f"{prefix}{name}.")
        else:
            paths.add(prefix + name)
    return paths


def test_this_page_knows_every_setting() -> None:
    assert {path for path, *_ in EVERY_SETTING} == _paths(Settings)


@pytest.mark.parametrize(("path", "text", "yaml", "meant"), EVERY_SETTING)
def test_a_variable_sets_it(
    path: str, text: str, yaml: str, meant: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    del yaml
    assert _value(read_settings(), path) != meant
    monkeypatch.setenv(_variable(path), text)
    assert _value(read_settings(), path) == meant


@pytest.mark.parametrize(("path", "text", "yaml", "meant"), EVERY_SETTING)
def test_the_file_sets_it(
    path: str, text: str, yaml: str, meant: object, write_config: WriteConfig
) -> None:
    del text
    write_config(_yaml(path, yaml))
    assert _value(read_settings(), path) == meant


@pytest.mark.parametrize("path", sorted(_paths(Settings)))
def test_an_empty_variable_sets_nothing(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    default = read_settings()
    monkeypatch.setenv(_variable(path), "")
    assert read_settings() == default


def test_the_environment_wins_over_the_file_one_setting_at_a_time(
    monkeypatch: pytest.MonkeyPatch, write_config: WriteConfig
) -> None:
    write_config("stack: file\necs: {clusters: [one, two], interval_seconds: 20}\n")
    monkeypatch.setenv("XOPS_WATCH_STACK", "environment")
    monkeypatch.setenv("XOPS_WATCH_ECS__CLUSTERS", "three")
    settings = read_settings()
    assert settings.stack == "environment"
    assert settings.ecs.clusters == ("three",)
    assert settings.ecs.interval_seconds == 20


def test_an_empty_variable_leaves_what_the_file_says(
    monkeypatch: pytest.MonkeyPatch, write_config: WriteConfig
) -> None:
    write_config(f"sns: {{topic_arn: '{ARN}'}}\n")
    monkeypatch.setenv("XOPS_WATCH_SNS__TOPIC_ARN", "")
    assert read_settings().sns.topic_arn == ARN


@pytest.mark.parametrize("text", ["", "# nothing\n", "ecs:\n#  clusters: xops\nstack:\n", "{}"])
def test_a_file_that_says_nothing_changes_nothing(text: str, write_config: WriteConfig) -> None:
    default = read_settings()
    write_config(text)
    assert read_settings() == default


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("xops", ("xops",)),
        (" xops ,\tblue ", ("xops", "blue")),
        ("*", ("*",)),
        (",", ()),
        (" , ,", ()),
        ("arn:aws:ecs:eu-west-1:123456789012:cluster/xops", None),
        ('["xops"]', ('["xops"]',)),
    ],
)
def test_lists_are_comma_separated(
    text: str, names: tuple[str, ...] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XOPS_WATCH_ECS__CLUSTERS", text)
    assert read_settings().ecs.clusters == ((text,) if names is None else names)


def test_nothing_is_watched_without_a_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not read_settings().watches_something
    monkeypatch.setenv("XOPS_WATCH_ECS__CLUSTERS", " , ")
    assert not read_settings().watches_something
    monkeypatch.setenv("XOPS_WATCH_ECS__CLUSTERS", "xops")
    assert read_settings().watches_something


@pytest.mark.parametrize(
    ("listen", "host", "port"),
    [
        ("0.0.0.0:9923", "0.0.0.0", 9923),  # noqa: S104 - a form that is read, not listened on
        (":9923", "0.0.0.0", 9923),  # noqa: S104 - the documented default
        ("[::]:9923", "::", 9923),
        ("[::1]:0", "::1", 0),
        ("localhost:65535", "localhost", 65535),
        (" 127.0.0.1:80\n", "127.0.0.1", 80),
        ("0.0.0.0:0", "0.0.0.0", 0),  # noqa: S104 - the documented default
    ],
)
def test_forms_of_an_address(
    listen: str, host: str, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XOPS_WATCH_HTTP__LISTEN", listen)
    http = read_settings().http
    assert (http.host, http.port) == (host, port)


@pytest.mark.parametrize(
    ("variable", "text", "path", "meant"),
    [
        ("LOG__LEVEL", "INFO", "log.level", "info"),
        ("LOG__FORMAT", " Json\n", "log.format", "json"),
        ("SNS__BODY", "TEXT", "sns.body", "text"),
        ("STACK", " prod \n", "stack", "prod"),
        ("SNS__TOPIC_ARN", f"{ARN}\n", "sns.topic_arn", ARN),
        ("TICK_SECONDS", " 5 ", "tick_seconds", 5.0),
    ],
)
def test_case_and_blanks_around_a_value_do_not_matter(
    variable: str, text: str, path: str, meant: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PREFIX + variable, text)
    assert _value(read_settings(), path) == meant


def test_a_dotenv_file_in_the_working_directory_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("XOPS_WATCH_STACK=dotenv\nXOPS_WATCH_NONSENSE=1\n")
    monkeypatch.chdir(tmp_path)
    assert read_settings().stack == "xops"


def test_settings_of_the_aws_sdk_are_none_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STACK", "no")
    monkeypatch.setenv("HTTP__LISTEN", "no")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    assert read_settings() == Settings()
    assert read_settings().stack == "xops"


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        read_settings().ecs.clusters = ("other",)
    with pytest.raises(ValueError, match="frozen"):
        read_settings().stack = "other"


def test_the_tick_interval_is_a_duration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XOPS_WATCH_TICK_SECONDS", "1.5")
    assert read_settings().tick_interval == timedelta(seconds=1.5)
