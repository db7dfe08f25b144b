"""When a message was written or came, however its date is spelt."""

from datetime import UTC, datetime, timedelta

import pytest

from assistant.mailbox.dates import days_of_moves, message_time, read_date, read_internal_date

NOON = datetime(2024, 3, 7, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("date_line", "internal", "own", "moved", "expected"),
    [
        (NOON, NOON + HOUR, False, False, NOON + HOUR),  # mail that arrived counts from the server's clock
        (NOON, NOON + HOUR, True, False, NOON),  # the user's own from when it was written
        (NOON + HOUR, NOON, True, False, NOON),
        (NOON + 3 * DAY, NOON, True, False, NOON),  # a Date from the future is not believed
        (datetime(1995, 1, 1, tzinfo=UTC), NOON, True, False, NOON),  # nor one from before 2000
        (
            datetime(1999, 6, 1, tzinfo=UTC),
            datetime(1999, 6, 1, 1, tzinfo=UTC),
            True,
            False,
            datetime(1999, 6, 1, tzinfo=UTC),
        ),
        (NOON, NOON + 900 * DAY, False, True, NOON),  # moved here years later
        (NOON + 950 * DAY, NOON + 900 * DAY, False, True, NOON + 900 * DAY),
        (None, NOON, True, False, NOON),
        (NOON, None, False, False, NOON),
        (NOON, datetime(1970, 1, 1, tzinfo=UTC), False, False, NOON),
        (None, datetime(1970, 1, 1, tzinfo=UTC), False, False, None),
        (None, None, True, True, None),
    ],
)
def test_the_time_of_a_message(
    date_line: datetime | None, internal: datetime | None, own: bool, moved: bool, expected: datetime | None
) -> None:
    assert message_time(date_line, internal, own, moved=moved) == expected


def moved(count: int, *, late: int = 100, day: int = 0) -> list[tuple[datetime, datetime]]:
    """Return mails that came on a day, so many days after they were written."""
    return [(NOON - (late + number + day) * DAY, NOON - day * DAY) for number in range(count)]


@pytest.mark.parametrize(
    ("times", "days"),
    [
        (moved(5), [0]),
        (moved(4), []),  # too few to tell
        (moved(12) + moved(1, late=0) * 11, [0]),  # a mailbox in use, to which old mail was moved
        (moved(12) + moved(1, late=0) * 12, []),  # a few wrong clocks on a busy day
        (moved(900) + moved(900, day=3) + [(NOON - day * DAY,) * 2 for day in range(1100)], [0, 3]),
        ([(NOON - 5 * DAY, NOON)] * 40, []),  # a server was down for some days, or put strangers off
        ([(NOON + 400 * DAY, NOON)] * 40, []),  # what is dated in the future was not moved here from the past
        ([(NOON, NOON)] * 40, []),
        ([(None, NOON)] * 40, []),
        ([(NOON, None)] * 40, []),
        ([], []),
    ],
)
def test_the_days_on_which_mail_was_moved_here_are_recognised(
    times: list[tuple[datetime | None, datetime | None]], days: list[int]
) -> None:
    assert days_of_moves(times) == {(NOON - day * DAY).date() for day in days}


@pytest.mark.parametrize(
    ("hour", "minute", "second", "expected"),
    [(23, 59, 59, True), (24, 0, 0, False), (12, 60, 0, False), (12, 0, 60, True), (99, 99, 99, False)],
)
def test_a_time_of_day_that_no_clock_shows_is_no_date(hour: int, minute: int, second: int, expected: bool) -> None:
    """A second of 60 is a leap second; nothing else beyond the dial is carried over into the next hour or day."""
    time = f"{hour:02}:{minute:02}:{second:02}"
    line = read_date(f"Thu, 7 Mar 2024 {time} +0100".encode())
    internal = read_internal_date(f" 7-Mar-2024 {time} +0100".encode())
    assert line == internal
    assert (line is not None) is expected


@pytest.mark.parametrize("day", ["30-Feb-2024", "31-Apr-2024", "00-Mar-2024", " 1-Foo-2024", " 1-Mar-0000"])
def test_a_day_that_never_was_is_no_date(day: str) -> None:
    assert read_internal_date(f"{day} 10:00:00 +0000".encode()) is None
    assert read_date(f"{day.replace('-', ' ')} 10:00:00 +0000".encode()) is None
