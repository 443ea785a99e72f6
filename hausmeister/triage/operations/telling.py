"""Telling: the asker in the thread, in one message that changes; people of the team in a line of their own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from hausmeister.outbox import chat
from hausmeister.outbox import operations as outbox
from hausmeister.outbox.chat import About, Button, Link, Place, Words
from hausmeister.outbox.models import Message
from hausmeister.outbox.operations import Draft
from hausmeister.outbox.rules import Lane
from hausmeister.outbox.rules import State as Sending
from hausmeister.pager import queries as pager_queries
from hausmeister.team.models import ContactMethod, Person
from hausmeister.team.rules import Channel
from hausmeister.triage.models import Item
from hausmeister.triage.operations import letter_ids
from hausmeister.triage.operations.desk import Desk
from hausmeister.triage.rules.states import State

# what is taken back within this is never said
PAUSE = timedelta(seconds=15)
# a letter cannot be changed any more, so there is more time to take something back
PAUSE_OF_MAIL = timedelta(minutes=1)

NOT_A_QUESTION = "not a question"
QUIET = frozenset({
    NOT_A_QUESTION, "the asker deleted it", "the asker says thanks", "this answered it",
    "nobody asked again", "the asker did not come back",
})  # fmt: skip


def address(item: Item) -> str:
    """Return the item's own screen."""
    return f"{settings.HAUSMEISTER_BASE_URL}/triage/{item.pk}"


def address_of_recurring(number: int) -> str:
    """Return the screen of a question that keeps coming."""
    return f"{settings.HAUSMEISTER_BASE_URL}/triage/recurring/{number}"


def update(desk: Desk, item: Item) -> None:
    """Let the thread say how far the item is: one message, changed rather than repeated, silent without news."""
    if item.is_by_mail:
        _write(desk, item)
    if not item.is_in_chat:
        return
    text = status_text(item)
    if text == item.told:
        return
    subject = f"{item.subject}:status"
    standing = (
        Message.objects.filter(subject=subject, kind=chat.SAY)
        .exclude(state__in=[Sending.CANCELLED, Sending.FAILED])
        .order_by("-id")
        .first()
    )
    if standing is not None and standing.state == Sending.PENDING and not text:
        outbox.cancel([subject], now=desk.now)
    elif standing is not None and standing.state != Sending.PENDING:
        _revise(desk, item, standing.pk, text or _("Waiting for somebody of the team."), subject)
    elif text:
        about = About(subject, item.team_id, f"item-{item.pk}-status-{item.version}")
        draft = chat.say(_thread(item), Words(text), about, due_at=desk.now + PAUSE)
        if not outbox.replace_pending(draft):
            outbox.enqueue([draft], now=desk.now)
    item.told = text
    Item.objects.filter(pk=item.pk).update(told=text)


def _write(desk: Desk, item: Item) -> None:
    """Let the asker know by mail who has taken it and how it ended; a letter cannot be changed, so it says less."""
    text = status_text(item) if item.state in {State.CLAIMED, State.CLOSED} else ""
    if text == item.told:
        return
    subject = f"{item.subject}:status"
    # what was not sent yet is not true any more
    outbox.cancel([subject], now=desk.now)
    if text and item.asker_email:
        key = f"item-{item.pk}-status-{item.version}"
        told = f"{text}\n\n{desk.team.name}\n\n> {item.title}"
        letter = _Letter(item.asker_email, item.asker_name, _answers(item), told, subject, key)
        outbox.enqueue([replace(_mail(desk, letter, item), due_at=desk.now + PAUSE_OF_MAIL)], now=desk.now)
    item.told = text
    Item.objects.filter(pk=item.pk).update(told=text)


def _answers(item: Item) -> str:
    return _("Re: %(title)s") % {"title": item.title}


def _revise(desk: Desk, item: Item, said: int, text: str, subject: str) -> None:
    about = About(subject, item.team_id, f"item-{item.pk}-restate-{item.version}")
    draft = chat.revise(said, Words(text), about, due_at=desk.now)
    if not outbox.replace_pending(draft):
        outbox.enqueue([draft], now=desk.now)


def status_text(item: Item) -> str:
    """Return how far the item is, as the asker reads it; "" where the thread itself says it."""
    state = State(item.state)
    if state is State.CLAIMED and item.holder is not None:
        return _("%(name)s has taken this.") % {"name": item.holder.name}
    if state is State.CLOSED and item.reason not in QUIET:
        return _("Closed by %(name)s: %(reason)s.") % {"name": item.closed_by_name, "reason": item.reason.rstrip(".")}
    if not item.told:
        return ""
    if state is State.ANSWERED:
        return _("Answered by %(name)s.") % {"name": item.answered_by.name if item.answered_by else _("the team")}
    if state is State.WAITING:
        return _("Waiting for your answer.")
    return _("Closed.") if state is State.CLOSED else ""


