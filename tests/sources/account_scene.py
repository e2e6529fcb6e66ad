"""Sources that ask about the whole account, each with what AWS would answer when all is well."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from tests.aws.bench import NOW, ScriptedClient
from tests.fakes import MemoryStore
from xops_watch.aws.cost_explorer import Tag
from xops_watch.aws.log_lines import LogLines
from xops_watch.core.reading import Gap, Observation, Reading, SeriesKey
from xops_watch.errors import GapReason
from xops_watch.ports import Source
from xops_watch.sources.app_logs import PAGES_MAX, AppLogSource
from xops_watch.sources.budgets import BudgetSource
from xops_watch.sources.certificates import CertificatesSource
from xops_watch.sources.compliance import ComplianceSource
from xops_watch.sources.cost_explorer import Billed, CostExplorerSource
from xops_watch.sources.secrets import SecretsSource

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
ACCOUNT = "123456789012"
HOME = "ap-southeast-2"
STACK_TAG = Tag(key="stack", value="xops")

SECRETS: dict[str, Any] = {
    "SecretList": [
        {
            "ARN": "arn:aws:secretsmanager:ap-southeast-2:123456789012:secret:xops/db-AbCdEf",
            "Name": "xops/db",
            "RotationEnabled": True,
            "LastRotatedDate": NOW - 91 * DAY,
            "LastChangedDate": NOW - 2 * DAY,
            "LastAccessedDate": NOW - DAY,
            "CreatedDate": NOW - 400 * DAY,
            "SecretVersionsToStages": {"a1b2": ["AWSCURRENT"]},
        }
    ]
}
CERTIFICATES: dict[str, Any] = {
    "CertificateSummaryList": [
        {
            "CertificateArn": "arn:aws:acm:ap-southeast-2:123456789012:certificate/"
            "1a2b3c4d-0000-1111-2222-333344445555",
            "DomainName": "xops.example",
            "Status": "ISSUED",
            "Type": "AMAZON_ISSUED",
            "KeyAlgorithm": "EC_prime256v1",
            "InUse": True,
            "RenewalEligibility": "ELIGIBLE",
            "NotAfter": NOW + 29 * DAY,
        }
    ]
}
SCORES: dict[str, Any] = {
    "ConformancePackComplianceScores": [
        {
            "Score": "78.26",
            "ConformancePackName": "APRA-CPS-234",
            "LastUpdatedTime": NOW - HOUR,
        }
    ]
}
IDENTITY: dict[str, Any] = {
    "Account": ACCOUNT,
    "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/task/1",
    "UserId": "X",
}
BUDGET: dict[str, Any] = {
    "Budget": {
        "BudgetName": "xops",
        "BudgetLimit": {"Amount": "180.0", "Unit": "USD"},
        "TimeUnit": "MONTHLY",
        "TimePeriod": {
            "Start": datetime(2025, 6, 1, tzinfo=UTC),
            "End": datetime(2087, 6, 15, tzinfo=UTC),
        },
        "CalculatedSpend": {
            "ActualSpend": {"Amount": "27.125", "Unit": "USD"},
            "ForecastedSpend": {"Amount": "190.4", "Unit": "USD"},
        },
        "BudgetType": "COST",
        "LastUpdatedTime": datetime(2025, 6, 1, tzinfo=UTC),
        "HealthStatus": {"Status": "HEALTHY"},
    }
}


def costs(*groups: tuple[str, str, str], days: int = 7, end: datetime = NOW) -> dict[str, Any]:
    """Return an answer of Cost Explorer: the same groups (usage, tag, dollars) on each day."""
    last = (end - 2 * DAY).replace(hour=0, minute=0, second=0)
    return {
        "ResultsByTime": [
            {
                "TimePeriod": {
                    "Start": f"{last - n * DAY:%Y-%m-%d}",
                    "End": f"{last - (n - 1) * DAY:%Y-%m-%d}",
                },
                "Total": {},
                "Groups": [
                    {
                        "Keys": [usage, f"stack${tag}"],
                        "Metrics": {"UnblendedCost": {"Amount": dollars, "Unit": "USD"}},
                    }
                    for usage, tag, dollars in groups
                ],
                "Estimated": True,
            }
            for n in range(days, 0, -1)
        ]
    }


COSTS = costs(
    ("APS2-Fargate-ARM-vCPU-Hours:perCPU", "xops", "5"),
    ("APS2-DataTransfer-Out-Bytes", "xops", "0.5"),
    ("APS2-USE1-AWS-Out-Bytes", "xops", "0.25"),
    ("APS2-BoxUsage:t3.large", "other", "2"),
    ("APS2-TimedStorage-ByteHrs", "", "0.25"),
)
LINES: dict[str, Any] = {
    "events": [
        {
            "logStreamName": "open-webui/web/1",
            "timestamp": 1,
            "message": "sqlite3.OperationalError: database is locked",
            "ingestionTime": 1,
            "eventId": "1",
        }
    ],
    "searchedLogStreams": [],
}


def secrets(client: Any, *patterns: str, seen: Sequence[SeriesKey] = ()) -> SecretsSource:  # noqa: ANN401 - real or scripted
    return SecretsSource(client, patterns=patterns or ("xops/*",), interval=HOUR, seen=seen)


def certificates(
    client: Any,  # noqa: ANN401 - real or scripted
    *patterns: str,
    seen: Sequence[SeriesKey] = (),
    **others: Any,  # noqa: ANN401 - real or scripted, by region
) -> CertificatesSource:
    clients = {HOME: client} | {name.replace("_", "-"): one for name, one in others.items()}
    return CertificatesSource(clients, patterns=patterns or ("*",), interval=HOUR, seen=seen)


def compliance(client: Any, *patterns: str, seen: Sequence[SeriesKey] = ()) -> ComplianceSource:  # noqa: ANN401 - real or scripted
    return ComplianceSource(client, patterns=patterns or ("*CPS-234*",), interval=HOUR, seen=seen)


def budgets(client: Any, *, sts: Any = None) -> BudgetSource:  # noqa: ANN401 - real or scripted
    known: Any = SimpleNamespace(get_caller_identity=lambda: IDENTITY)
    who = known if sts is None else sts
    return BudgetSource(client, who, budget="xops", stack="xops", interval=HOUR)


def cost_explorer(
    client: Any,  # noqa: ANN401 - real or scripted
    *,
    memory: Any = None,  # noqa: ANN401 - a memory, or what fails as one
    tag: Tag | None = STACK_TAG,
    tell: Callable[[float], None] = lambda _: None,
) -> CostExplorerSource:
    billed = Billed(memory=memory or MemoryStore(), tell=tell)
    return CostExplorerSource(client, billed, stack="xops", tag=tag, interval=HOUR)


def app_logs(client: Any, group: Callable[[datetime], str] = lambda _: "/ecs/webui") -> Source:  # noqa: ANN401 - real or scripted
    lines = LogLines(client, pages_max=PAGES_MAX)
    return AppLogSource(lines, group, database="xops/webui.db", interval=5 * HOUR / 60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One source, the boto3 service and the IAM action it asks, and a good answer."""

    service: str
    action: str
    make: Callable[[Any], Source]
    operation: str
    answer: dict[str, Any]
    paged: bool = True

    def scripted(self, answer: Callable[..., Any]) -> Any:  # noqa: ANN401 - a client
        if self.paged:
            return ScriptedClient(**{self.operation: answer})
        return SimpleNamespace(**{self.operation: answer})

    def source(self) -> Source:
        """Return the source of an AWS that answers well."""
        good = [self.answer] if self.paged else self.answer
        return self.make(self.scripted(lambda **_: good))


