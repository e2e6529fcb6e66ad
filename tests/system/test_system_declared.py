"""The rows that people, GitHub and Prometheus feed, in one daemon: rule, advice, notice, metrics.

What logs in stays a secret in all of it, also where a provider repeats it.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.sources.github.tiny_github import Repo, TinyGithub, pull, tiny_github
from tests.sources.mandates.mandates_scene import DAY, JANE, attestation, parameter
from tests.system.daemons import RunningDaemon, eventually, running
from tests.system.whole_account import client
from tests.web.loopback import answer, serving
from tests.web.prometheus_server import Recorded, needs_prometheus, prometheus_of
from xops_watch.clock import machine_now
from xops_watch.demo.stage import Pager
from xops_watch.embedded_aws.control import EmbeddedAws
from xops_watch.embedded_aws.control_specs import ServiceSpec
from xops_watch.web.prometheus import QUERY_PATH

PASSWORD = "correct horse"  # noqa: S105 - what must not show up anywhere
LOGIN = """
basic_auth_users:
  xops: $2b$04$wawyxrHIGqweMknfSOHxY./I88bIYBKdN2C1ac8k9fUQgNfYCp4hm
"""
MANDATES = (
    *("sovereignty", "second-cloud", "on-prem", "mtls", "enterprise-sso", "pub-sub"),
    *("cross-system-sql-vector", "availability-sla"),
)
# The rule of each row that fires, and the step that it asks for.
STEPS = {
    "sovereignty-mandate": "litellm-to-bedrock-vpc",
    "second-cloud-mandate": "crossplane-on-k3s",
    "on-prem-mandate": "k3s-edge-nodes",
    "services-above-6-with-mtls": "migrate-ecs-to-eks",
    "enterprise-sso": "keycloak-and-scim",
    "pub-sub-required": "add-valkey",
    "cross-system-sql-vector": "pgvector-or-qdrant",
    "availability-sla": "multi-provider-failover",
    "iac-prs-above-5-per-week": "atlantis-on-k3s",
    "team-above-3": "argocd-and-atlantis-on-k3s",
    "team-above-5": "split-into-microservices",
    "prompt-cache-below-70": "steady-prompt-prefix",
    "mandate-self-approved": "approve-mandate-by-another",
}
NO_HOLDS = """
overrides:
- {rule: services-above-6-with-mtls, for: 0s, reason: a test cannot wait}
- {rule: prompt-cache-below-70, for: 0s, reason: a test cannot wait}
"""


@pytest.fixture
def github() -> Iterator[TinyGithub]:
    """Six pull requests of infrastructure in two days, each by somebody else."""
    at = machine_now() - 2 * DAY
    with tiny_github(infra=Repo(1, pulls=[pull(n, at=at, by=f"eng{n}") for n in range(6)])) as one:
        yield one


def _declare_all(aws: EmbeddedAws) -> None:
    now = machine_now()
    ssm = client(aws, "ssm")
    for mandate in MANDATES:
        made = attestation(
            declared_at=(now - DAY).isoformat(),
            effective_from=(now - DAY).isoformat(),
            expires_at=(now + 300 * DAY).isoformat(),
            target="99.5%" if mandate == "availability-sla" else None,
            approver={**JANE, "role": "CTO"}
            if mandate == "pub-sub"
            else {"name": "Ravi Patel", "email": "ravi@example.com", "role": "CISO"},
        )
        ssm.put_parameter(
            Name=f"/xops/mandates/{mandate}", Value=parameter(mandate, made), Type="String"
        )


def _calls() -> list[Recorded]:
    """Return a day of LiteLLM: half of the tokens from the cache, one call in a hundred failed."""
    now = machine_now().timestamp()
    rising = [(now - 600 * (140 - n), float(n)) for n in range(141)]
    rates = {
        "litellm_input_cached_tokens_metric_total": 500,
        "litellm_input_tokens_metric_total": 1000,
        "litellm_deployment_success_responses_total": 99,
        "litellm_deployment_total_requests_total": 100,
    }
    return [
        Recorded(series=f'{name}{{model="claude"}}', points=[(at, n * rate) for at, n in rising])
        for name, rate in rates.items()
    ]


def _settings(
    aws: EmbeddedAws, folder: Path, github: TinyGithub, url: str, topic: str
) -> Mapping[str, str]:
    (folder / "token").write_text(github.token)
    (folder / "password").write_text(PASSWORD)
    (folder / "overrides.yaml").write_text(NO_HOLDS)
    services: list[ServiceSpec] = [{"name": f"s{n}", "desired": 1, "running": 1} for n in range(7)]
    aws.put_cluster("xops", services=services)
    return {
        "XOPS_WATCH_TICK_SECONDS": "1",
        "XOPS_WATCH_OVERRIDES_PATH": str(folder / "overrides.yaml"),
        "XOPS_WATCH_MANDATES__SSM": "true",
        "XOPS_WATCH_GITHUB__REPOSITORIES": "acme/infra",
        "XOPS_WATCH_GITHUB__TOKEN_FILE": str(folder / "token"),
        "XOPS_WATCH_GITHUB__API_URL": github.url,
        "XOPS_WATCH_PROMETHEUS__URL": url,
        "XOPS_WATCH_PROMETHEUS__USERNAME": "xops",
        "XOPS_WATCH_PROMETHEUS__PASSWORD_FILE": str(folder / "password"),
        "XOPS_WATCH_SNS__TOPIC_ARN": topic,
    }


def _firing(daemon: RunningDaemon) -> set[str]:
    return {rule for (rule, _), status in daemon.statuses().items() if status == "firing"}


def _outputs(daemon: RunningDaemon, folder: Path) -> str:
    """Return all that the daemon says and keeps."""
    pages = ("/", "/metrics", "/healthz", "/readyz", "/api/v1/snapshot")
    said = [daemon.read(path)[1] for path in pages]
    kept = [path for path in folder.iterdir() if path.name.startswith(("state", "daemon"))]
    said += [path.read_bytes().decode("utf-8", "replace") for path in kept]
    return "\n".join(said)


@needs_prometheus
def test_every_row_is_live_from_its_source_to_the_phone_and_no_secret_is_told(
    aws: EmbeddedAws, pager: Pager, github: TinyGithub, tmp_path: Path
) -> None:
    told: list[str] = []
    with prometheus_of(tmp_path, _calls(), web_config=LOGIN) as url:
        _declare_all(aws)
        settings = _settings(aws, tmp_path, github, url, pager.topic_arn)
        with running(aws, tmp_path, **settings) as daemon:
            eventually(lambda: _firing(daemon) >= STEPS.keys(), "every row fires")
            shown = daemon.snapshot()
            metrics = daemon.read("/metrics")[1].splitlines()
            page = daemon.read("/")[1]
            states = {one["evolution"]["id"]: one["state"] for one in shown["advice"]}
            for rule, step in STEPS.items():
                assert states[step] in {"recommended", "blocked"}, step
                state = f'xops_evolution_state{{evolution="{step}",state="{states[step]}"}} 1.0'
                assert state in metrics
                assert rule in page
            eventually(lambda: _rules_told(pager, told) >= STEPS.keys(), "every row is told")
            said = _outputs(daemon, tmp_path) + "\n".join(told)
            assert daemon.end() == 0
        # Providers that repeat what they were sent, in the words of their refusal.
        said += _refused(aws, tmp_path, github, settings)
    for secret in (github.token, PASSWORD, "Y29ycmVjdCBob3JzZQ"):
        assert secret not in said


def _refused(
    aws: EmbeddedAws, folder: Path, github: TinyGithub, settings: Mapping[str, str]
) -> str:
    """Return all that is said when both providers refuse, one after a restart."""
    words = json.dumps({"message": f"bad token {github.token}"})
    github.faults["PullRequests"] = answer(words, status=401)
    github.faults["/repos/acme/infra"] = answer(words, status=401)
    words = json.dumps({"status": "error", "errorType": "bad_data", "error": f"no {PASSWORD}"})
    with (
        serving(**{QUERY_PATH[1:]: answer(words, status=400)}) as loud,
        running(aws, folder, **{**settings, "XOPS_WATCH_PROMETHEUS__URL": loud.url}) as daemon,
    ):
        eventually(
            lambda: (
                daemon.signal_status("github.iac_prs_7d", "xops") == "denied"
                and daemon.signal_status("llm.requests_per_minute", "xops") == "invalid"
            ),
            "both are told",
        )
        said = _outputs(daemon, folder)
        assert daemon.end() == 0
    return said


def _rules_told(pager: Pager, told: list[str]) -> set[str]:
    """Return the rules of all messages so far; `told` keeps them."""
    told.extend(pager.messages())
    return {rule for rule in STEPS if any(f"/{rule}.md" in one for one in told)}
