"""The trade itself: does the engine live, is anything stuck, is somebody on duty, and can they be reached?"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from hausmeister.base import clock
from hausmeister.base.words import duration
from hausmeister.console.doctor.findings import Finding, note, well, wrong
from hausmeister.console.people import in_words
from hausmeister.console.printing import clock_time
from hausmeister.handoff import queries as handoff_queries
from hausmeister.pager import foresight
from hausmeister.pager import queries as pager
from hausmeister.rota import queries as rota
from hausmeister.rota.queries import TooFarAhead
from hausmeister.rota.rules.foresight import Finding as Foreseen
from hausmeister.rota.rules.foresight import Kind, Severity
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person, Team

BEAT_MAY_LAG = timedelta(seconds=60)
# the rest of what lies farther ahead is for `hausmeister check`
MOST_TOLD = 5


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


def handoffs() -> Iterator[Finding]:
    """Look for hand-offs that happened and that nobody has accepted in time."""
    waiting = [one for one in handoff_queries.unaccepted() if one.raised_at is not None]
    for one in waiting:
        who = one.incoming.name if one.incoming else "nobody"
        yield wrong(
            "hand-offs",
            f"{who} has the duty of {one.team.name} since {clock_time(one.at, one.team.zone)}, and nobody accepted",
            f"Ask {who}, or accept it at /handoff/{one.pk}.",
        )
    if not waiting:
        yield well("hand-offs", "each was accepted, or still may be")


def rotas() -> Iterator[Finding]:
    """Look what is wrong with the coming duties of every team, by the same rule that tells the leads."""
    now = clock.now()
    if not Team.objects.exists():
        yield note("teams", "there is none yet, so nobody is called", "Follow the link that was printed at the start.")
    for team in Team.objects.order_by("id"):
        about = f"rota of {team.name}"
        try:
            found = foresight.foresee(team.pk, now=now)
        except TooFarAhead as error:
            yield note(about, str(error), "Lower foresight.weeks in the policy.")
            continue
        wrongs = [one for one in found.findings if one.is_about_duties]
        for one in wrongs[:MOST_TOLD]:
            told = wrong if one.kind is Kind.GAP else note
            mend = f"It is mended at {one.link}." if one.link else "Add an override under Rota."
            yield told(about, one.says(team.zone, now=now), mend)
        if len(wrongs) > MOST_TOLD:
            yield note(f"{about}, later", f"and {len(wrongs) - MOST_TOLD} more", "hausmeister check lists them.")
        if not wrongs:
            yield well(about, f"every duty up to {clock_time(found.until, team.zone)} has its people")


def readiness() -> Iterator[Finding]:
    """Look whether those on duty now and next can be reached."""
    now = clock.now()
    for team in Team.objects.order_by("id"):
        duty = rota.on_duty(team, at=now)
        following = rota.on_duty(team, at=duty.ends_at)
        phones = {
            person: one
            for one in foresight.foresee(team.pk, now=now).findings
            if not one.is_about_duties
            for person in one.people
        }
        seen: set[int] = set()
        for when, one in (("now", duty), (f"from {clock_time(duty.ends_at, team.zone)}", following)):
            for post in (one.primary, one.backstop):
                if post.person is not None and post.person.pk not in seen:
                    seen.add(post.person.pk)
                    yield _readiness(
                        post.person, f"{post.title} of {team.name} {when}", phones.get(post.person.pk), team, now
                    )


def _readiness(person: Person, duty: str, found: Foreseen | None, team: Team, now: datetime) -> Finding:
    reach = team_queries.reach([person.pk])[person.pk]
    says = f"{duty}: {in_words(reach, now=now)}"
    if found is None:
        return well(person.name, says)
    if found.kind is Kind.NO_METHOD:
        return wrong(person.name, says, "They add a contact method and verify it, under their profile.")
    mend = "Ask them to sign in and press: Send me a test page."
    is_wrong = found.kind is Kind.FAILED and found.severity(now) is Severity.WITHIN_A_DAY
    return (wrong if is_wrong else note)(person.name, f"{says}; {found.says(team.zone, now=now)}", mend)