KINDS: Mapping[str, Kind] = {
    "secrets": Kind(
        service="secretsmanager",
        action="secretsmanager:ListSecrets",
        make=secrets,
        operation="list_secrets",
        answer=SECRETS,
    ),
    "certificates": Kind(
        service="acm",
        action="acm:ListCertificates",
        make=certificates,
        operation="list_certificates",
        answer=CERTIFICATES,
    ),
    "compliance": Kind(
        service="config",
        action="config:ListConformancePackComplianceScores",
        make=compliance,
        operation="list_conformance_pack_compliance_scores",
        answer=SCORES,
        paged=False,
    ),
    "budgets": Kind(
        service="budgets",
        action="budgets:ViewBudget",
        make=budgets,
        operation="describe_budget",
        answer=BUDGET,
        paged=False,
    ),
    "cost_explorer": Kind(
        service="ce",
        action="ce:GetCostAndUsage",
        make=cost_explorer,
        operation="get_cost_and_usage",
        answer=COSTS,
        paged=False,
    ),
    "app_logs": Kind(
        service="logs",
        action="logs:FilterLogEvents",
        make=app_logs,
        operation="filter_log_events",
        answer=LINES,
    ),
}


def values(observations: Sequence[Observation]) -> dict[tuple[str, str], float]:
    return {(o.signal, o.subject): o.value for o in observations if isinstance(o, Reading)}


def gaps(observations: Sequence[Observation]) -> dict[tuple[str, str | None], GapReason]:
    return {(o.signal, o.subject): o.reason for o in observations if isinstance(o, Gap)}


def details(observations: Sequence[Observation]) -> list[str]:
    return [o.detail for o in observations if isinstance(o, Gap)]
