"""Numbers with units: what people write, what it is worth, and how it is written back."""

from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xops_watch.core.quantity import (
    DURATION_MAX,
    format_duration,
    format_value,
    parse_duration,
    parse_quantity,
)
from xops_watch.core.signal import Unit

UNHURRIED = settings(deadline=None)  # a busy machine is not a failure


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("6", 6.0, Unit.COUNT),
        ("0", 0.0, Unit.COUNT),
        ("-3", -3.0, Unit.COUNT),
        ("+3", 3.0, Unit.COUNT),
        ("2.5", 2.5, Unit.COUNT),
        ("80%", 0.8, Unit.RATIO),
        ("80 %", 0.8, Unit.RATIO),
        ("0.1%", 0.001, Unit.RATIO),
        ("150%", 1.5, Unit.RATIO),
        ("200ms", 0.2, Unit.SECONDS),
        ("2s", 2.0, Unit.SECONDS),
        ("15m", 900.0, Unit.SECONDS),
        ("6h", 21_600.0, Unit.SECONDS),
        ("30d", 2_592_000.0, Unit.SECONDS),
        ("512B", 512.0, Unit.BYTES),
        ("1kB", 1e3, Unit.BYTES),
        ("1TB", 1e12, Unit.BYTES),
        ("1TiB", 1_099_511_627_776.0, Unit.BYTES),
        ("1KiB", 1024.0, Unit.BYTES),
        ("1.5 GB", 1.5e9, Unit.BYTES),
        ("2PB", 2e15, Unit.BYTES),
        ("180$", 180.0, Unit.DOLLARS),
        ("$1200.50", 1200.5, Unit.DOLLARS),
        ("1.4.0", 1_004_000.0, Unit.VERSION),
        ("v0.8.12", 8_012.0, Unit.VERSION),
    ],
)
def test_a_quantity_is_worth(text: str, value: float, unit: Unit) -> None:
    quantity = parse_quantity(f" {text} ")
    assert quantity.value == value
    assert quantity.unit is unit
    assert quantity.text == text


@pytest.mark.parametrize(
    "text",
    [
        *("", "%", "eighty", "8O%", "80%%", "1e3", "0x10", "1_000", "1,5", ".5", "5.", "--1"),
        *("80percent", "1tb", "1KB", "1MS", "1M", "1 T B", "5 per 7d", "1h30m", "nan", "inf"),
        *("1" * 16, "0.1234567891", "80%\n90%", "$", "$180$", "$5%", "1.1000.0", "1.4.0.1"),
    ],
)
def test_what_is_no_quantity_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match="is not a number with a unit") as raised:
        parse_quantity(text)
    assert str(raised.value).startswith(f"`{text}`")


numbers = st.decimals(min_value=-(10**14), max_value=10**14, places=3, allow_nan=False)


@UNHURRIED
@given(numbers)
def test_a_percentage_is_the_nearest_float_to_the_fraction_that_is_written(number: object) -> None:
    """0.8 and 80 % are the same float: exactly the threshold is not a breach."""
    assert parse_quantity(f"{number:f}%").value == float(Fraction(f"{number:f}") / 100)


@UNHURRIED
@given(st.integers(0, 10**12))
def test_powers_of_ten_and_of_two_are_exact(number: int) -> None:
    assert parse_quantity(f"{number}kB").value == number * 1000
    assert parse_quantity(f"{number}KiB").value == number * 1024
    assert parse_quantity(f"{number}h").value == number * 3600


@UNHURRIED
@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        quantity = parse_quantity(text)
    except ValueError:
        return
    assert quantity.text == text.strip()
    assert abs(quantity.value) < 1e15 * 1024**5


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("0s", timedelta()),
        ("250ms", timedelta(milliseconds=250)),
        ("90s", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        ("1h30m", timedelta(minutes=90)),
        ("7d", timedelta(days=7)),
        ("2w", timedelta(days=14)),
        (" 1d12h ", timedelta(hours=36)),
        ("455d", DURATION_MAX),
    ],
)
def test_a_duration_lasts(text: str, duration: timedelta) -> None:
    assert parse_duration(text) == duration


