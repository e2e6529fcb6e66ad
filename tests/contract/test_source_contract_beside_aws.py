"""What a source promises, asked of those that read no AWS: files, Open WebUI, GitHub, Prometheus.

Some raise what fails. Some tell it by gaps, since one of several things that they read may fail
alone.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from tests.aws.bench import NOW
from tests.contract.source_promises import assert_described, assert_line, assert_promises_kept
from tests.sources.github.scene import source_of as github_source
from tests.sources.github.tiny_github import Repo, pull, tiny_github
from tests.sources.mandates import mandates_scene
from tests.sources.openwebui import test_openwebui_source as users
from tests.sources.prometheus import scene as prometheus_scene
from tests.sources.sqlite_wal.child import Child
from tests.sources.sqlite_wal.scene import until, watching
from xops_watch.core.reading import Gap, Observation, Reading
from xops_watch.errors import GapReason, SourceError
from xops_watch.ports import Source
from xops_watch.sources.commit_probe import CommitProbeSource

HOUR = timedelta(hours=1)
DOWN = SourceError("no connection", reason=GapReason.UNREACHABLE, hint="check that it runs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A source, and how to make what it reads fail, for which `reason`.

    `still` are the signals that have a reading even then.
    """

    source: Source
    fail: Callable[[], object]
    reason: GapReason = GapReason.UNREACHABLE
    still: frozenset[str] = frozenset()


def sqlite_wal(folder: Path, stack: ExitStack) -> Provider:
    path = folder / "webui.db"
    app = stack.enter_context(Child(path, mode="wal"))
    app.sql("CREATE TABLE t (a)")
    source = stack.enter_context(watching(path))

    def fail() -> None:
        path.rename(folder / "elsewhere.db")
        until(lambda: "sqlite.journal_mode" not in signals(source.observe(now=NOW), Reading))

    still = frozenset({"sqlite.file_state", "sqlite.filesystem"})
    return Provider(source=source, fail=fail, still=still)


def openwebui(_: Path, __: ExitStack) -> Provider:
    api, table = users.counting(3.0), users.counting(users.COUNTS)
    source = users.source(usage_api=api, database=table)

    def fail() -> None:
        api.answers[:] = [DOWN]
        table.answers[:] = [DOWN]

    return Provider(source=source, fail=fail)


def github(_: Path, stack: ExitStack) -> Provider:
    served = stack.enter_context(ExitStack())
    server = served.enter_context(tiny_github(infra=Repo(1, pulls=[pull(1)])))
    return Provider(source=github_source(server.url), fail=served.close)


def prometheus(_: Path, __: ExitStack) -> Provider:
    api = prometheus_scene.FakeApi({"users": [prometheus_scene.sample(57.0, NOW)]})
    query = prometheus_scene.known("llm.requests_per_minute", "users")

    def fail() -> None:
        api.answers["users"] = DOWN

    return Provider(source=prometheus_scene.source(api, query), fail=fail)


def mandates(folder: Path, _: ExitStack) -> Provider:
    scene = mandates_scene.Scene(folder)
    mandates_scene.written(scene.path, sovereignty=mandates_scene.attestation())
    return Provider(source=scene.source, fail=scene.path.unlink)


def garbled_mandates(folder: Path, _: ExitStack) -> Provider:
    scene = mandates_scene.Scene(folder)
    mandates_scene.written(scene.path, sovereignty=mandates_scene.attestation())

    def fail() -> None:
        scene.path.write_text("mandates: [")

    still = frozenset({"mandate.validity", "ledger.chain"})
    return Provider(source=scene.source, fail=fail, reason=GapReason.INVALID, still=still)


def commit_probe(folder: Path, _: ExitStack) -> Provider:
    said = folder / "said.json"
    said.write_text('{"seconds": 0.25}')
    program = "import pathlib, sys; print(pathlib.Path(sys.argv[1]).read_text())"
    source = CommitProbeSource(["xops/webui.db"], said, command=(sys.executable, "-c", program))
    return Provider(source=source, fail=lambda: said.write_text('{"refused": "missing"}'))


TELLING = [sqlite_wal, openwebui, garbled_mandates]
RAISING = [commit_probe, github, prometheus, mandates]


@pytest.fixture
def provider(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Provider]:
    with ExitStack() as stack:
        made: Provider = request.param(tmp_path, stack)
        yield made


def each(*makers: Callable[[Path, ExitStack], Provider]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("provider", makers, indirect=True)


@each(*TELLING, *RAISING)
def test_it_tells_its_name_its_interval_and_known_signals(provider: Provider) -> None:
    assert_described(provider.source)


@pytest.mark.parametrize("later", [HOUR, -HOUR, timedelta()])
@each(*TELLING, *RAISING)
def test_what_it_observes_keeps_the_promises(provider: Provider, later: timedelta) -> None:
    first = provider.source.observe(now=NOW)
    assert any(isinstance(one, Reading) for one in first)
    assert_promises_kept(provider.source, first, now=NOW)
    again = provider.source.observe(now=NOW + later)
    assert_promises_kept(provider.source, again, now=max(NOW, NOW + later))


@each(*RAISING)
def test_a_failure_of_all_is_a_source_error_in_one_line(provider: Provider) -> None:
    provider.source.observe(now=NOW)
    provider.fail()
    with pytest.raises(SourceError) as caught:
        provider.source.observe(now=NOW + HOUR)
    assert caught.value.reason is provider.reason
    assert_line(caught.value.what)
    assert_line(caught.value.hint)


@each(*TELLING)
def test_a_failure_is_a_gap_for_what_had_a_reading_and_never_a_number(provider: Provider) -> None:
    before = signals(provider.source.observe(now=NOW), Reading)
    provider.fail()
    after = provider.source.observe(now=NOW + HOUR)
    assert_promises_kept(provider.source, after, now=NOW + HOUR)
    gaps = [one for one in after if isinstance(one, Gap)]
    assert signals(after, Reading) == provider.still
    assert before - provider.still <= {one.signal for one in gaps}
    assert {one.reason for one in gaps if one.signal in before} == {provider.reason}
    assert all(" " in one.detail for one in gaps)


def signals(observations: Sequence[Observation], kind: type[Observation]) -> set[str]:
    return {one.signal for one in observations if isinstance(one, kind)}
