"""What every source promises of what it returns."""

from collections.abc import Sequence
from datetime import datetime

from xops_watch.core.catalogue import SIGNAL_BY_NAME
from xops_watch.core.reading import Gap, Observation, Reading
from xops_watch.ports import Source

# A cluster and a service of 255 characters each, and the slash between them.
SUBJECT_CHARACTERS_MAX = 511
DETAIL_CHARACTERS_MAX = 400


def assert_promises_kept(
    source: Source, observations: Sequence[Observation], *, now: datetime
) -> None:
    for observation in observations:
        assert observation.signal in source.signals
        match observation:
            case Reading(subject=subject, taken_at=at, value=value):
                assert_subject(subject)
                assert value >= 0
            case Gap(subject=subject, noticed_at=at, detail=detail):
                if subject is not None:
                    assert_subject(subject)
                assert_line(detail)
        assert at.utcoffset() is not None
        assert at <= now
    series = [
        (o.signal, o.subject, o.taken_at if isinstance(o, Reading) else None) for o in observations
    ]
    assert len(series) == len(set(series))


def assert_described(source: Source) -> None:
    assert source.name
    assert source.name.isidentifier()
    assert source.interval.total_seconds() > 0
    assert source.signals
    assert len(source.signals) == len(set(source.signals))
    for signal in source.signals:
        assert signal in SIGNAL_BY_NAME


def assert_subject(subject: str) -> None:
    assert 0 < len(subject) <= SUBJECT_CHARACTERS_MAX
    assert subject.isprintable()


def assert_line(text: str) -> None:
    assert 0 < len(text) <= DETAIL_CHARACTERS_MAX
    assert text.isprintable()
