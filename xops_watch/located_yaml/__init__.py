"""YAML as plain values that remember where they were written.

The reader takes the part of YAML 1.2 that people write by hand (core schema) and refuses what
only surprises or attacks: tags, anchors and aliases, merge keys, duplicate keys, several
documents. It works on parser events with its own stack, so neither depth nor aliases can
exhaust the machine.
"""

from xops_watch.located_yaml.document import Document, KeyPath, Plain, Position, Problem, quoted
from xops_watch.located_yaml.read import parse_yaml, read_yaml

__all__ = [
    "Document",
    "KeyPath",
    "Plain",
    "Position",
    "Problem",
    "parse_yaml",
    "quoted",
    "read_yaml",
]
