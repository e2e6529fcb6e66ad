"""Which database, websockets and version Open WebUI has, and what is not known of them."""

from typing import Any

import pytest

from tests.aws.bench import NOW
from tests.sources.adoption.adoption_scene import Stack, container, gap_of
from xops_watch.errors import GapReason
from xops_watch.sources.adoption import Declared

DATABASE = ("database.kind", "xops")
SOCKETS = ("openwebui.websocket_manager", "xops")
VERSION = ("openwebui.version", "xops")
SQLITE, POSTGRESQL = 0, 1
PARTS = ("DATABASE_HOST", "DATABASE_PORT", "DATABASE_NAME", "DATABASE_USER", "DATABASE_PASSWORD")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (container(), SQLITE),
        (container(DATABASE_URL=""), SQLITE),
        (container(DATABASE_URL="sqlite:////data/webui.db"), SQLITE),
        (container(DATABASE_URL="postgres://u:hunter2@db/x"), POSTGRESQL),
        (container(DATABASE_URL="postgresql+psycopg://u:hunter2@db/x"), POSTGRESQL),
        (container(DATABASE_URL="mysql://u:hunter2@db/x"), GapReason.INVALID),
        (container(DATABASE_URL="hunter2"), GapReason.INVALID),
        (container(secrets=["DATABASE_URL"]), GapReason.NOT_ENABLED),
        (container(files=True), GapReason.NOT_ENABLED),
        (container(secrets=["DATABASE_PASSWORD"]), SQLITE),
        (container(DATABASE_TYPE="postgresql", secrets=PARTS), POSTGRESQL),
        (container(DATABASE_TYPE="postgresql", secrets=PARTS[1:]), SQLITE),
        (container(secrets=("DATABASE_TYPE", *PARTS)), GapReason.NOT_ENABLED),
    ],
)
def test_the_database(given: dict[str, Any], expected: float | GapReason) -> None:
    assert Stack(open_webui=[given]).observe()[DATABASE] == expected


def test_the_gap_of_a_secret_url_says_what_to_declare() -> None:
    stack = Stack(open_webui=[container(secrets=["DATABASE_URL"])])
    detail = gap_of(stack.source().observe(now=NOW), *DATABASE).detail
    assert "DATABASE_URL may come from a secret" in detail
    assert "XOPS_WATCH_ADOPTION__DATABASE_KIND=postgresql" in detail


def test_what_is_declared_fills_in_what_is_hidden() -> None:
    declared = Declared(database_kind="postgresql")
    hidden = Stack(open_webui=[container(secrets=["DATABASE_URL"])])
    assert hidden.observe(declared=declared)[DATABASE] == POSTGRESQL
    elsewhere = Stack(web=[container()])
    assert elsewhere.observe(declared=declared)[DATABASE] == POSTGRESQL
    assert elsewhere.observe()[DATABASE] is GapReason.NOT_ENABLED


def test_what_the_stack_shows_wins_over_what_is_declared() -> None:
    stack = Stack(open_webui=[container(DATABASE_URL="sqlite:///x")])
    assert stack.observe(declared=Declared(database_kind="postgresql"))[DATABASE] == SQLITE


def test_one_service_on_sqlite_is_sqlite_and_one_that_is_hidden_could_be() -> None:
    postgres = container(DATABASE_URL="postgres://x")
    hidden = container(secrets=["DATABASE_URL"])
    sqlite = container()
    both = Stack(open_webui=[postgres], open_webui_2=[postgres])
    assert both.observe()[DATABASE] == POSTGRESQL
    one = Stack(open_webui=[postgres], open_webui_2=[hidden])
    assert one.observe()[DATABASE] is GapReason.NOT_ENABLED
    worst = Stack(open_webui=[hidden], open_webui_2=[sqlite])
    assert worst.observe()[DATABASE] == SQLITE


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (container(), 0),
        (container(WEBSOCKET_MANAGER=""), 0),
        (container(REDIS_URL="redis://:hunter2@cache"), 0),
        (container(WEBSOCKET_MANAGER="redis", REDIS_URL="redis://:hunter2@cache"), 1),
        (container(WEBSOCKET_MANAGER="redis", secrets=["WEBSOCKET_REDIS_URL"]), 1),
        (container(WEBSOCKET_MANAGER="redis"), GapReason.INVALID),
        (container(WEBSOCKET_MANAGER="zmq"), GapReason.INVALID),
        (container(secrets=["WEBSOCKET_MANAGER"]), GapReason.NOT_ENABLED),
    ],
)
def test_the_websocket_manager(given: dict[str, Any], expected: float | GapReason) -> None:
    assert Stack(open_webui=[given]).observe()[SOCKETS] == expected


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("ghcr.io/open-webui/open-webui:v0.8.12", 8_012),
        ("ghcr.io/open-webui/open-webui:0.8.12-slim", 8_012),
        ("registry.example:5000/x/open-webui:1.4.0", 1_004_000),
        ("ghcr.io/open-webui/open-webui:v0.8.12@sha256:" + "0" * 64, 8_012),
        ("ghcr.io/open-webui/open-webui@sha256:" + "0" * 64, GapReason.NOT_ENABLED),
        ("ghcr.io/open-webui/open-webui:main", GapReason.NOT_ENABLED),
        ("ghcr.io/open-webui/open-webui:latest", GapReason.NOT_ENABLED),
        ("registry.example:5000/open-webui", GapReason.NOT_ENABLED),
        ("open-webui:1.4", GapReason.NOT_ENABLED),
        ("open-webui:1000.0.0", GapReason.NOT_ENABLED),
        ("chat:v0.8.12", GapReason.NOT_ENABLED),
        ("", GapReason.NOT_ENABLED),
    ],
)
def test_the_version_is_the_tag(image: str, expected: float | GapReason) -> None:
    assert Stack(open_webui=[container(image)]).observe()[VERSION] == expected


def test_a_moving_tag_is_told_with_the_fix() -> None:
    stack = Stack(open_webui=[container("open-webui:latest")])
    detail = gap_of(stack.source().observe(now=NOW), *VERSION).detail
    assert detail == (
        "its image has the tag 'latest', which tells no version:"
        " pin a version, such as ghcr.io/open-webui/open-webui:v0.8.12"
    )


def test_of_several_containers_and_services_the_oldest_open_webui_counts() -> None:
    stack = Stack(
        open_webui=[container("xops-watch:9.9.9"), container("open-webui:v0.8.12")],
        open_webui_2=[container("open-webui:v0.7.0")],
    )
    assert stack.observe()[VERSION] == 7_000
