"""Telling: the asker in the thread, in one message that changes; people of the team in a line of their own."""

from collections.abc import Sequence
from dataclasses import dataclass
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
from hausmeister.triage.operations.desk import Desk
from hausmeister.triage.rules.states import State

# what is taken back within this is never said
PAUSE = timedelta(seconds=15)

NOT_A_QUESTION = "not a question"
QUIET = frozenset({NOT_A_QUESTION, "the asker deleted it", "the asker says thanks", "this answered it"})


def address(item: Item) -> str:
    """Return the item's own screen."""
    return f"{settings.HAUSMEISTER_BASE_URL}/triage/{item.pk}"


def update(desk: Desk, item: Item) -> None:
    """Let the thread say how far the item is: one message, changed rather than repeated, silent without news."""
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
    subject = _("Re: %(title)s") % {"title": item.title}
    told = f"{text}\n\n{by.name}, {desk.team.name}\n\n> {item.title}"
    return [_mail(desk, _Letter(item.asker_email, item.asker_name, subject, told, item.subject, key))]


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
        service=item.service, buttons=offered,
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


def _mail(desk: Desk, letter: _Letter) -> Draft:
    return Draft(
        channel=Channel.EMAIL.value,
        kind="mail",
        subject=letter.subject,
        dedup_key=letter.key,
        to={"channel": Channel.EMAIL.value, "address": letter.to},
        facts={"subject": letter.headline, "text": letter.text, "person": letter.name, "title": letter.headline},
        due_at=desk.now,
        lane=Lane.CHAT,
        team_id=desk.team.pk,
        person_id=letter.person_id,
        fair_key=letter.subject,
    )


def when(moment: datetime, person: Person) -> str:
    """Return a moment on the clocks of `person`, such as "Tue 19:08"."""
    return f"{moment.astimezone(person.zone):%a %H:%M}"
