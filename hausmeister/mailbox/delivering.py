"""Where a letter goes: into a team's inbox, to a heartbeat, or to the alerts of a sender with a key."""

from datetime import datetime
from email.utils import parseaddr

from django.conf import settings

from hausmeister.alerts import operations as alerts
from hausmeister.alerts.operations import Incoming
from hausmeister.alerts.rules import Action, Signal, fitted
from hausmeister.mailbox import rules
from hausmeister.mailbox.rules import Automatic, Goal
from hausmeister.mailbox.shapes import Letter
from hausmeister.monitoring.models import Heartbeat
from hausmeister.monitoring.operations import heartbeats
from hausmeister.monitoring.rules import heartbeats as beat_rules
from hausmeister.monitoring.rules.heartbeats import Kind
from hausmeister.team import queries as team_queries
from hausmeister.team.models import ContactMethod, Person, Team
from hausmeister.team.rules import Channel, Scope
from hausmeister.triage import operations as triage
from hausmeister.triage.rules.states import ItemKind, Source
from hausmeister.triage.shapes import Posted, Taken

NO_BACK = "an automatic answer or a bounce"


def to_team(letter: Letter, goal: Goal, now: datetime) -> str:
    """Let the letter open or join an item; what a machine wrote, or we ourselves, never does (RFC 3834)."""
    if letter.sender in _our_addresses():
        return "it comes from us"
    if letter.automatic is Automatic.REPLIED:
        return NO_BACK
    if letter.automatic is Automatic.GENERATED:
        return "a program wrote it: give it a heartbeat's address or an alert's"
    team = _team(goal.name)
    if team is None:
        return "there is no team"
    person, name = _who(letter, team)
    posted = Posted(
        message_id=letter.message_id or f"no-id:{letter.digest}",
        references=letter.references,
        author=letter.sender,
        author_name=name,
        answer_to=_answer_to(letter),
        subject=rules.plain_subject(letter.subject),
        text=_text(letter),
        place=goal.address,
        at=letter.arrived_at,
        person=person,
    )
    return "" if triage.post(team.pk, posted, now=now) is not None else "it came before"


def _our_addresses() -> set[str]:
    return {
        str(settings.HAUSMEISTER_MAILBOX_ADDRESS).lower(),
        parseaddr(str(settings.HAUSMEISTER_EMAIL_FROM))[1].lower(),
    }


def _team(slug: str) -> Team | None:
    """Return the team with this short name; a letter that names none, or none that is there, goes to the first."""
    return Team.objects.filter(slug=slug).first() or Team.objects.order_by("id").first()


def _answer_to(letter: Letter) -> str:
    """Return where an answer goes; never to ourselves, where it would come in again."""
    is_us = bool(rules.goals([letter.answer_to], str(settings.HAUSMEISTER_MAILBOX_ADDRESS)))
    return letter.sender if is_us or letter.answer_to in _our_addresses() else letter.answer_to or letter.sender


def _who(letter: Letter, team: Team) -> tuple[Person | None, str]:
    """Return who of the team wrote, if that is proven, and the sender as people read it.

    Anybody can write any name and address into From: without proof a letter is a stranger's word, whatever it says.
    """
    name = f"{letter.sender_name} ({letter.sender})" if letter.sender_name else letter.sender
    member = _member(letter.sender, team)
    if member is None:
        return None, name
    return (member, member.name) if letter.is_proven else (None, f"{name}, not proven")


def _member(address: str, team: Team) -> Person | None:
    members = {one.person_id: one.person for one in team_queries.members(team.pk)}
    for person in members.values():
        if person.email.lower() == address:
            return person
    method = ContactMethod.objects.usable().filter(
        channel=Channel.EMAIL, address__iexact=address, person_id__in=members
    )  # fmt: skip
    found = method.order_by("id").first()
    return members[found.person_id] if found else None


def _text(letter: Letter) -> str:
    """Return the letter's own words, and what was not read of it."""
    words = rules.own_words(letter.text) if letter.references else letter.text.strip()
    notes = []
    if letter.attachments:
        notes.append(f"Attached, and only in the mailbox: {', '.join(letter.attachments)}.")
    if letter.is_cut:
        notes.append(f"The mail has {letter.size_bytes / 1e6:.1f} MB; only its beginning was read.")
    return "\n\n".join(filter(None, (words, *notes)))


def to_heartbeat(letter: Letter, goal: Goal, now: datetime) -> str:
    """Let the letter be a beat: whoever knows the address may send it, as with its address on the web.

    A success that is so old that the next one would be missing by now says nothing of now: it is passed over, so
    that a mailbox that stood still for a day hides no dead job.
    """
    found = Heartbeat.objects.alive().filter(token=goal.name).first()
    if found is None:
        return "there is no heartbeat at this address"
    if letter.automatic is Automatic.REPLIED:
        return NO_BACK
    told = beat_rules.kind_of(rules.word_of_beat(goal.word, letter.subject))
    if told is None:
        return f"{goal.word[:20]!r} is nothing that a heartbeat says: start, fail, or an exit code of 0 to 255"
    kind, code = told
    is_old = beat_rules.alarm_at(found.beat, last_at=letter.arrived_at, started_at=None) <= now
    if kind is not Kind.FAIL and is_old:
        return "it is too old to say anything of now"
    heartbeats.ping(found, kind, exit_code=code, text=f"{letter.subject}\n{letter.text}".strip(), now=now)
    return ""


def to_alerts(letter: Letter, goal: Goal, now: datetime) -> str:
    """Let the letter raise or end an alert of the sender whose key stands in the address.

    Addresses stand in the logs of mail servers: a key that may do more than send alerts is not taken here.
    """
    holder = team_queries.key_holder(goal.name, now=now)
    if holder is None or holder.scopes != {Scope.ALERTS_WRITE.value}:
        return "there is no key for alerts alone in this address"
    if letter.automatic is Automatic.REPLIED:
        return NO_BACK
    line = rules.alert_line(letter.subject)
    signal = Signal(
        Action.RESOLVE if line.is_over else Action.FIRE,
        f"mail/{line.key}",
        title=letter.subject or "(no subject)",
        text=letter.text,
        severity=line.severity,
        origin=letter.sender,
        labels={"from": letter.sender},
    )
    alerts.receive([Incoming(fitted(signal), holder.source_id, holder.source_name, holder.team_id)], now=now)
    return ""


def unreadable(letter: Letter, *, now: datetime) -> None:
    """Say in the first team's inbox that a letter came that could not be taken: somebody looks into the mailbox."""
    team = _team("")
    if team is not None:
        title = f"A mail could not be read: {letter.subject or '(no subject)'}"
        taken = Taken(
            Source.EMAIL, title, kind=ItemKind.QUESTION, asker_name=letter.sender, place="mailbox", key=letter.digest
        )
        triage.take(team.pk, taken, now=now)
