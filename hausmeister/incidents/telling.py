"""What leaves the house about an incident: drafts for the outbox, and letters to people."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from hausmeister.incidents.models import Incident, Telling, Timer
from hausmeister.incidents.rules import words
from hausmeister.incidents.rules.kinds import TellKind, TimerKind
from hausmeister.incidents.rules.words import Face
from hausmeister.outbox import chat
from hausmeister.outbox.models import Message
from hausmeister.outbox.operations import Draft
from hausmeister.outbox.rules import Lane
from hausmeister.team.models import Person
from hausmeister.team.rules import Channel

# what a notification shows of a message
HEADLINE_MOST = 150


def link(incident: Incident) -> str:
    """Return the address of the incident's screen."""
    return f"{settings.HAUSMEISTER_BASE_URL}/incidents/{incident.pk}"


def face(incident: Incident) -> Face:
    """Return what the words need to know of the incident as it is now."""
    timer = Timer.objects.filter(incident=incident, kind=TimerKind.UPDATE).first()
    inside = (TellKind.UPDATE, TellKind.CRASH, TellKind.OVER)
    latest = Telling.objects.filter(incident=incident, kind__in=inside).order_by("-id").first()
    return Face(
        number=incident.pk,
        title=incident.title,
        label=incident.label,
        point=incident.point.name,
        comms=incident.comms.name if incident.comms else "",
        zone=incident.team.zone,
        opened_at=incident.opened_at,
        over_at=incident.over_at,
        update_due_at=timer.due_at if timer else None,
        latest=latest.text if latest else "",
    )


def crash_words(incident: Incident, *, now: datetime) -> chat.Words:
    """Return the message in the crash channel: it is revised whenever one of these changes."""
    told = face(incident)
    return chat.Words(
        headline=words.headline(told),
        paragraphs=words.state_lines(told, now=now),
        links=(chat.Link(_("Incident %(number)d") % {"number": incident.pk}, link(incident)),),
    )


def about(incident: Incident, key: str) -> chat.About:
    """Return what a message of the incident belongs to."""
    return chat.About(incident.subject, incident.team_id, key)


def update_words(incident: Incident, text: str, by: str) -> chat.Words:
    """Return an update, as those read it who wait in a channel of ours or of the clients."""
    first, _newline, rest = text.partition("\n")
    notes = (_("Incident %(n)d, told by %(who)s") % {"n": incident.pk, "who": by},)
    if len(first) <= HEADLINE_MOST:
        return chat.Words(headline=first, paragraphs=_paragraphs(rest), notes=notes)
    return chat.Words(headline=f"{first[: HEADLINE_MOST - 1]}…", paragraphs=_paragraphs(text), notes=notes)


def _paragraphs(text: str) -> tuple[str, ...]:
    return tuple(line for line in (one.strip() for one in text.split("\n")) if line)


def crash_thread(incident: Incident, said: Message | None) -> chat.Place:
    """Return the thread of the incident's message in the crash channel, the channel itself while there is none."""
    return chat.Place(incident.crash_room, under=said.pk if said else None)


def topic_subject(room: str) -> str:
    """Return what topics of one room belong to: the newest of them counts, whichever incident set it."""
    return f"topic:{room}"[:80]


# ---- letters ----


def letter(incident: Incident, to: str, key: str, *, subject: str, text: str, now: datetime) -> Draft:
    """Return one e-mail about the incident, in the lane that delays no page."""
    return Draft(
        channel=Channel.EMAIL.value,
        kind="mail",
        subject=incident.subject,
        dedup_key=key,
        to={"channel": Channel.EMAIL.value, "address": to},
        facts={"subject": subject, "text": text, "person": ""},
        due_at=now,
        lane=Lane.CHAT,
        team_id=incident.team_id,
        fair_key=incident.subject,
    )