@pytest.mark.parametrize(
    "text",
    ["", "15", "15 m", "m", "-1h", "1.5h", "1h 30m", "1H", "15min", "1y", "h1", "1h30", "15m!"],
)
def test_what_is_no_duration_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="write it like `90s`, `15m`, `1h30m` or `7d`"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["456d", "66w", "455d1s", "999999999d"])
def test_no_duration_is_longer_than_the_longest_history(text: str) -> None:
    with pytest.raises(ValueError, match="is longer than 455 days"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["999999999w", "999999999d999999999d"])
def test_what_no_timedelta_can_hold_is_too_long_as_well(text: str) -> None:
    with pytest.raises(ValueError, match="is longer than 455 days"):
        parse_duration(text)


@UNHURRIED
@given(st.text(st.sampled_from("0123456789smhdw "), max_size=9))
def test_any_short_text_is_a_duration_or_refused(text: str) -> None:
    try:
        duration = parse_duration(text)
    except ValueError:
        return
    assert timedelta() <= duration <= DURATION_MAX


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(), "0s"),
        (timedelta(milliseconds=400), "0s"),
        (timedelta(seconds=45), "45s"),
        (timedelta(minutes=15), "15m"),
        (timedelta(minutes=90), "1h30m"),
        (timedelta(days=7), "7d"),
        (timedelta(hours=25, minutes=1, seconds=1), "1d1h"),
        (timedelta(days=1, seconds=30), "1d30s"),
        (timedelta(seconds=59.6), "1m"),
    ],
)
def test_a_duration_is_written_in_its_two_largest_units(duration: timedelta, text: str) -> None:
    assert format_duration(duration) == text


@UNHURRIED
@given(st.integers(0, int(DURATION_MAX.total_seconds())))
def test_a_written_duration_is_never_longer_and_a_24th_shorter_at_most(seconds: int) -> None:
    duration = timedelta(seconds=seconds)
    written = parse_duration(format_duration(duration))
    assert timedelta() <= duration - written <= duration / 24


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.913, Unit.RATIO, "91.3%"),
        (0.8, Unit.RATIO, "80%"),
        (0.80001, Unit.RATIO, "80%"),
        (0.0, Unit.RATIO, "0%"),
        (0.24, Unit.SECONDS, "240 ms"),
        (2.0, Unit.SECONDS, "2 s"),
        (-0.5, Unit.SECONDS, "-500 ms"),
        (1.2e12, Unit.BYTES, "1.2 TB"),
        (999.0, Unit.BYTES, "999 B"),
        (1000.0, Unit.BYTES, "1 kB"),
        (5e18, Unit.BYTES, "5000 PB"),
        (1200.0, Unit.DOLLARS, "$1,200.00"),
        (7.0, Unit.COUNT, "7"),
        (2.5, Unit.COUNT, "2.5"),
        (1_000_000.0, Unit.COUNT, "1000000"),
    ],
)
def test_a_value_is_written_as_people_say_it(value: float, unit: Unit, text: str) -> None:
    assert format_value(value, unit) == text


@pytest.mark.parametrize("unit", [Unit.RATIO, Unit.SECONDS, Unit.BYTES])
@UNHURRIED
@given(st.floats(0.001, 90.0))
def test_what_is_written_is_read_back_to_four_digits(unit: Unit, value: float) -> None:
    quantity = parse_quantity(format_value(value, unit))
    assert quantity.unit is unit
    assert quantity.value == pytest.approx(value, rel=1e-3)


@UNHURRIED
@given(st.integers(0, 9_999_999_999))
def test_a_count_is_written_in_full(count: int) -> None:
    assert format_value(float(count), Unit.COUNT) == str(count)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.25, "250 ms"),
        (1.0, "1 s"),
        (119.0, "119 s"),
        (120.0, "2m"),
        (5_400.0, "1h30m"),
        (90 * 86_400.0, "90d"),
        (-7_200.0, "-2h"),
    ],
)
def test_times_are_written_in_the_unit_that_people_use_for_them(seconds: float, text: str) -> None:
    assert format_value(seconds, Unit.SECONDS) == text


@UNHURRIED
@given(st.tuples(st.integers(0, 999), st.integers(0, 999), st.integers(0, 999)))
def test_versions_come_back_and_keep_their_order(parts: tuple[int, int, int]) -> None:
    text = ".".join(map(str, parts))
    quantity = parse_quantity(text)
    assert format_value(quantity.value, Unit.VERSION) == text
    assert (quantity.value < parse_quantity("1.4.0").value) == (parts < (1, 4, 0))
