"""From the environment (and an optional YAML file) to frozen, checked settings."""

from xops_watch.settings.file import CONFIG_VARIABLE
from xops_watch.settings.model import PREFIX, Http, Names, Settings
from xops_watch.settings.read import read_settings

__all__ = ["CONFIG_VARIABLE", "PREFIX", "Http", "Names", "Settings", "read_settings"]
