"""The users of Open WebUI: how many are registered, and how many are there."""

from xops_watch.sources.openwebui.database import UserTable
from xops_watch.sources.openwebui.source import OpenWebUISource, Readers, window_of
from xops_watch.sources.openwebui.telemetry import Telemetry
from xops_watch.sources.openwebui.usage import UsageApi

__all__ = ["OpenWebUISource", "Readers", "Telemetry", "UsageApi", "UserTable", "window_of"]
