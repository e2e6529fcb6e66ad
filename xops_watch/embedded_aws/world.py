"""Everything that one embedded AWS knows, and the operations that it answers from that."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from xops_watch.clock import ScaledClock, SystemClock
from xops_watch.embedded_aws import (
    cloudfront,
    ecs,
    ecs_definitions,
    metric_data,
    metric_reads,
    metric_writes,
    scaling,
)
from xops_watch.embedded_aws.ecs_state import ClusterStore
from xops_watch.embedded_aws.faults import FaultBook
from xops_watch.embedded_aws.journal import Journal
from xops_watch.embedded_aws.metrics import MetricStore
from xops_watch.embedded_aws.requests import Request

Operation = Callable[[Request], dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The state of one embedded AWS; each part is safe to use from many threads."""

    clock: SystemClock | ScaledClock = field(default_factory=SystemClock)
    metrics: MetricStore = field(default_factory=MetricStore)
    clusters: ClusterStore = field(default_factory=ClusterStore)
    faults: FaultBook = field(default_factory=FaultBook)
    journal: Journal = field(default_factory=Journal)

    def clear(self) -> None:
        """Make the world empty again; calls that hang on a fault go on."""
        self.metrics.clear()
        self.clusters.clear()
        self.faults.remove(None)
        self.journal.clear()

    def operations(self) -> Mapping[tuple[str, str], Operation]:
        """Return the operations that are ours; every other one is moto's."""
        metrics, clusters = self.metrics, self.clusters
        return {
            ("application-autoscaling", "DescribeScalableTargets"): partial(
                scaling.describe_scalable_targets, store=clusters
            ),
            ("application-autoscaling", "DescribeScalingActivities"): (
                scaling.describe_scaling_activities
            ),
            ("application-autoscaling", "DescribeScalingPolicies"): partial(
                scaling.describe_scaling_policies, store=clusters
            ),
            ("cloudfront", "GetMonitoringSubscription"): partial(
                cloudfront.get_monitoring_subscription, store=metrics
            ),
            ("cloudwatch", "GetMetricData"): partial(metric_data.get_metric_data, store=metrics),
            ("cloudwatch", "GetMetricStatistics"): partial(
                metric_reads.get_metric_statistics, store=metrics
            ),
            ("cloudwatch", "ListMetrics"): partial(metric_reads.list_metrics, store=metrics),
            ("cloudwatch", "PutMetricData"): partial(metric_writes.put_metric_data, store=metrics),
            ("ecs", "DescribeClusters"): partial(ecs.describe_clusters, store=clusters),
            ("ecs", "DescribeServices"): partial(ecs.describe_services, store=clusters),
            ("ecs", "DescribeTaskDefinition"): partial(
                ecs_definitions.describe_task_definition, store=clusters
            ),
            ("ecs", "DescribeTasks"): partial(ecs.describe_tasks, store=clusters),
            ("ecs", "ListClusters"): partial(ecs.list_clusters, store=clusters),
            ("ecs", "ListServices"): partial(ecs.list_services, store=clusters),
            ("ecs", "ListTasks"): partial(ecs.list_tasks, store=clusters),
        }
