"""What CloudWatch measures: kinds of subjects, and how each publishes."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from xops_watch.core.signal import DAY, HOUR, MINUTE
from xops_watch.errors import GapReason


class Place(StrEnum):
    """Whose region holds the metrics."""

    HOME = "home"
    GLOBAL = "us-east-1"  # of services without a region, such as CloudFront


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """How often points come, how long they are revised, and when their absence is silence."""

    period: timedelta
    reread: timedelta
    silent_after: timedelta


MINUTELY = Cadence(period=MINUTE, reread=10 * MINUTE, silent_after=5 * MINUTE)
FIVE_MINUTELY = Cadence(period=5 * MINUTE, reread=30 * MINUTE, silent_after=20 * MINUTE)
# A canary that runs every 20 minutes makes the three points an hour that are asked for.
PROBED = Cadence(period=5 * MINUTE, reread=30 * MINUTE, silent_after=25 * MINUTE)
DAILY = Cadence(period=DAY, reread=3 * DAY, silent_after=3 * DAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of subject.

    `key` is the dimension that names it, `within` the one that tells two of a name apart, `fixed`
    dimensions that it always has, `split` those over which its series are added up, `parted` those
    that one listed metric always has besides. A series with a dimension of `without` is none of
    it. Where a series of the whole is listed beside parts, that one is read, with `by_part` they.
    ListMetrics finds it by the metrics in `listed`; of these it is known which subject has them.
    `recent` looks at the last three hours only, for subjects that come and go and are never
    silent. `settle` is the least age of a point that is read. `silence` says when it publishes
    nothing; `none` what it means that there is no such subject.
    """

    noun: str
    namespace: str
    key: str
    silence: str
    within: str = ""
    listed: tuple[str, ...] = ()
    fixed: tuple[tuple[str, str], ...] = ()
    split: tuple[str, ...] = ()
    parted: tuple[tuple[str, str], ...] = ()
    without: tuple[tuple[str, str], ...] = ()
    by_part: bool = False
    place: Place = Place.HOME
    settle: timedelta = timedelta()
    recent: bool = False
    none: tuple[GapReason, str] = (GapReason.NOT_APPLICABLE, "")

    def parts(self, metric: str) -> frozenset[str]:
        """Return the dimensions that a listed metric has besides the key and the fixed ones."""
        parts = {dimension for name, dimension in self.parted if name == metric}
        return frozenset(parts | {self.within} if self.within else parts)

    @property
    def why_none(self) -> tuple[GapReason, str]:
        """Return what to say when no subject of the kind is listed."""
        reason, fix = self.none
        where = "us-east-1" if self.place is Place.GLOBAL else "this region"
        what = f"CloudWatch lists no {self.noun} in {where}"
        return reason, f"{what}: {fix}" if fix else what