def _thread(item: Item) -> Place:
    return Place(item.room_id, thread=item.stamp)


def reply(desk: Desk, item: Item, text: str, by: Person, *, key: str) -> list[Draft]:
    """Return the answer `text` of `by` as it goes to the asker: into the thread, or by mail; none where neither is."""
    if item.is_in_chat:
        words = Words(_("%(name)s answers:") % {"name": by.name}, paragraphs=tuple(text.split("\n\n")))
        return [chat.say(_thread(item), words, About(item.subject, item.team_id, key), due_at=desk.now)]
    if not item.asker_email:
        return []
    told = f"{text}\n\n{by.name}, {desk.team.name}\n\n> {item.title}"
    letter = _Letter(item.asker_email, item.asker_name, _answers(item), told, item.subject, key)
    return [_mail(desk, letter, item)]


def offer(desk: Desk, item: Item, words: Words) -> Draft:
    """Return the quiet message with an earlier answer that may fit."""
    about = About(f"{item.subject}:card", item.team_id, f"item-{item.pk}-card-{item.offered}-{item.version}")
    return chat.say(_thread(item), words, about, due_at=desk.now)


def offer_again(desk: Desk, item: Item, words: Words) -> Draft | None:
    """Return what turns the standing offer into another one, None where none was sent."""
    subject = f"{item.subject}:card"
    standing = Message.objects.filter(subject=subject, kind=chat.SAY).exclude(
        state__in=[Sending.CANCELLED, Sending.FAILED]
    )  # fmt: skip
    said = standing.order_by("-id").first()
    if said is None:
        return None
    about = About(subject, item.team_id, f"item-{item.pk}-recard-{item.version}")
    return chat.revise(said.pk, words, about, due_at=desk.now)


def personal(
    desk: Desk, item: Item, person: Person, headline: str, lines: Sequence[str], *, key: str, buttons: bool = True
) -> Draft:
    """Return one message to somebody of the team about the item: in chat where their account is known, else by mail."""
    offered = (Button(_("I take it"), "item.claim", str(item.pk), is_primary=True),) if buttons else ()
    return to_person(
        desk, person, headline, lines, subject=f"{item.subject}:told", link=address(item), key=key,
        service=item.service if item.is_in_chat else "", buttons=offered,
    )  # fmt: skip


def to_person(
    desk: Desk, person: Person, headline: str, lines: Sequence[str], *, subject: str, link: str, key: str,
    service: str = "", buttons: tuple[Button, ...] = (),
) -> Draft:  # fmt: skip
    """Return one message to somebody of the team: in the chat `service` (else the one set up), else by mail."""
    member = chat_id_of(person, service or pager_queries.chat_channel())
    if member:
        words = Words(headline, paragraphs=tuple(lines), links=(Link(_("Open"), link),), buttons=buttons)
        return chat.say(Place(member), words, About(subject, desk.team.pk, key), due_at=desk.now)
    text = "\n\n".join([_("Hello %(name)s,") % {"name": person.first_name}, *lines, link])
    return _mail(desk, _Letter(person.email, person.name, headline, text, subject, key, person.pk))


def chat_id_of(person: Person, service: str) -> str:
    """Return the id under which `person` can be written to in the chat `service`, "" when it is not known."""
    if not service:
        return ""
    methods = ContactMethod.objects.usable().filter(person=person, channel=service).order_by("id")
    return methods.values_list("address", flat=True).first() or ""


@dataclass(frozen=True)
class _Letter:
    to: str
    name: str
    headline: str
    text: str
    subject: str
    key: str
    person_id: int | None = None


def _mail(desk: Desk, letter: _Letter, item: Item | None = None) -> Draft:
    return Draft(
        channel=Channel.EMAIL.value,
        kind="mail",
        subject=letter.subject,
        dedup_key=letter.key,
        to={"channel": Channel.EMAIL.value, "address": letter.to},
        facts={
            "subject": letter.headline, "text": letter.text, "person": letter.name, "title": letter.headline,
            **(_thread_of_mail(item, letter.key) if item is not None and item.is_by_mail else {}),
        },
        due_at=desk.now,
        lane=Lane.CHAT,
        team_id=desk.team.pk,
        person_id=letter.person_id,
        fair_key=letter.subject,
    )  # fmt: skip


def _thread_of_mail(item: Item, key: str) -> dict[str, dict[str, str]]:
    """Return what makes a letter an answer in its thread, and lets the answer to it find the item."""
    answers = item.stamp if item.stamp.startswith("<") else ""
    thread = {"local_id": letter_ids.local_id(item.pk, key), "answers": answers, "reply_to": item.place}
    return {"thread": {name: value for name, value in thread.items() if value}}


def when(moment: datetime, person: Person) -> str:
    """Return a moment on the clocks of `person`, such as "Tue 19:08"."""
    return f"{moment.astimezone(person.zone):%a %H:%M}"
