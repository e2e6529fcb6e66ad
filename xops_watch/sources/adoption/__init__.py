"""What is deployed: which database, which version, where prompts go, which steps are done."""

from xops_watch.sources.adoption.source import AdoptionSource
from xops_watch.sources.adoption.words import Declared

__all__ = ["AdoptionSource", "Declared"]
