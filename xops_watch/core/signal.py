"""What can be measured: every signal the rules, the metrics and the documentation know."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

MINUTE = timedelta(minutes=1)


class Unit(StrEnum):
    """Base unit of a signal's values, as Prometheus names it."""

    COUNT = "count"
    RATIO = "ratio"
    SECONDS = "seconds"
    BYTES = "bytes"
    DOLLARS = "dollars"
    STATE = "state"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One measured quantity.

    `period` is the usual spacing of its readings; `grace` is the silence after which the
    last reading proves nothing any more (poll interval, publication delay and some slack).
    A signal of unit STATE has `states`; a reading is the place of one in that list, from 0.
    """

    name: str
    unit: Unit
    subject_kind: str
    source: str
    period: timedelta
    grace: timedelta
    help: str
    states: tuple[str, ...] = ()

    @property
    def metric(self) -> str:
        """Name of the Prometheus family: counts carry no unit, as is the custom."""
        stem = "xops_" + self.name.replace(".", "_")
        return stem if self.unit is Unit.COUNT else f"{stem}_{self.unit}"


def _ecs(name: str, subject_kind: str, help_text: str) -> Signal:
    return Signal(
        name=name,
        unit=Unit.COUNT,
        subject_kind=subject_kind,
        source="ecs",
        period=MINUTE,
        grace=5 * MINUTE,
        help=help_text,
    )


SIGNALS: tuple[Signal, ...] = (
    Signal(
        name="ecs.cpu_utilization",
        unit=Unit.RATIO,
        subject_kind="service",
        source="cloudwatch",
        period=MINUTE,
        grace=10 * MINUTE,
        help="CPU used by all tasks of the service over the CPU they reserve (AWS/ECS, Average)",
    ),
    _ecs("ecs.services_active", "cluster", "Services of the cluster in status ACTIVE"),
    _ecs("ecs.tasks_desired", "service", "Tasks that the service should run"),
    _ecs("ecs.tasks_running", "service", "Tasks of the service in status RUNNING"),
    _ecs("ecs.tasks_pending", "service", "Tasks of the service in status PENDING"),
    _ecs("ecs.deployments_in_progress", "service", "Deployments of the service still rolling"),
    _ecs(
        "ecs.standalone_tasks_running",
        "cluster",
        "Running tasks of the cluster that belong to no service",
    ),
    _ecs(
        "ecs.standalone_tasks_pending",
        "cluster",
        "Pending tasks of the cluster that belong to no service",
    ),
    _ecs(
        "crew.queue_depth",
        "service or cluster",
        "Crew tasks that wait for a place to run: wanted, not running, not crashing, not rolling",
    ),
)

SIGNAL_BY_NAME: dict[str, Signal] = {signal.name: signal for signal in SIGNALS}
