"""The source keeps the promises of every source, and the settings that make it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
import structlog
from pydantic import ValidationError

from tests.contract.source_promises import assert_described, assert_line, assert_promises_kept
from tests.fakes import MemoryStore, RecordingTelemetry
from tests.sources.sqlite_wal.child import Child
from tests.sources.sqlite_wal.scene import MINUTE, NOW, QUICK, look, reason, value, watching, word
from xops_watch.aws.clients import Clients
from xops_watch.bootstrap.parts import open_store
from xops_watch.bootstrap.sources import OBSERVED_SIGNALS
from xops_watch.bootstrap.sqlite_wal import WIRING, demand_apart, watched_databases
from xops_watch.bootstrap.wiring import Needs
from xops_watch.core.catalogue import SIGNALS
from xops_watch.core.reading import Gap, Reading
from xops_watch.core.rule import Rulebook
from xops_watch.errors import ConfigurationError, GapReason
from xops_watch.ports import Source
from xops_watch.settings import Settings
from xops_watch.settings.sqlite import Sqlite
from xops_watch.sources.sqlite_wal import Context, JournalMode, SqliteWalSource, Watched
from xops_watch.sources.sqlite_wal.mounts import Filesystem
from xops_watch.sources.sqlite_wal.sampler import Report
from xops_watch.sources.sqlite_wal.sensor import Survey
from xops_watch.sources.sqlite_wal.state import FINE
from xops_watch.sources.sqlite_wal.values import Absent, values_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "webui.db"


@pytest.mark.parametrize("mode", ["wal", "delete", None])
def test_it_keeps_the_promises_of_a_source(path: Path, mode: str | None) -> None:
    with Child(path, mode=mode) as app:
        if mode is not None:
            app.sql("CREATE TABLE t (a)")
        with watching(path) as source:
            assert_described(source)
            for later in (0, 60, 18_000, -18_000):
                now = NOW + timedelta(seconds=later)
                seen = source.observe(now=now)
                assert_promises_kept(source, seen, now=now)
                assert {one.signal for one in seen} == set(source.signals)


def test_every_signal_of_a_database_file_is_observed() -> None:
    of_files = {one.name for one in SIGNALS if one.source in {"sqlite_wal", "commit_probe"}}
    assert of_files == set(WIRING.signals)
    assert of_files <= OBSERVED_SIGNALS


def test_a_database_that_is_watched_no_more_is_gone_once(path: Path) -> None:
    seen = {
        ("sqlite.write_lock_busy", "xops/old.db"),
        ("sqlite.write_lock_busy", "xops/webui.db"),
        ("ecs.tasks_running", "main/web"),
    }
    watched = Watched(subject="xops/webui.db", path=path)
    source = SqliteWalSource([watched], interval=MINUTE, pace=QUICK, seen=seen)
    try:
        first, second = source.observe(now=NOW), source.observe(now=NOW + MINUTE)
    finally:
        source.stop()
    gone = [one for one in first if isinstance(one, Gap) and one.reason is GapReason.GONE]
    assert [(one.signal, one.subject) for one in gone] == [
        ("sqlite.write_lock_busy", "xops/old.db")
    ]
    assert not any(isinstance(one, Gap) and one.reason is GapReason.GONE for one in second)


@pytest.mark.parametrize(
    ("expected", "state"), [(JournalMode.WAL, "met"), (JournalMode.ROLLBACK, "missed")]
)
def test_a_mode_that_is_not_meant_is_told(path: Path, expected: JournalMode, state: str) -> None:
    with Child(path, mode="wal") as app:
        app.sql("CREATE TABLE t (a)")
        with watching(path, context=Context(expected=expected)) as source:
            assert word(look(source)["journal_mode_expectation"]) == state


def test_what_is_off_names_the_setting_that_turns_it_on(path: Path) -> None:
    with Child(path, mode="wal") as app:
        app.sql("CREATE TABLE t (a)")
        with watching(path) as source:
            seen = look(source)
    settings: Mapping[str, str] = {
        "journal_mode_expectation": "XOPS_WATCH_SQLITE__EXPECTED_JOURNAL_MODE",
        "foreign_lock": "XOPS_WATCH_SQLITE__SEES_ALL_PROCESSES",
        "writer_utilization": "XOPS_WATCH_SQLITE__PROBE_PATH",
        "commit_latency": "XOPS_WATCH_SQLITE__PROBE_PATH",
    }
    for signal, setting in settings.items():
        gap = seen[signal]
        assert isinstance(gap, Gap)
        assert gap.reason is GapReason.NOT_ENABLED
        assert setting in gap.detail


@pytest.mark.parametrize(("seconds", "known"), [(0.05, True), (None, False)])
def test_how_much_of_the_writer_is_used_needs_the_time_of_a_commit(
    path: Path, seconds: float | None, *, known: bool
) -> None:
    with Child(path, mode="wal") as app:
        app.sql("CREATE TABLE t (a)")
        watched = [Watched(subject="xops/webui.db", path=path)]
        source = SqliteWalSource(
            watched, interval=MINUTE, rate=200, pace=QUICK, commit_seconds=lambda: seconds
        )
        try:
            seen = look(source)
        finally:
            source.stop()
    if known:
        assert value(seen["writer_utilization"]) == 0.0
    else:
        assert reason(seen["writer_utilization"]) is GapReason.STALE


def test_a_single_look_has_values_at_once(path: Path) -> None:
    with Child(path, mode="delete") as app:
        app.sql("CREATE TABLE t (a)")
        with watching(path, rate=None) as source:
            assert isinstance(look(source)["write_lock_busy"], Reading)


def test_values_that_few_looks_do_not_prove_are_stale(path: Path) -> None:
    with Child(path, mode="wal") as app:
        app.sql("CREATE TABLE t (a)")
        with watching(path, rate=100) as source:
            look(source)
            again = look(source)["write_lock_busy"]
    assert isinstance(again, Gap)
    assert again.reason is GapReason.STALE
    assert again.detail.endswith("looks so far: 20 are needed")


@pytest.mark.parametrize(
    ("paths", "subjects"),
    [
        ("/data/webui.db", ["xops/webui.db"]),
        ("/data/webui.db,/data/other.db", ["xops/webui.db", "xops/other.db"]),
        ("/a/data/webui.db,/b/data/webui.db", ["xops/a/data/webui.db", "xops/b/data/webui.db"]),
        ("/a/x/webui.db, /a/y/webui.db", ["xops/x/webui.db", "xops/y/webui.db"]),
        ("/webui.db,/a/webui.db", ["xops/webui.db", "xops/a/webui.db"]),
        ("/data/../data//webui.db", ["xops/webui.db"]),
    ],
)
def test_subjects_are_the_stack_and_as_much_of_the_path_as_tells_them(
    paths: str, subjects: list[str]
) -> None:
    settings = Settings(sqlite=Sqlite.model_validate({"path": paths}))
    assert [one.subject for one in watched_databases(settings)] == subjects


@pytest.mark.parametrize(
    "path",
    ["webui.db", "/", "/data/a\nb.db", "/data/a.db,/data/./a.db", "/data/" + "a" * 400],
)
def test_a_path_that_cannot_be_meant_is_refused(path: str) -> None:
    with pytest.raises(ValidationError):
        Sqlite.model_validate({"path": path})


@pytest.mark.parametrize("probe", ["probe.db", "/", "\0"])
def test_a_probe_that_cannot_be_meant_is_refused(probe: str) -> None:
    with pytest.raises(ValidationError):
        Sqlite.model_validate({"path": "/data/webui.db", "probe_path": probe})


def settings_of(database: Path, **others: object) -> Settings:
    group = {"path": str(database)}
    group.update({name: str(others.pop(name)) for name in ("probe_path",) if name in others})
    return Settings.model_validate({"sqlite": group, **others})


def test_the_state_file_may_not_be_in_the_directory_of_a_database(path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        demand_apart(settings_of(path, state_path=path.with_name("state.db")))
    assert_line(caught.value.what)
    assert caught.value.what.startswith("XOPS_WATCH_STATE_PATH is in the directory of the watched")


def test_nor_in_that_of_one_whose_users_are_counted(path: Path) -> None:
    settings = {"openwebui": {"database_path": path}, "state_path": path.with_name("state.db")}
    with pytest.raises(ConfigurationError, match="STATE_PATH is in the directory of the watched"):
        demand_apart(Settings.model_validate(settings))
    demand_apart(Settings.model_validate({**settings, "state_path": path.parent / "x" / "s.db"}))


def test_nor_by_another_name_of_it(path: Path, tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "inner")
    database = tmp_path / "inner" / "webui.db"
    with pytest.raises(ConfigurationError):
        demand_apart(settings_of(database, state_path=tmp_path / "link" / "state.db"))
    demand_apart(settings_of(database, state_path=path))


def test_nor_may_the_probe(path: Path) -> None:
    with pytest.raises(ConfigurationError, match="PROBE_PATH is in the directory"):
        demand_apart(settings_of(path, probe_path=path.with_name("probe.db")))


def test_another_directory_is_fine_even_if_it_is_not_there_yet(path: Path) -> None:
    demand_apart(settings_of(path, state_path=path.parent / "not" / "there.db"))
    assert not (path.parent / "not").exists()


def test_the_group_asks_for_its_source_when_a_path_is_named() -> None:
    assert not WIRING.enabled(Settings())
    assert WIRING.enabled(settings_of(Path("/data/webui.db")))
    assert settings_of(Path("/data/webui.db")).watches_something


def test_the_state_file_is_not_even_made_there(path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is in the directory of the watched database"):
        open_store(settings_of(path, state_path=path.with_name("state.db")))
    assert list(path.parent.iterdir()) == []


def built(settings: Settings) -> Sequence[Source]:
    telemetry = RecordingTelemetry()
    return WIRING.build(
        Needs(
            settings=settings,
            clients=Clients(telemetry, connect_seconds=1, read_seconds=1),
            rules=lambda: Rulebook(rules=(), evolutions={}, stages={}, digest=""),
            seen=(),
            tell=lambda _: None,
            memory=MemoryStore(),
            telemetry=telemetry,
            log=structlog.get_logger(),
        )
    )


def test_a_source_is_built_and_a_probe_when_it_is_asked_for(path: Path, tmp_path: Path) -> None:
    (tmp_path / "probe").mkdir()
    alone = built(settings_of(path))
    both = built(settings_of(path, probe_path=tmp_path / "probe" / "probe.db"))
    assert [source.name for source in alone] == ["sqlite_wal"]
    assert [source.name for source in both] == ["commit_probe", "sqlite_wal"]
    assert "sqlite.commit_latency" in alone[0].signals
    assert "sqlite.commit_latency" not in both[1].signals
    assert list(tmp_path.iterdir()) == [tmp_path / "probe"]


def test_whether_an_unknown_filesystem_is_a_network_is_not_guessed() -> None:
    survey = Survey(
        standing=FINE, journal_mode=JournalMode.ROLLBACK, filesystem=Filesystem(kind="newfs")
    )
    report = Report(
        survey=survey,
        rate=10,
        window=None,
        looks=3,
        seconds=1,
        counts=None,
        counted_seconds=0,
        was_replaced=False,
        foreign_locks=0,
    )
    found = values_of(report, Context())["sqlite.filesystem"]
    assert isinstance(found, Absent)
    assert (found.reason, found.why) == (
        GapReason.INVALID,
        "whether 'newfs' is a network filesystem is not known",
    )
