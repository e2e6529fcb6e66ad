"""ECS tasks one by one: how long they wait, how often Spot interrupts them, crews started."""

from xops_watch.sources.ecs_tasks.crews import CrewCounter, Crews
from xops_watch.sources.ecs_tasks.source import EcsTaskSource

__all__ = ["CrewCounter", "Crews", "EcsTaskSource"]