# The inventory of ECS knows the services: it alone has no `listed`.
ECS_SERVICE = Kind(
    noun="ECS service",
    namespace="AWS/ECS",
    key="ServiceName",
    silence="AWS/ECS publishes none while no task runs",
)
LOAD_BALANCER = Kind(
    noun="load balancer",
    namespace="AWS/ApplicationELB",
    key="LoadBalancer",
    listed=("RequestCount", "HealthyHostCount"),
    parted=(("HealthyHostCount", "TargetGroup"),),
    silence="AWS/ApplicationELB publishes none while there are no requests",
)
DISTRIBUTION = Kind(
    noun="distribution",
    namespace="AWS/CloudFront",
    key="DistributionId",
    fixed=(("Region", "Global"),),
    listed=("Requests", "OriginLatency"),
    place=Place.GLOBAL,
    settle=5 * MINUTE,
    silence="AWS/CloudFront publishes none while there are no requests",
)
FILE_SYSTEM = Kind(
    noun="file system",
    namespace="AWS/EFS",
    key="FileSystemId",
    listed=("ClientConnections", "PercentIOLimit", "BurstCreditBalance"),
    silence="AWS/EFS publishes none while nothing mounts the file system",
)
STORED_FILES = Kind(
    noun="file system",
    namespace="AWS/EFS",
    key="FileSystemId",
    fixed=(("StorageClass", "Total"),),
    listed=("StorageBytes",),
    settle=HOUR,
    silence="AWS/EFS measures what is stored every 15 minutes",
)
BUCKET = Kind(
    noun="bucket",
    namespace="AWS/S3",
    key="BucketName",
    split=("StorageType",),
    listed=("BucketSizeBytes",),
    silence="AWS/S3 publishes once a day, and nothing of an empty bucket",
    none=(GapReason.STALE, "S3 publishes a day late, in the bucket's own region, no empty bucket"),
)
_PUBLISH_QUERIES = (
    "turn on its query metrics: aws athena update-work-group --work-group NAME"
    " --configuration-updates PublishCloudWatchMetricsEnabled=true"
)
WORKGROUP = Kind(
    noun="workgroup",
    namespace="AWS/Athena",
    key="WorkGroup",
    split=("QueryState", "QueryType"),
    listed=("ProcessedBytes", "DataScannedInBytes"),
    settle=HOUR,
    silence="AWS/Athena publishes none while there are no queries",
    none=(GapReason.NOT_ENABLED, _PUBLISH_QUERIES),
)
INSTANCE = Kind(
    noun="instance",
    namespace="AWS/EC2",
    key="InstanceId",
    listed=("CPUUtilization",),
    recent=True,
    settle=5 * MINUTE,
    silence="AWS/EC2 publishes none of a stopped instance",
)
INSTANCE_TYPE = Kind(
    noun="instance type",
    namespace="AWS/EC2",
    key="InstanceType",
    listed=("CPUUtilization",),
    settle=HOUR,
    silence="AWS/EC2 publishes none of a type without running instances",
    none=(
        GapReason.NOT_ENABLED,
        "turn on detailed monitoring (paid): aws ec2 monitor-instances --instance-ids ID",
    ),
)
_INSTALL_AGENT = (
    "install the CloudWatch agent, with `mem` and `disk` in metrics_collected and"
    " ${aws:InstanceId} in append_dimensions"
)
# What is always full, or is no disk.
_NO_DISKS = ("devtmpfs", "efivarfs", "iso9660", "overlay", "ramfs", "squashfs", "tmpfs")
AGENT = Kind(
    noun="instance with the CloudWatch agent",
    namespace="CWAgent",
    key="InstanceId",
    split=("AutoScalingGroupName", "ImageId", "InstanceType", "device", "fstype", "path"),
    listed=("disk_used_percent", "mem_used_percent"),
    without=tuple(("fstype", name) for name in _NO_DISKS),
    by_part=True,
    recent=True,
    settle=5 * MINUTE,
    silence="its CloudWatch agent publishes nothing",
    none=(
        GapReason.NOT_ENABLED,
        _INSTALL_AGENT,
    ),
)
GROUP = Kind(
    noun="Auto Scaling group",
    namespace="AWS/EC2",
    key="AutoScalingGroupName",
    listed=("CPUUtilization",),
    recent=True,
    settle=5 * MINUTE,
    silence="AWS/EC2 publishes none of a group without running instances",
)
MODEL = Kind(
    noun="Bedrock model",
    namespace="AWS/Bedrock",
    key="ModelId",
    listed=("Invocations", "InvocationThrottles"),
    settle=5 * MINUTE,
    silence="AWS/Bedrock publishes none while the model is not invoked",
)
APPLICATION = Kind(
    noun="service of Application Signals",
    namespace="ApplicationSignals",
    key="Service",
    within="Environment",
    listed=("Latency", "Fault", "Error"),
    settle=5 * MINUTE,
    silence="Application Signals publishes none while there are no requests",
    none=(GapReason.NOT_ENABLED, "turn on Application Signals, which is paid for by its signals"),
)
# Named by the settings: nothing is listed, and each has a metric of its own.
VANTAGE = Kind(
    noun="vantage",
    namespace="",
    key="",
    settle=5 * MINUTE,
    silence="nothing was measured from there in 25 minutes; see that the canary runs",
)
