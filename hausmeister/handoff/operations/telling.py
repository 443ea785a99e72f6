"""What people are told of a hand-off: a letter to each, and a message in chat where their account is known."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hausmeister.handoff.models import Handoff, HandoffItem
from hausmeister.handoff.rules import words
from hausmeister.handoff.rules.words import Line
from hausmeister.outbox import chat
from hausmeister.outbox import operations as outbox
from hausmeister.outbox.chat import About, Button, Link, Place, Words
from hausmeister.outbox.operations import Draft
from hausmeister.pager import queries as pager
from hausmeister.pager.operations import letters
from hausmeister.team.models import Person
from hausmeister.triage.operations.telling import chat_id_of

ACCEPT = "handoff.accept"
_MOST_IN_CHAT = 20


def address(handoff: Handoff) -> str:
    """Return where the hand-off is looked at."""
    return f"{settings.HAUSMEISTER_BASE_URL}/handoff/{handoff.pk}"


def lines_of(handoff: Handoff) -> list[Line]:
    """Return what stands in the hand-off, as it is said."""
    rows = HandoffItem.objects.filter(handoff=handoff, gone_at=None).select_related("owner", "goes_to")
    return [
        Line(
            row.sort, row.title, row.detail, row.rank, row.owner.name if row.owner else "",
            row.goes_to.name if row.goes_to and row.moves else "", row.ends_at, row.next_step, row.note,
        )
        for row in rows.order_by("place", "id")
    ]  # fmt: skip


def of_draft(handoff: Handoff, *, now: datetime, was: tuple[int | None, int | None] | None = None) -> None:
    """Send the draft to both; after a change of hands (`was` had it so) only to whom it is new, and to who is out."""
    lines = lines_of(handoff)
    people = {handoff.outgoing_id: handoff.outgoing, handoff.incoming_id: handoff.incoming}
    told = [one for pk, one in people.items() if one is not None and (was is None or pk not in was)]
    if handoff.is_late and not handoff.is_kept:
        # that the duty is theirs, and all that is open, comes to the incoming person in the same minute
        told = [one for one in told if one.pk != handoff.incoming_id]
    drafts = [draft for one in told for draft in _drafted(handoff, one, lines, now=now)]
    out = [pk for pk in was or () if pk is not None and pk not in people]
    for person in Person.objects.filter(pk__in=out).order_by("id"):
        subject = _("The hand-off of %(team)s is no longer yours") % {"team": handoff.team.name}
        text = _("The rota changed: %(from)s hands over to %(to)s.") % _names(handoff)
        drafts += _to(handoff, person, subject, [text], "out", now=now)
    _send(handoff, drafts, now=now)


def _names(handoff: Handoff) -> dict[str, str]:
    nobody = _("nobody")
    return {
        "from": handoff.outgoing.name if handoff.outgoing else nobody,
        "to": handoff.incoming.name if handoff.incoming else nobody,
        "team": handoff.team.name,
        "title": handoff.title_to,
    }


def _drafted(handoff: Handoff, person: Person, lines: Sequence[Line], *, now: datetime) -> list[Draft]:
    facts = _names(handoff) | {"when": words.clock(handoff.at, person.zone), "zone": person.zone_name}
    if handoff.is_kept:
        subject = _("You keep the duty of %(team)s, %(when)s") % facts
        begin = [_("You go on as %(title)s from %(when)s. Nothing has to be accepted; this is what is open.") % facts]
    elif person.pk == handoff.outgoing_id:
        subject = _("Hand-off of %(team)s to %(to)s, %(when)s: look at the draft") % facts
        begin = [_("You hand over to %(to)s at %(when)s. This is what is open; write what %(to)s should know.") % facts]
    else:
        subject = _("Hand-off of %(team)s from %(from)s to you, %(when)s") % facts
        begin = [_("You take over from %(from)s at %(when)s. The duty is yours then, accepted or not.") % facts]
        begin += [_("Accept what is open, one by one or all at once.")]
    if handoff.is_late:
        begin.append(_late(handoff, person))
    return _to(handoff, person, subject, [*begin, *_body(handoff, lines, person)], "draft", now=now)


def _body(handoff: Handoff, lines: Sequence[Line], person: Person) -> list[str]:
    told = [
        "\n".join([f"{section.heading}:", *(f"- {line}" for line in section.lines)])
        for section in words.sections(lines, zone=person.zone)
    ]
    note = [_("What to know: %(note)s") % {"note": handoff.note}] if handoff.note else []
    return [*note, *(told or [_("Nothing is open.")])]


def of_move(handoff: Handoff, *, now: datetime) -> None:
    """Tell the incoming person that the duty is theirs, and what came with it; whoever goes on hears nothing."""
    person = handoff.incoming
    if person is None or handoff.is_kept:
        return
    facts = _names(handoff) | {"until": words.clock(handoff.raise_at or now, person.zone)}
    subject = _("You have the duty of %(team)s") % facts
    begin = _("You are %(title)s of %(team)s now; what was open went along.") % facts
    if handoff.accepted_at is None:
        subject = _("You have the duty of %(team)s: accept what is open") % facts
        begin += " " + _("Accept it by %(until)s; after that the backstop is told.") % facts
    late = [_late(handoff, person)] if handoff.is_late else []
    told = [begin, *late, *_body(handoff, lines_of(handoff), person)]
    _send(handoff, _to(handoff, person, subject, told, "moved", now=now), now=now)


def _late(handoff: Handoff, person: Person) -> str:
    facts = {"at": words.clock(handoff.at, person.zone), "written": words.clock(handoff.drafted_at, person.zone)}
    return _("This was written late, at %(written)s: the duty changed hands at %(at)s.") % facts


def of_raise(handoff: Handoff, people: Sequence[Person], *, now: datetime) -> None:
    """Tell `people` that nobody has accepted."""
    drafts = []
    for person in people:
        facts = _names(handoff) | {"when": words.clock(handoff.at, person.zone)}
        if handoff.incoming is None:
            subject = _("Nobody has the duty of %(team)s since %(when)s") % facts
            begin = _("The duty of %(team)s changed hands at %(when)s, and there is nobody to take it. You have it.")
        else:
            subject = _("%(to)s has not accepted the hand-off of %(team)s") % facts
            begin = _(
                "The duty of %(team)s went to %(to)s at %(when)s, and nobody accepted what was open. You are the"
                " backstop: ask them, or accept in their place."
            )
        told = [begin % facts, *_body(handoff, lines_of(handoff), person)]
        drafts += _to(handoff, person, subject, told, "raised", now=now)
    _send(handoff, drafts, now=now)


def _to(
    handoff: Handoff, person: Person, subject: str, paragraphs: Sequence[str], what: str, *, now: datetime
) -> list[Draft]:
    """Return the letter and the chat message to one person; those who can be reached in neither way get none."""
    key = f"handoff-{handoff.pk}-{handoff.told}-{what}-{person.pk}"
    text = "\n\n".join([_("Hello %(name)s,") % {"name": person.first_name}, *paragraphs, address(handoff)])
    letter = letters.letter(
        person, subject=subject, text=text, about=handoff.subject, key=key, team_id=handoff.team_id, due_at=now
    )
    drafts = [letter] if letter is not None else []
    member = chat_id_of(person, pager.chat_channel())
    if member:
        about = About(handoff.subject, handoff.team_id, f"{key}-chat")
        drafts.append(chat.say(Place(member), _in_chat(handoff, person, subject, paragraphs), about, due_at=now))
    return drafts


def _in_chat(handoff: Handoff, person: Person, subject: str, paragraphs: Sequence[str]) -> Words:
    shown = list(paragraphs[:_MOST_IN_CHAT])
    rest = len(paragraphs) - len(shown)
    notes = (ngettext("%(n)s more on the screen", "%(n)s more on the screen", rest) % {"n": rest},) if rest else ()
    may_accept = handoff.state.is_open and person.pk != handoff.outgoing_id
    buttons = (Button(_("I have it"), ACCEPT, str(handoff.pk), is_primary=True),) if may_accept else ()
    links = (Link(_("Open"), address(handoff)),)
    return Words(subject, paragraphs=tuple(shown), notes=notes, links=links, buttons=buttons)


def _send(handoff: Handoff, drafts: Sequence[Draft], *, now: datetime) -> None:
    outbox.enqueue(drafts, now=now)
    handoff.told += 1
    Handoff.objects.filter(pk=handoff.pk).update(told=handoff.told)
