"""The least-privilege IAM policy for a set of actions: JSON as IAM takes it, or Terraform.

What limits an action is in AWS's service authorization reference: its resource types, or the
condition key `ecs:cluster`. An action that AWS limits by nothing has the resource `*`.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

ANY = "*"

_LIST_CLUSTERS = "ecs:ListClusters"
_DESCRIBE_CLUSTERS = "ecs:DescribeClusters"
_OF_CLUSTERS = frozenset(
    {"ecs:DescribeServices", "ecs:DescribeTasks", "ecs:ListServices", "ecs:ListTasks"}
)
_VIEW_BUDGET = "budgets:ViewBudget"
_FILTER_EVENTS = "logs:FilterLogEvents"
_OF_DISTRIBUTIONS = frozenset(
    {"cloudfront:GetDistributionConfig", "cloudfront:GetMonitoringSubscription"}
)
_OF_ECS = frozenset({"application-autoscaling", "ecs"})
_SIDS: Mapping[str, str] = {
    "application-autoscaling": "ReadScaling",
    "cloudwatch": "ReadMetrics",
    "ecs": "ReadDefinitions",
    "ssm": "ReadMandates",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What the policy is limited to; what is not known is `*`.

    `clusters` are names or ARNs, `*` among them for every one. An account that is not known
    widens nothing: ECS lets nobody in from another account. `parameters` is the path in
    Parameter Store that mandates are below. A `budget`, a `log_group` and `distributions` (of
    CloudFront, by id) that are not named are any.
    """

    clusters: tuple[str, ...]
    topic_arn: str | None
    parameters: str | None = None
    budget: str | None = None
    log_group: str | None = None
    distributions: tuple[str, ...] = ()
    partition: str = "aws"
    region: str = ANY
    account: str = ANY

    @property
    def cluster_arns(self) -> tuple[str, ...]:
        """Return the ARNs of the clusters; none when every cluster is meant."""
        if ANY in self.clusters:
            return ()
        arns = (name if name.startswith("arn:") else self._arn(name) for name in self.clusters)
        return tuple(dict.fromkeys(arns))

    @property
    def parameter_arns(self) -> tuple[str, ...]:
        """Return the ARNs of the path of the mandates and of what is below it."""
        if self.parameters is None:
            return ()
        path = self.parameters.strip("/")
        arn = f"arn:{self.partition}:ssm:{self.region}:{self.account}:parameter/{path}"
        return arn, f"{arn}/*"

    def resources_of(self, action: str) -> tuple[str, ...]:
        """Return the ARNs that an action is limited to, `*` where AWS or the settings know none."""
        start = f"arn:{self.partition}:{_service(action)}"
        here = f"{start}:{self.region}:{self.account}"
        found: tuple[str, ...] = ()
        if _service(action) == "ssm":
            found = self.parameter_arns
        elif action == _VIEW_BUDGET and self.budget:
            found = (f"{start}::{self.account}:budget/{self.budget}",)
        elif action == _FILTER_EVENTS and self.log_group:
            # Some calls are checked against the group, some against the streams below it.
            arn = f"{here}:log-group:{self.log_group}"
            found = (arn, f"{arn}:*")
        elif action in _OF_DISTRIBUTIONS:
            ids = self.distributions
            found = tuple(f"{start}::{self.account}:distribution/{one}" for one in ids)
        return found or (ANY,)

    def _arn(self, name: str) -> str:
        return f"arn:{self.partition}:ecs:{self.region}:{self.account}:cluster/{name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement that allows; `clusters` limits it to calls about them."""

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...] = (ANY,)
    clusters: tuple[str, ...] = ()


def statements(actions: Collection[str], place: Place) -> tuple[Statement, ...]:
    """Return statements that allow these actions, each limited as far as AWS can.

    Without a cluster nothing of ECS is read, without a topic nothing is published.
    """
    needed = [a for a in sorted(set(actions)) if place.clusters or _service(a) not in _OF_ECS]
    return tuple(_statements(needed, place))


def _statements(actions: Sequence[str], place: Place) -> Iterator[Statement]:
    arns = place.cluster_arns
    if _LIST_CLUSTERS in actions and not arns:
        yield Statement(sid="FindClusters", actions=(_LIST_CLUSTERS,))
    if _DESCRIBE_CLUSTERS in actions:
        resources = arns or (ANY,)
        yield Statement(sid="CountTasks", actions=(_DESCRIBE_CLUSTERS,), resources=resources)
    if limited := tuple(action for action in actions if action in _OF_CLUSTERS):
        yield Statement(sid="ReadServices", actions=limited, clusters=arns)
    special = {_LIST_CLUSTERS, _DESCRIBE_CLUSTERS, *_OF_CLUSTERS}
    others = [action for action in actions if action not in special]
    for service in sorted({_service(action) for action in others} - {"sns"}):
        sid = _SIDS.get(service) or f"Read{''.join(filter(str.isalnum, service.title()))}"
        limited_to: dict[tuple[str, ...], list[str]] = {}
        for action in (action for action in others if _service(action) == service):
            limited_to.setdefault(place.resources_of(action), []).append(action)
        for resources, of_service in limited_to.items():
            named = "Named" if len(limited_to) > 1 and resources != (ANY,) else ""
            yield Statement(sid=f"{sid}{named}", actions=tuple(of_service), resources=resources)
    to_topic = tuple(action for action in others if _service(action) == "sns")
    if to_topic and place.topic_arn:
        yield Statement(sid="Page", actions=to_topic, resources=(place.topic_arn,))


def _service(action: str) -> str:
    return action.partition(":")[0]


def as_json(policy: Sequence[Statement]) -> str:
    """Return the policy document, as IAM and CloudFormation take it."""
    document = {"Version": "2012-10-17", "Statement": [_document(each) for each in policy]}
    return json.dumps(document, indent=2)


def _document(statement: Statement) -> dict[str, object]:
    found: dict[str, object] = {
        "Sid": statement.sid,
        "Effect": "Allow",
        "Action": list(statement.actions),
        "Resource": list(statement.resources),
    }
    if statement.clusters:
        found["Condition"] = {"ArnEquals": {"ecs:cluster": list(statement.clusters)}}
    return found


def as_terraform(policy: Sequence[Statement]) -> str:
    """Return a data source for Terraform, formatted as `terraform fmt` does."""
    blocks = "\n\n".join(_block(each) for each in policy)
    return f'data "aws_iam_policy_document" "xops_watch" {{\n{blocks}\n}}'


def _block(statement: Statement) -> str:
    lines = [
        "  statement {",
        f"    sid       = {_text(statement.sid)}",
        f"    actions   = {_list(statement.actions)}",
        f"    resources = {_list(statement.resources)}",
    ]
    if statement.clusters:
        lines += [
            "",
            "    condition {",
            '      test     = "ArnEquals"',
            '      variable = "ecs:cluster"',
            f"      values   = {_list(statement.clusters)}",
            "    }",
        ]
    return "\n".join([*lines, "  }"])


def _list(texts: Sequence[str]) -> str:
    return f"[{', '.join(map(_text, texts))}]"


def _text(text: str) -> str:
    """Return a string of HCL, where `${` and `%{` would begin a template."""
    return json.dumps(text).replace("${", "$${").replace("%{", "%%{")
