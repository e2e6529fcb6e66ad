"""One word on each mandate, from all places where it may be declared."""

from collections.abc import Collection, Mapping, Sequence

from xops_watch.errors import SourceError
from xops_watch.sources.mandates.declaration import Declaration, Found, invalid

Place = Mapping[str, Found] | SourceError  # what one place says, or why it could not be read


def merge(places: Sequence[Place], mandates: Collection[str]) -> Mapping[str, Found | None]:
    """Return what counts of each mandate: None if no place says anything.

    A place that cannot be read may hold the contrary of what another says, so every mandate is
    unknown. Two places that say the same are one; two that differ contradict each other, and
    nobody guesses which is meant.
    """
    for place in places:
        if isinstance(place, SourceError):
            return dict.fromkeys(mandates, place)
    read = [place for place in places if not isinstance(place, SourceError)]
    return {
        mandate: _merged([place[mandate] for place in read if mandate in place])
        for mandate in mandates
    }


def _merged(found: Sequence[Found]) -> Found | None:
    if not found:
        return None
    declared: list[Declaration] = []
    for one in found:
        if isinstance(one, SourceError):
            return one
        declared.append(one)
    first = declared[0]
    for other in declared[1:]:
        if other.digest != first.digest:
            return invalid(f"{first.place} and {other.place} contradict each other: keep one")
    # The one that also knows who wrote it tells more.
    return next((one for one in declared if one.writers is not None), first)
