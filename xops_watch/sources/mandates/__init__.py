"""Mandates: what people declare, with who approved it, on what evidence, and until when."""

from xops_watch.sources.mandates.places import FilePlace, ParameterPlace, Place
from xops_watch.sources.mandates.source import MandatesSource, Records

__all__ = ["FilePlace", "MandatesSource", "ParameterPlace", "Place", "Records"]
