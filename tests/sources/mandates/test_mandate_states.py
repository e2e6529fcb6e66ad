"""What is read from a file of mandates, over time."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.contract.source_promises import assert_described, assert_promises_kept
from tests.sources.mandates.mandates_scene import (
    DAY,
    NOW,
    WITHDRAWN,
    Scene,
    attestation,
    written,
)
from xops_watch.errors import GapReason, SourceError
from xops_watch.sources.mandates.form import Attestation
from xops_watch.sources.mandates.standing import State, state_of


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_the_source_says_what_it_is(scene: Scene) -> None:
    assert_described(scene.source)


def test_an_empty_file_proves_that_nothing_is_declared(scene: Scene) -> None:
    written(scene.path)
    look = scene.look()
    assert (look.state("sovereignty"), look.state("mtls")) == ("none", "none")
    assert {one.signal for one in look.observations} == {"mandate.state", "ledger.chain"}
    assert_promises_kept(scene.source, look.observations, now=NOW)


def test_a_declared_mandate_is_read_with_all_that_is_known_of_it(scene: Scene) -> None:
    written(scene.path, sovereignty=attestation())
    look = scene.look()
    assert look.state("sovereignty") == "declared"
    assert look.value("mandate.expires_in", "sovereignty") == 335.5 * 86_400
    assert look.approval("sovereignty") == "four_eyes"
    assert look.state("mtls") == "none"
    assert_promises_kept(scene.source, look.observations, now=NOW)


def test_a_withdrawn_mandate_has_no_end_and_an_approval(scene: Scene) -> None:
    written(scene.path, sovereignty=attestation())
    scene.look()
    written(scene.path, sovereignty=attestation(WITHDRAWN))
    look = scene.look()
    assert look.state("sovereignty") == "withdrawn"
    assert look.gap("mandate.expires_in", "sovereignty").reason is GapReason.GONE
    assert look.approval("sovereignty") == "four_eyes"


@pytest.mark.parametrize(
    ("at", "state"),
    [
        ("2026-01-31T12:59:59+00:00", "pending"),
        ("2026-01-31T13:00:00+00:00", "declared"),  # midnight in Sydney
        ("2027-01-30T23:59:59+00:00", "declared"),
    ],
)
def test_it_counts_from_its_first_instant_to_before_its_end(
    scene: Scene, at: str, state: str
) -> None:
    written(scene.path, sovereignty=attestation())
    look = scene.look(now=datetime.fromisoformat(at))
    assert look.state("sovereignty") == state


def test_an_expired_mandate_is_unknown_and_its_end_is_known(scene: Scene) -> None:
    written(scene.path, sovereignty=attestation(), mtls=attestation(expires_at="2027-02-10T00:00Z"))
    look = scene.look(now=datetime.fromisoformat("2027-01-31T00:00:00+00:00"))
    assert look.gap("mandate.state", "sovereignty").reason is GapReason.INVALID
    assert look.why("sovereignty") == (
        f"{scene.path}:1: it expired on 2027-01-31: declare it anew with fresh evidence,"
        " or withdraw it"
    )
    assert look.value("mandate.expires_in", "sovereignty") == 0
    assert look.state("mtls") == "declared"


@pytest.mark.parametrize("base", [attestation(), attestation(WITHDRAWN)])
def test_what_was_declared_in_the_future_counts_for_nothing(
    scene: Scene, base: dict[str, object]
) -> None:
    written(scene.path, sovereignty=attestation(base, declared_at="2026-03-01T12:06:00Z"))
    assert "it was declared at 2026-03-01T12:06Z, which is yet to come" in scene.look().why(
        "sovereignty"
    )
    assert scene.look(now=NOW + timedelta(minutes=1)).state("sovereignty") != "none"


def test_one_malformed_mandate_leaves_the_others_alone(scene: Scene) -> None:
    written(scene.path, sovereignty=attestation(state="declare"), mtls=attestation())
    look = scene.look()
    assert look.gap("mandate.state", "sovereignty").reason is GapReason.INVALID
    assert look.gap("mandate.expires_in", "sovereignty").reason is GapReason.INVALID
    assert look.gap("mandate.approval", "sovereignty").reason is GapReason.INVALID
    assert look.state("mtls") == "declared"
    assert_promises_kept(scene.source, look.observations, now=NOW)


def test_a_file_that_is_not_there_is_not_an_empty_one(scene: Scene) -> None:
    with pytest.raises(SourceError, match="No such file or directory") as caught:
        scene.look()
    assert caught.value.reason is GapReason.UNREACHABLE
    assert "XOPS_WATCH_MANDATES__PATH" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "mandates.yaml:1:1: has to be a mapping with `schema` and `mandates`"),
        ("schema: 1\n", "mandates.yaml:1:1: the key `mandates` is missing"),
        ("mandates: {}\n", "mandates.yaml:1:1: the key `schema` is missing"),
        ("schema: 2\nmandates: {}\n", "mandates.yaml:1:9: `schema` is `2`; this version reads 1"),
        (
            "schema: true\nmandates: {}\n",
            "mandates.yaml:1:9: `schema` is `True`; this version reads 1",
        ),
        ("schema: 1\nmandates: []\n", "mandates.yaml:2:11: `mandates` has to be a mapping"),
        ("schema: 1\nmandate: {}\nmandates: {}\n", "mandates.yaml:2:1: the key `mandate` is"),
        ("schema: 1\nmandates:\n  a: {}\n  a: {}\n", "mandates.yaml:4:3: the key `a` is here"),
        ("schema: 1\nmandates: {", "mandates.yaml:2:12: a value is missing here"),
    ],
)
def test_a_file_of_another_form_is_refused_with_its_place(
    scene: Scene, text: str, why: str
) -> None:
    scene.path.write_text(text)
    with pytest.raises(SourceError) as caught:
        scene.look()
    assert why in caught.value.what
    assert caught.value.reason is GapReason.INVALID


def test_a_mandate_that_no_rule_asks_for_is_told(scene: Scene) -> None:
    written(scene.path, sovereignity=attestation())
    look = scene.look()
    assert look.why("sovereignity") == (
        f"{scene.path}:1: no rule asks for the mandate `sovereignity`; did you mean `sovereignty`?"
    )
    assert look.state("sovereignty") == "none"


def test_an_id_that_cannot_be_one_is_told_and_blinds_nothing_else(scene: Scene) -> None:
    written(scene.path, **{"Sovereign\x1b[2J" + "y" * 200: attestation()}, mtls=attestation())
    look = scene.look()
    assert look.state("mtls") == "declared"
    assert_promises_kept(scene.source, look.observations, now=NOW)


def test_a_documented_mandate_may_stand_there_although_no_rule_asks(scene: Scene) -> None:
    written(scene.path, on_prem=attestation())
    assert scene.look().state("on-prem") == "declared"


def test_the_promised_number_is_a_signal_of_its_own(scene: Scene) -> None:
    scene.asked.append("availability-sla")
    written(scene.path, availability_sla=attestation(target="99.95%"))
    assert scene.look().value("mandate.target", "availability-sla") == pytest.approx(0.9995)
    written(scene.path, availability_sla=attestation(WITHDRAWN))
    assert scene.look().gap("mandate.target", "availability-sla").reason is GapReason.GONE
    written(scene.path, availability_sla=attestation())
    assert (
        "the key `target` is missing"
        in scene.look().gap("mandate.target", "availability-sla").detail
    )


def test_a_declared_mandate_that_vanishes_is_unknown_and_not_withdrawn(scene: Scene) -> None:
    written(scene.path, sovereignty=attestation())
    scene.look()
    written(scene.path)
    scene.started()
    look = scene.look()
    assert look.why("sovereignty") == (
        "it was declared and is no longer there: silence withdraws nothing;"
        " `xops-watch mandate withdraw sovereignty`, or declare it again"
    )
    written(scene.path, sovereignty=attestation(WITHDRAWN))
    assert scene.look().state("sovereignty") == "withdrawn"
    written(scene.path)
    look = scene.look()
    assert look.state("sovereignty") == "none"
    assert look.gap("mandate.approval", "sovereignty").reason is GapReason.GONE


def test_what_was_malformed_before_it_vanished_is_not_withdrawn_either(scene: Scene) -> None:
    written(scene.path, sovereignty=attestation())
    scene.look()
    written(scene.path, sovereignty={})
    scene.look()
    written(scene.path)
    assert "it was declared and is no longer there" in scene.look().why("sovereignty")


def test_a_mandate_of_a_rule_that_is_gone_is_gone(scene: Scene) -> None:
    written(scene.path)
    scene.look()
    scene.asked.remove("mtls")
    look = scene.look()
    assert look.gap("mandate.state", "mtls").reason is GapReason.GONE


@pytest.mark.parametrize("later", [timedelta(), timedelta(minutes=5), 400 * DAY, -100 * DAY])
def test_it_may_be_asked_again_at_any_time(scene: Scene, later: timedelta) -> None:
    written(scene.path, sovereignty=attestation())
    scene.look()
    look = scene.look(now=NOW + later)
    assert_promises_kept(scene.source, look.observations, now=NOW + later)
    assert look.chain() == "intact"


def test_what_was_seen_before_the_restart_is_gone_too(scene: Scene) -> None:
    written(scene.path)
    scene.started(seen=[("mandate.state", "typo"), ("ecs.tasks_pending", "main/web")])
    look = scene.look()
    assert look.gap("mandate.state", "typo").reason is GapReason.GONE
    assert all(one.subject != "main/web" for one in look.observations)


instants = st.timedeltas(timedelta(days=-2000), timedelta(days=20_000)).map(NOW.__add__)


@given(declared=instants, begins=instants, days=st.integers(1, 400), offset=st.integers(-500, 900))
def test_the_state_follows_the_clock_and_nothing_else(
    declared: datetime, begins: datetime, days: int, offset: int
) -> None:
    made = Attestation.model_validate(
        attestation(
            declared_at=declared.isoformat(),
            effective_from=begins.isoformat(),
            expires_at=(declared + days * DAY).isoformat(),
        )
    )
    now = declared + offset * DAY
    expected = State.DECLARED
    if offset < 0:
        expected = State.INVALID
    elif offset >= days:
        expected = State.EXPIRED
    elif now < begins:
        expected = State.PENDING
    assert state_of(made, now=now) is expected


@given(st.lists(st.timedeltas(timedelta(0), timedelta(days=500)), min_size=2, max_size=6))
def test_as_time_passes_it_goes_from_pending_to_declared_to_expired_and_never_back(
    steps: list[timedelta],
) -> None:
    made = Attestation.model_validate(attestation())
    order = [State.PENDING, State.DECLARED, State.EXPIRED]
    seen = [order.index(state_of(made, now=made.declared_at + one)) for one in sorted(steps)]
    assert seen == sorted(seen)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner),
    max_leaves=8,
)


@given(field=st.sampled_from([*attestation(), "target", "ticket", "approval"]), value=json_values)
def test_whatever_a_field_holds_is_taken_or_refused_and_never_converted(
    field: str, value: object
) -> None:
    try:
        made = Attestation.model_validate({**attestation(), field: value})
    except ValidationError:
        return
    again = made.model_dump(mode="json", exclude_none=True)
    assert (
        field == "target" or again.get(field) in (value, None) or field.endswith(("_at", "_from"))
    )


@given(content=json_values, name=st.text(max_size=80))
def test_whatever_a_mandate_says_the_promises_hold(
    tmp_path_factory: pytest.TempPathFactory, content: object, name: str
) -> None:
    scene = Scene(tmp_path_factory.mktemp("hostile"))
    written(scene.path, **{name: content}, sovereignty=attestation(summary="x", ticket=name or "y"))
    look = scene.look_or_fail()
    assert_promises_kept(scene.source, look.observations, now=NOW)
    assert look.observations
