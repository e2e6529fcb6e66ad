"""ECS: how services are configured: where they run, how large a task is, how they are scaled."""

from xops_watch.sources.ecs_config.source import EcsConfigSource, Reads

__all__ = ["EcsConfigSource", "Reads"]
