"""Calendars as other programs write them, good and bad."""

HEAD = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//somebody//else//EN\r\n"
TAIL = "END:VCALENDAR\r\n"


def event(*lines: str) -> str:
    return "BEGIN:VEVENT\r\n" + "".join(f"{line}\r\n" for line in lines) + "END:VEVENT\r\n"


def calendar(*events: str) -> bytes:
    return (HEAD + "".join(events) + TAIL).encode()


def days(uid: str, first: str, after_last: str, summary: str = "Vacation") -> str:
    """Return an all-day event; its end is the day after the last."""
    return event(f"UID:{uid}", f"DTSTART;VALUE=DATE:{first}", f"DTEND;VALUE=DATE:{after_last}", f"SUMMARY:{summary}")


def schedule() -> bytes:
    """Return the turns of three: an attendee, a name in the title, and somebody nobody knows."""
    return calendar(
        event(
            "UID:1", "DTSTART;TZID=Europe/Berlin:20261207T110000", "DTEND;TZID=Europe/Berlin:20261211T170000",
            "SUMMARY:On call", "ATTENDEE;CN=A. Silva:mailto:ANA@example.org",
        ),
        event("UID:2", "DTSTART:20261211T160000Z", "DTEND:20261214T100000Z", "SUMMARY:On call: Bruno - Data Infra"),
        event("UID:3", "DTSTART:20261214T100000Z", "DTEND:20261218T160000Z", "SUMMARY:On call: Zoe"),
    )  # fmt: skip


BAD = {
    "garbage": (b"\x00\xff\xfe\x80 nothing of any sense", "no calendar"),
    "nothing": (b"", "no calendar"),
    "a sign-in page": (b"<!DOCTYPE html><html><body>Please sign in</body></html>", "a web page, not a calendar"),
    "half a file": (calendar(days("1", "20261207", "20261212"))[:120], "breaks off"),
    "no beginning": (calendar(event("UID:1", "SUMMARY:Vacation")), "Event 1 has no beginning"),
    "no date": (calendar(event("UID:1", "DTSTART:soon")), "Event 1, DTSTART, is no date"),
    "an unknown zone": (
        calendar(event("UID:1", "DTSTART;TZID=Mars/Olympus:20261207T100000")),
        "the time zone 'Mars/Olympus', which is not known",
    ),
    "an end before the beginning": (
        calendar(event("UID:1", "DTSTART:20261207T100000Z", "DTEND:20261206T100000Z")),
        "ends before it begins",
    ),
    "a rule that is none": (
        calendar(event("UID:1", "DTSTART:20261207T100000Z", "RRULE:FREQ=SOMETIMES")), "a rule that is not",
    ),
    "each second": (
        calendar(event("UID:1", "DTSTART:20261207T100000Z", "RRULE:FREQ=SECONDLY")), "repeats secondly",
    ),
    "too many days": (
        calendar(*(event(f"UID:{n}", "DTSTART;VALUE=DATE:20261101", "RRULE:FREQ=DAILY") for n in range(20))),
        "More than 3000 things happen",
    ),
    "too many events": (calendar(*(days(str(n), "20261207", "20261208") for n in range(5001))), "5001 events"),
    "two calendars": (calendar() * 2, "cannot be read"),
    "a bad exception": (
        calendar(event("UID:1", "DTSTART;VALUE=DATE:20261207", "RRULE:FREQ=DAILY;COUNT=5", "EXDATE:x")), "EXDATE",
    ),
}  # fmt: skip
