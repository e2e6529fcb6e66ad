"""The policy that `iam-policy` prints, against the limits of IAM and a validator of its own."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from moto.iam.policy_validation import IAMPolicyDocumentValidator

from xops_watch.aws.policy import Place, Statement, as_json, as_terraform, statements

ACTIONS = (
    "application-autoscaling:DescribeScalableTargets",
    "cloudwatch:GetMetricData",
    "ecs:DescribeClusters",
    "ecs:DescribeServices",
    "ecs:DescribeTaskDefinition",
    "ecs:ListClusters",
    "ecs:ListServices",
    "ecs:ListTasks",
    "sns:GetTopicAttributes",
    "sns:Publish",
)
TOPIC = "arn:aws:sns:ap-southeast-2:123456789012:oncall"
CLUSTER = "arn:aws:ecs:ap-southeast-2:123456789012:cluster/xops"
NAMED = Place(clusters=(CLUSTER,), topic_arn=TOPIC)
EVERY = Place(clusters=("*",), topic_arn=TOPIC)
MANAGED_POLICY_CHARACTERS_MAX = 6144  # without white space, says IAM


def found(place: Place, actions: Sequence[str] = ACTIONS) -> dict[str, Mapping[str, Any]]:
    document = json.loads(as_json(statements(actions, place)))
    assert document["Version"] == "2012-10-17"
    return {statement["Sid"]: statement for statement in document["Statement"]}


def test_calls_are_limited_to_the_cluster_where_aws_can() -> None:
    policy = found(NAMED)
    assert list(policy) == [
        "CountTasks",
        "ReadServices",
        "ReadScaling",
        "ReadMetrics",
        "ReadDefinitions",
        "Page",
    ]
    assert policy["CountTasks"]["Resource"] == [CLUSTER]
    assert policy["ReadServices"] == {
        "Sid": "ReadServices",
        "Effect": "Allow",
        "Action": ["ecs:DescribeServices", "ecs:ListServices", "ecs:ListTasks"],
        "Resource": ["*"],
        "Condition": {"ArnEquals": {"ecs:cluster": [CLUSTER]}},
    }
    assert policy["Page"]["Resource"] == [TOPIC]


def test_every_cluster_needs_the_list_and_no_condition() -> None:
    policy = found(EVERY)
    assert policy["FindClusters"]["Action"] == ["ecs:ListClusters"]
    assert policy["CountTasks"]["Resource"] == ["*"]
    assert "Condition" not in policy["ReadServices"]


def test_who_names_clusters_does_not_list_them() -> None:
    assert "ecs:ListClusters" not in as_json(statements(ACTIONS, NAMED))


def test_a_cluster_by_name_is_limited_by_what_is_known() -> None:
    place = Place(clusters=("xops", "other"), topic_arn=None, region="eu-west-1")
    assert found(place)["CountTasks"]["Resource"] == [
        "arn:aws:ecs:eu-west-1:*:cluster/xops",
        "arn:aws:ecs:eu-west-1:*:cluster/other",
    ]
    china = Place(
        clusters=("xops",),
        topic_arn=None,
        partition="aws-cn",
        region="cn-north-1",
        account="123456789012",
    )
    assert china.cluster_arns == ("arn:aws-cn:ecs:cn-north-1:123456789012:cluster/xops",)


def test_without_a_topic_nothing_is_published() -> None:
    assert "sns" not in as_json(statements(ACTIONS, Place(clusters=("xops",), topic_arn=None)))


def test_without_a_cluster_nothing_of_ecs_is_read() -> None:
    assert list(found(Place(clusters=(), topic_arn=TOPIC))) == ["ReadMetrics", "Page"]


def test_a_service_of_the_future_gets_a_name_that_iam_takes() -> None:
    place = Place(clusters=("xops",), topic_arn=None)
    assert list(found(place, ["s3-outposts:ListRegionalBuckets"])) == ["ReadS3Outposts"]


@pytest.mark.parametrize("place", [NAMED, EVERY])
def test_each_action_is_allowed_exactly_once(place: Place) -> None:
    allowed = [action for statement in found(place).values() for action in statement["Action"]]
    expected = set(ACTIONS) - (set() if place is EVERY else {"ecs:ListClusters"})
    assert sorted(allowed) == sorted(expected)
    assert not [action for action in allowed if "*" in action]


@pytest.mark.parametrize("place", [NAMED, EVERY])
def test_iam_takes_it(place: Place) -> None:
    text = as_json(statements(ACTIONS, place))
    IAMPolicyDocumentValidator(text).validate()
    assert len("".join(text.split())) < MANAGED_POLICY_CHARACTERS_MAX
    assert all(re.fullmatch(r"[A-Za-z0-9]+", sid) for sid in found(place))


def test_terraform_says_the_same() -> None:
    assert as_terraform(statements(("ecs:ListServices", "sns:Publish"), NAMED)) == (
        'data "aws_iam_policy_document" "xops_watch" {\n'
        "  statement {\n"
        '    sid       = "ReadServices"\n'
        '    actions   = ["ecs:ListServices"]\n'
        '    resources = ["*"]\n'
        "\n"
        "    condition {\n"
        '      test     = "ArnEquals"\n'
        '      variable = "ecs:cluster"\n'
        f'      values   = ["{CLUSTER}"]\n'
        "    }\n"
        "  }\n"
        "\n"
        "  statement {\n"
        '    sid       = "Page"\n'
        '    actions   = ["sns:Publish"]\n'
        f'    resources = ["{TOPIC}"]\n'
        "  }\n"
        "}"
    )


def test_what_would_be_a_template_of_terraform_is_none() -> None:
    statement = Statement(sid="X", actions=("a:B",), resources=('arn:${x}"%{y}',))
    assert 'resources = ["arn:$${x}\\"%%{y}"]' in as_terraform((statement,))


def test_mandates_are_read_below_their_path_alone() -> None:
    place = Place(
        clusters=(),
        topic_arn=None,
        parameters="/acme/mandates/",
        partition="aws-cn",
        region="cn-north-1",
        account="123456789012",
    )
    arn = "arn:aws-cn:ssm:cn-north-1:123456789012:parameter/acme/mandates"
    actions = ("ssm:GetParametersByPath", "ssm:GetParameterHistory")
    assert found(place, actions) == {
        "ReadMandates": {
            "Sid": "ReadMandates",
            "Effect": "Allow",
            "Action": ["ssm:GetParameterHistory", "ssm:GetParametersByPath"],
            "Resource": [arn, f"{arn}/*"],
        }
    }


def test_what_is_named_is_all_that_may_be_read() -> None:
    place = Place(
        clusters=("xops",),
        topic_arn=None,
        budget="xops monthly",
        log_group="/ecs/open-webui",
        distributions=("E1", "E2"),
        region="eu-west-1",
        account="123456789012",
    )
    actions = (
        "budgets:ViewBudget",
        "ce:GetCostAndUsage",
        "cloudfront:GetDistributionConfig",
        "cloudfront:GetMonitoringSubscription",
        "cloudfront:ListDistributions",
        "logs:FilterLogEvents",
    )
    policy = found(place, actions)
    assert {sid: statement["Resource"] for sid, statement in policy.items()} == {
        "ReadBudgets": ["arn:aws:budgets::123456789012:budget/xops monthly"],
        "ReadCe": ["*"],
        "ReadCloudfrontNamed": [
            "arn:aws:cloudfront::123456789012:distribution/E1",
            "arn:aws:cloudfront::123456789012:distribution/E2",
        ],
        "ReadCloudfront": ["*"],
        "ReadLogs": [
            "arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/open-webui",
            "arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/open-webui:*",
        ],
    }
    assert policy["ReadCloudfront"]["Action"] == ["cloudfront:ListDistributions"]
    IAMPolicyDocumentValidator(as_json(statements(actions, place))).validate()


def test_what_is_not_named_is_any_of_its_kind() -> None:
    place = Place(clusters=("xops",), topic_arn=None)
    actions = ("budgets:ViewBudget", "cloudfront:GetDistributionConfig", "logs:FilterLogEvents")
    policy = found(place, actions)
    assert {statement["Resource"][0] for statement in policy.values()} == {"*"}
    assert list(policy) == ["ReadBudgets", "ReadCloudfront", "ReadLogs"]
