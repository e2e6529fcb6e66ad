"""The IAM policy of the deployment how-to, as the command prints it for a cluster and a topic."""

import re
from pathlib import Path

from xops_watch.aws.policy import Place, as_json, statements
from xops_watch.bootstrap import IAM_ACTIONS

DEPLOYMENT = "deploy-ecs-sidecar.md"
EXAMPLE = Place(
    clusters=("arn:aws:ecs:REGION:ACCOUNT:cluster/CLUSTER",),
    topic_arn="arn:aws:sns:REGION:ACCOUNT:TOPIC",
    parameters="/xops/mandates/",
    region="REGION",
    account="ACCOUNT",
)
_SHOWN = re.compile(r"(<!-- iam-policy: [^>]*-->\n```json\n).*?(```\n)", re.DOTALL)


def iam_policy() -> str:
    """Return the policy with every name in capitals."""
    return as_json(statements(IAM_ACTIONS, EXAMPLE)) + "\n"


def with_policy(page: Path, policy: str) -> str:
    """Return the page, which is written by hand but for the policy that it shows."""
    return _SHOWN.sub(lambda found: found[1] + policy + found[2], page.read_text("utf-8"))
