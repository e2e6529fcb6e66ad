"""Builds the demo's world on an embedded AWS and keeps it moving with the clock."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import boto3

from xops_watch.clock import ScaledClock
from xops_watch.demo import world
from xops_watch.embedded_aws.control import EmbeddedAws
from xops_watch.embedded_aws.control_specs import SeriesSpec, ServiceSpec

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

REGION: Final = "ap-southeast-2"
TOPIC = "xops-oncall"
LOG_GROUP: Final = f"/ecs/{world.WEB}"
_LOG_STREAM = f"{world.WEB}/1"
NO_PLACE = (
    f"(service {world.CREW}) was unable to place a task. Reason: Capacity is unavailable at this"
    " time. Please try again later or in a different availability zone."
)


@dataclass(slots=True, kw_only=True)
class World:
    """The stack as the embedded AWS shows it; `move` brings it to the present.

    Until the story begins it is calm: how long a machine takes to start changes nothing.
    """

    aws: EmbeddedAws
    clock: ScaledClock
    _began: datetime | None = field(default=None, init=False)
    _until: datetime = field(init=False)

    def __post_init__(self) -> None:
        """Go back to the calm before the story."""
        self._until = _minute(self.clock.anchor) - world.HISTORY

    def begin(self) -> None:
        """Let the story begin now."""
        self._began = self.clock.now()

    @property
    def elapsed(self) -> timedelta:
        """Return how long the story has run; less than nothing before it began."""
        return self._since_the_beginning(self.clock.now())

    def move(self) -> None:
        """Show the services of now, and publish the CPU of every minute that is over."""
        services = world.services_at(self.elapsed)
        self.aws.put_cluster(
            world.CLUSTER,
            services=[self._spec(service) for service in services],
        )
        minutes = list(self._minutes_over())
        if minutes:
            self.aws.put_points(
                *(self._cpu_series(s.name, minutes) for s in services),
                *(self._memory_series(s.name, minutes) for s in services),
            )

    def _spec(self, service: world.RunningService) -> ServiceSpec:
        counts: ServiceSpec = {
            "name": service.name,
            "desired": service.desired,
            "running": service.running,
            "pending": service.pending,
            "architecture": "ARM64",
        }
        if service.name == world.CREW and self._began is not None:
            counts["events"] = [
                {"at": self._began + at, "message": NO_PLACE}
                for at in world.unplaced_at(self.elapsed)
            ]
        return {**counts, **world.CONFIGURED.get(service.name, {})}

    def _since_the_beginning(self, instant: datetime) -> timedelta:
        return -world.MINUTE if self._began is None else instant - self._began

    def _minutes_over(self) -> Iterator[datetime]:
        now = self.clock.now()
        while self._until + world.MINUTE <= now:
            yield self._until
            self._until += world.MINUTE

    def _cpu_series(self, service: str, minutes: list[datetime]) -> SeriesSpec:
        points = [
            (minute, running.cpu_percent)
            for minute in minutes
            for running in world.services_at(self._since_the_beginning(minute))
            if running.name == service
        ]
        return _series("CPUUtilization", service, points)

    def _memory_series(self, service: str, minutes: list[datetime]) -> SeriesSpec:
        points = [
            (minute, world.MEMORY_PERCENT)
            for minute in minutes
            for running in world.services_at(self._since_the_beginning(minute))
            if running.name == service
        ]
        return _series("MemoryUtilization", service, points)


def _series(metric: str, service: str, points: list[tuple[datetime, float]]) -> SeriesSpec:
    return {
        "namespace": "AWS/ECS",
        "metric": metric,
        "dimensions": {"ClusterName": world.CLUSTER, "ServiceName": service},
        "unit": "Percent",
        "points": points,
    }


def _minute(instant: datetime) -> datetime:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return instant - (instant - epoch) % world.MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Pager:
    """The person on call: an SQS queue that subscribes to the topic."""

    topic_arn: str
    queue_url: str
    sqs: "SQSClient"

    def messages(self) -> list[str]:
        """Return the bodies that arrived since the last call, as SNS wrapped them."""
        answer = self.sqs.receive_message(
            QueueUrl=self.queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=0
        )
        received = answer.get("Messages", [])
        for message in received:
            self.sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])
        return [message["Body"] for message in received]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogDriver:
    """Carries what the chat logs to CloudWatch Logs, as ECS does."""

    logs: Any  # a client of boto3, whose types of this service are not installed

    def ship(self, lines: list[str], *, at: datetime) -> None:
        """Send the lines as of an instant."""
        if lines:
            millis = int(at.timestamp() * 1000)
            self.logs.put_log_events(
                logGroupName=LOG_GROUP,
                logStreamName=_LOG_STREAM,
                logEvents=[{"timestamp": millis, "message": line} for line in lines],
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """What is at the two ends of the account: the phone of whoever is on call, and the log."""

    pager: Pager
    log: LogDriver


def build(aws: EmbeddedAws) -> Ends:
    """Make the buckets, the log group, the topic and its subscriber through the ordinary API."""
    session = boto3.session.Session(
        aws_access_key_id="embedded",
        aws_secret_access_key="embedded",  # noqa: S106 - the embedded AWS takes anything
        region_name=REGION,
    )
    s3 = session.client("s3", endpoint_url=aws.endpoint)
    for bucket in world.BUCKETS:
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    sns = session.client("sns", endpoint_url=aws.endpoint)
    sqs = session.client("sqs", endpoint_url=aws.endpoint)
    topic_arn = sns.create_topic(Name=TOPIC)["TopicArn"]
    queue_url = sqs.create_queue(QueueName=f"{TOPIC}-phone")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])
    queue_arn = attributes["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=queue_arn)
    logs = session.client("logs", endpoint_url=aws.endpoint)
    logs.create_log_group(logGroupName=LOG_GROUP)
    logs.create_log_stream(logGroupName=LOG_GROUP, logStreamName=_LOG_STREAM)
    return Ends(
        pager=Pager(topic_arn=topic_arn, queue_url=queue_url, sqs=sqs), log=LogDriver(logs=logs)
    )