def person_letter(incident: Incident, to: Person, key: str, *, subject: str, text: str, now: datetime) -> Draft:
    """Return one e-mail to somebody of ours."""
    draft = letter(incident, to.email, f"{key}-{to.pk}", subject=subject, text=text, now=now)
    draft.facts["person"] = to.name
    return draft


def asked(incident: Incident, to: Person, *, post: str, by: str, key: str, now: datetime) -> Draft:
    """Return the letter to somebody who is asked to be point or comms."""
    facts = {"name": to.first_name, "by": by, "post": post, "title": incident.title, "label": incident.label,
             "link": link(incident)}  # fmt: skip
    text = _(
        "Hello %(name)s,\n\n%(by)s asks you to be %(post)s of an incident: %(label)s, %(title)s.\n\n"
        "Nothing changes before you accept. Accept or decline here: %(link)s"
    )
    subject = _("%(by)s asks you to be %(post)s: %(title)s") % facts
    return person_letter(incident, to, key, subject=subject, text=text % facts, now=now)


def reminder_sentence(incident: Incident, timer: Timer, *, is_late: bool, now: datetime) -> str:
    """Return what a reminder says: something is due soon, or ought to have been told already."""
    what = {
        (TimerKind.UPDATE, False): _("The next update is due at %(when)s (%(zone)s), in %(left)s."),
        (TimerKind.UPDATE, True): _("The update promised for %(when)s (%(zone)s) has not been told."),
        (TimerKind.ANNOUNCE, False): _("Clients are to be told by %(when)s (%(zone)s), in %(left)s."),
        (TimerKind.ANNOUNCE, True): _("Clients were to be told by %(when)s (%(zone)s), and were not."),
    }[TimerKind(timer.kind), is_late]
    zone = incident.team.zone
    left = max(timer.interval_ends_at - now, timedelta(0))
    when = timer.due_at if is_late else timer.interval_ends_at
    facts = {"when": words.clock(when, zone, now=now), "zone": zone.key, "left": _minutes(left)}
    return what % facts


def reminder_key(incident: Incident, timer: Timer) -> str:
    """Return how the dedup keys of one reminder begin."""
    return f"remind-{incident.pk}-{timer.kind}-{incident.version}"


def reminders(
    incident: Incident, timer: Timer, sentence: str, *, to: Iterable[Person], now: datetime
) -> list[Draft]:  # fmt: skip
    """Return a letter for each of `to` that says `sentence`."""
    text = _("%(what)s\n\n%(label)s, %(title)s. Comms: %(teller)s, point: %(point)s.\n\nPost it here: %(link)s") % {
        "what": sentence, "label": incident.label, "title": incident.title, "teller": incident.teller.name,
        "point": incident.point.name, "link": link(incident),
    }  # fmt: skip
    key = reminder_key(incident, timer)
    return [person_letter(incident, one, key, subject=sentence, text=text, now=now) for one in to]


def _minutes(length: timedelta) -> str:
    return _("%(n)d min") % {"n": int(length.total_seconds()) // 60}


def squad_letter(incident: Incident, *, address: str, by: Person, what: str, key: str, now: datetime) -> Draft:
    """Return the message to another squad's on-call: who asks, what is wrong, where to answer (L9)."""
    room = _(" or in %(room)s") % {"room": incident.crash_room} if incident.crash_room else ""
    facts = {"by": by.name, "team": incident.team.name, "what": what, "title": incident.title,
             "label": incident.label, "mail": by.email, "room": room, "point": incident.point.name,
             "link": link(incident)}  # fmt: skip
    text = _(
        "%(by)s of %(team)s asks for your help.\n\n%(what)s\n\nThe incident: %(label)s, %(title)s."
        " Point is %(point)s.\nAnswer to %(mail)s%(room)s.\n\nIncident: %(link)s"
    )
    subject = _("Help wanted by %(team)s: %(title)s") % facts
    return letter(incident, address, key, subject=subject, text=text % facts, now=now)
