"""From the environment (and an optional YAML file) to frozen, checked settings."""

from xops_watch.settings.file import CONFIG_VARIABLE
from xops_watch.settings.group import Names
from xops_watch.settings.model import PREFIX, Settings
from xops_watch.settings.process import Http
from xops_watch.settings.read import read_settings

__all__ = ["CONFIG_VARIABLE", "PREFIX", "Http", "Names", "Settings", "read_settings"]
