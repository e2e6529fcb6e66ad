"""From parser events to plain values with positions, refusing what hand-written files need not."""

import math
from dataclasses import dataclass, field

from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
)

from xops_watch.located_yaml.document import KeyPath, Plain, Position, Problem, quoted
from xops_watch.located_yaml.scalar import resolve

DEPTH_MAX = 32  # collections inside collections: no file here needs more than ten
NODES_MAX = 50_000  # values and keys of one file: bounds memory; 500 rules have some 20 000
FILE_START = Position(line=1, column=1)


@dataclass(slots=True, kw_only=True)
class _Frame:
    """An open collection. In a mapping, `key` waits for its value once `key_seen`.

    A refused key is None: its value is read and dropped. `kept` is false inside such a value.
    """

    path: KeyPath
    container: dict[str, Plain] | list[Plain]
    kept: bool
    key: str | None = None
    key_seen: bool = False


@dataclass(slots=True, kw_only=True)
class Builder:
    """Takes the events of one file in order; holds the values, positions and problems so far."""

    file: str
    content: Plain = None
    values: dict[KeyPath, Position] = field(default_factory=lambda: {(): FILE_START})
    keys: dict[KeyPath, Position] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    _frames: list[_Frame] = field(default_factory=list)
    _nodes: int = 0
    _documents: int = 0

    def take(self, event: Event) -> bool:
        """Take one event; return False when reading on makes no sense."""
        match event:
            case DocumentStartEvent():
                return self._open_document(event)
            case CollectionEndEvent():
                self._frames.pop()
                return True
            case NodeEvent():
                return self._take_node(event)
            case _:
                return True

    def _open_document(self, event: DocumentStartEvent) -> bool:
        self._documents += 1
        if self._documents > 1:
            self._refuse(event, "a second document begins here", "use one file for each")
            return False
        if event.version or event.tags:
            self._refuse(event, "directives (%YAML, %TAG) are not read", "delete the lines above")
        return True

    def _take_node(self, event: NodeEvent) -> bool:
        self._nodes += 1
        if self._nodes > NODES_MAX:
            self._refuse(event, f"more than {NODES_MAX} values in one file", "split it")
            return False
        if len(self._frames) >= DEPTH_MAX and isinstance(event, CollectionStartEvent):
            self._refuse(event, f"nested deeper than {DEPTH_MAX} levels")
            return False
        self._refuse_decoration(event)
        frame = self._frames[-1] if self._frames else None
        if frame and isinstance(frame.container, dict) and not frame.key_seen:
            self._take_key(frame, frame.container, event)
        else:
            self._take_value(frame, event)
        return True

    def _refuse_decoration(self, event: NodeEvent) -> None:
        if isinstance(event, AliasEvent):
            name = quoted(f"*{event.anchor}")
            self._refuse(event, f"aliases ({name}) are not read", "write the value out")
            return
        if event.anchor is not None:
            name = quoted(f"&{event.anchor}")
            self._refuse(event, f"anchors ({name}) are not read", "delete it")
        if isinstance(event, ScalarEvent | CollectionStartEvent) and event.tag is not None:
            name = quoted(event.tag.replace("tag:yaml.org,2002:", "!!"))
            self._refuse(event, f"tags ({name}) are not read", "delete it")

    def _take_key(self, frame: _Frame, taken: dict[str, Plain], event: NodeEvent) -> None:
        frame.key_seen = True
        frame.key = None
        if isinstance(event, CollectionStartEvent):
            self._refuse(event, "a key has to be text, not a list or a mapping")
            self._open(event, path=frame.path, kept=False)
            return
        if not isinstance(event, ScalarEvent):
            return
        key = self._scalar(event)
        if not isinstance(key, str):
            self._refuse(event, f"the key {quoted(event.value)} is not text", "put it in quotes")
        elif key == "<<" and event.style is None:
            self._refuse(event, "merge keys (`<<`) are not read", "write the keys out")
        elif key in taken:
            first = self.keys.get((*frame.path, key))
            where = f"first on line {first.line}" if first else ""
            self._refuse(event, f"the key {quoted(key)} is here twice", where)
        else:
            frame.key = key
            if frame.kept:
                self.keys[*frame.path, key] = position_of(event)

    def _take_value(self, frame: _Frame | None, event: NodeEvent) -> None:
        path, kept = _place(frame)
        if kept:
            self.values[path] = self._position_of_value(path, event)
        value: Plain = None
        if isinstance(event, CollectionStartEvent):
            value = self._open(event, path=path, kept=kept)
        elif isinstance(event, ScalarEvent):
            value = self._scalar(event)
        if frame is None:
            self.content = value
        elif isinstance(frame.container, list):
            frame.container.append(value)
        else:
            if frame.key is not None:
                frame.container[frame.key] = value
            frame.key_seen = False

    def _position_of_value(self, path: KeyPath, event: NodeEvent) -> Position:
        """A value that is not there begins, for the parser, somewhere on a later line."""
        absent = isinstance(event, ScalarEvent) and not event.value and event.style is None
        return (self.keys.get(path) if absent else None) or position_of(event)

    def _open(self, event: CollectionStartEvent, *, path: KeyPath, kept: bool) -> Plain:
        container: dict[str, Plain] | list[Plain] = []
        if isinstance(event, MappingStartEvent):
            container = {}
        self._frames.append(_Frame(path=path, container=container, kept=kept))
        return container

    def _scalar(self, event: ScalarEvent) -> Plain:
        """Return what the text stands for; only text without quotes can be more than text."""
        if event.style is not None:
            text = _joined(event.value)
            if text is None:
                self._refuse(event, "half of a surrogate pair is no character")
            return text
        value = resolve(event.value)
        if isinstance(value, float) and not math.isfinite(value):
            self._refuse(event, f"{quoted(event.value)} is not a finite number")
            return None
        if isinstance(value, int) and abs(value) >> 63:
            self._refuse(event, f"{quoted(event.value)} does not fit in 64 bits")
            return None
        return value

    def _refuse(self, event: Event, message: str, hint: str = "") -> None:
        self.problems.append(
            Problem(file=self.file, position=position_of(event), message=message, hint=hint)
        )


def position_of(event: Event) -> Position:
    """Return where an event begins; the parser counts from 0."""
    return Position(line=event.start_mark.line + 1, column=event.start_mark.column + 1)


def _joined(text: str) -> str | None:
    """Join the surrogate pairs that JSON writes as two escapes; None where a half is left."""
    try:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except UnicodeDecodeError:
        return None


def _place(frame: _Frame | None) -> tuple[KeyPath, bool]:
    """Return the path of the next value, and whether it is kept."""
    if frame is None:
        return (), True
    if isinstance(frame.container, list):
        return (*frame.path, len(frame.container)), frame.kept
    if frame.key is None:
        return frame.path, False
    return (*frame.path, frame.key), frame.kept
