"""The trade itself: does the engine live, is anything stuck, is somebody on duty, and can they be reached?"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from hausmeister.base import clock
from hausmeister.base.words import duration
from hausmeister.console.doctor.findings import Finding, note, well, wrong
from hausmeister.console.people import in_words
from hausmeister.console.printing import clock_time
from hausmeister.pager import queries as pager
from hausmeister.rota import queries as rota
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person, Team

BEAT_MAY_LAG = timedelta(seconds=60)
LOOKS_AHEAD = timedelta(days=14)
TEST_COUNTS_FOR = timedelta(days=30)


def engine() -> Iterator[Finding]:
    """Look when an engine last finished a whole tick."""
    now, last = clock.now(), pager.last_beat()
    if last is None:
        yield wrong("engine", "none has ever run: nobody would be called", "Start `hausmeister up` or `engine`.")
    elif abs(now - last) > BEAT_MAY_LAG:
        yield wrong(
            "engine",
            f"none has finished a tick for {duration(now - last)}: nobody is called",
            "Start it, or look into its log.",
        )
    else:
        yield well("engine", f"ticked {duration(now - last)} ago")


def auditor() -> Iterator[Finding]:
    """Look for pages and messages that ought to have moved."""
    found = pager.audit(now=clock.now())
    for page in found.stuck:
        yield wrong("pages", f"page {page.pk} ought to have moved: {page.title}", "Call somebody by hand, now.")
    if found.overdue_messages:
        yield wrong("messages", f"{found.overdue_messages} have been due for more than five minutes and were not sent")
    if not found.stuck and not found.overdue_messages:
        yield well("pages", "every open page has its next step ahead")


def rotas() -> Iterator[Finding]:
    """Look for holes in the coming two weeks of every team."""
    now = clock.now()
    if not Team.objects.exists():
        yield note("teams", "there is none yet, so nobody is called", "Follow the link that was printed at the start.")
    for team in Team.objects.order_by("id"):
        about = f"rota of {team.name}"
        holes = rota.holes(team, now=now, until=now + LOOKS_AHEAD)
        for hole in holes[:5]:
            post = hole.duty.primary if hole.duty.primary.person is None else hole.duty.backstop
            when = f"from {clock_time(hole.starts_at, team.zone)} to {clock_time(hole.ends_at, team.zone)}"
            told = wrong if post.person is None else note
            yield told(about, f"{when}: {post.title}: {post.why}", "Add an override under Rota.")
        if not holes:
            yield well(about, f"every duty of the next {LOOKS_AHEAD.days} days has its people")


def readiness() -> Iterator[Finding]:
    """Look whether those on duty now and next can be reached."""
    now = clock.now()
    for team in Team.objects.order_by("id"):
        duty = rota.on_duty(team, at=now)
        following = rota.on_duty(team, at=duty.ends_at)
        seen: set[int] = set()
        for when, one in (("now", duty), (f"from {clock_time(duty.ends_at, team.zone)}", following)):
            for post in (one.primary, one.backstop):
                if post.person is not None and post.person.pk not in seen:
                    seen.add(post.person.pk)
                    yield _readiness(post.person, f"{post.title} of {team.name} {when}", now)


def _readiness(person: Person, duty: str, now: datetime) -> Finding:
    reach = team_queries.reach([person.pk])[person.pk]
    says = f"{duty}: {in_words(reach, now=now)}"
    tested = [method.tested_at for method in reach.methods if method.tested_at is not None]
    if not reach.methods:
        return wrong(person.name, says, "They add a contact method and verify it, under their profile.")
    if not tested or now - max(tested) > TEST_COUNTS_FOR:
        return note(person.name, says, "Ask them to sign in and press: Send me a test page.")
    return well(person.name, says)
