"""`xops-watch iam-policy`: what the task role has to allow, and nothing else."""

import click

from xops_watch.aws.metadata import on_ecs, own_task
from xops_watch.aws.policy import ANY, Place, as_json, as_terraform, statements
from xops_watch.cli.setup import require_something
from xops_watch.logs import make_logger
from xops_watch.settings import read_settings


@click.command("iam-policy")
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "terraform"]),
    default="json",
    show_default=True,
    help="`terraform` is a data source, for the policy of a role.",
)
def iam_policy(form: str) -> None:
    """Print the IAM policy that the task role needs, for the settings of this environment.

    It allows every call that `run`, `once` and `doctor` make with these settings, and no other.
    Clusters by name are limited to the region of this environment; give ARNs to say it all.
    Nothing is asked of AWS.
    """
    settings = read_settings()
    require_something(settings)
    from xops_watch import bootstrap  # noqa: PLC0415 - boto3 is slow to import, and not for --help
    from xops_watch.aws.clients import make_session  # noqa: PLC0415 - likewise

    log = make_logger(level="warning", log_format=settings.log.format)
    settings = bootstrap.at_home(settings, log)
    session = make_session()
    place = Place(
        clusters=settings.ecs.clusters,
        topic_arn=settings.sns.topic_arn,
        parameters=settings.mandates.ssm_prefix,
        budget=settings.cost.budget,
        log_group=None if settings.app_log.group == "auto" else settings.app_log.group,
        distributions=settings.edge.distributions,
        partition=_partition(session.region_name or ""),
        region=session.region_name or ANY,
        account=own_task().account if on_ecs() else ANY,
    )
    policy = statements(bootstrap.actions_needed(settings), place)
    click.echo(as_terraform(policy) if form == "terraform" else as_json(policy))


def _partition(region: str) -> str:
    """Return how ARNs of the region begin."""
    special = {"cn-": "aws-cn", "us-gov-": "aws-us-gov", "eusc-": "aws-eusc"}
    return next((name for start, name in special.items() if region.startswith(start)), "aws")
