"""Pointing in the right direction (H9): earlier answers are looked for, offered quietly, and judged by people.

The answers room is asked through a `Pointer`; without one nothing is offered, and verdicts wait for one. The engine
asks and passes on what people said, so that hearing a message never waits for a search. A suggestion alone stops no
clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from django.db import InterfaceError, OperationalError, transaction
from django.utils.translation import gettext as _

from hausmeister.base import database, log
from hausmeister.journal.rules import Actor
from hausmeister.outbox import operations as outbox
from hausmeister.outbox.chat import Button, Link, Words
from hausmeister.team.models import Team
from hausmeister.triage.models import Item, Said, Verdict
from hausmeister.triage.operations import talking, telling
from hausmeister.triage.operations.desk import Desk
from hausmeister.triage.rules.states import ItemKind, State
from hausmeister.triage.shapes import Candidate

MOST = 3
AT_ONCE = 20
# what was asked longer ago is not offered in the thread any more, only on the screen
_FRESH = timedelta(hours=1)
_LONGEST_QUOTE = 600
# "yes" answers nobody else
_LEAST_ANSWER = 20
THIS = "this answered it"

_log = log.get(__name__)


@dataclass(frozen=True)
class Answered:
    """A question with the answer that its asker was content with."""

    title: str
    asked: str
    text: str
    author: str
    link: str


class Pointer(Protocol):
    """Whoever knows earlier answers."""

    def suggest(self, team: Team, text: str, *, now: datetime, most: int = MOST) -> Sequence[Candidate]:
        """Return earlier answers that may fit, the best first; none below the threshold."""

    def note(self, team: Team, text: str, *, by: str, where: str, at: datetime) -> None:
        """Take in that `by` asked this, so that it is noticed when it keeps coming."""

    def keep(self, team: Team, answered: Answered, *, now: datetime) -> None:
        """Keep what answered a question for whoever asks it next. Runs in the caller's transaction."""

    def learn(self, team: Team, card: str, asked: str, *, fits: bool, by: str, now: datetime) -> None:
        """Take in that the card answered the text `asked`, or did not."""


class Round:
    """The engine's part: offers earlier answers for new items, and passes on what people said of them."""

    def __init__(self, pointer: Pointer | None) -> None:
        self._pointer = pointer

    def run(self, now: datetime) -> int:
        """Look for earlier answers to the next items, pass verdicts on; return how much was done."""
        if self._pointer is None:
            return 0
        unpointed = Item.objects.unpointed().values_list("pk", flat=True)[:AT_ONCE]
        done = sum([_point(self._pointer, item_id, now) for item_id in list(unpointed)])
        untold = Verdict.objects.filter(told_at=None).order_by("id").values_list("pk", flat=True)[:AT_ONCE]
        unkept = Item.objects.filter(
            closed_at__isnull=False, reason=talking.THANKED, kept_at=None, kind=ItemKind.QUESTION
        ).order_by("id")
        done += sum(
            [_keep(self._pointer, item_id, now) for item_id in list(unkept.values_list("pk", flat=True)[:AT_ONCE])]
        )
        return done + sum([_pass_on(self._pointer, verdict_id, now) for verdict_id in list(untold)])


def has_to_point() -> bool:
    """Say whether a round would find anything to do."""
    unkept = Item.objects.filter(closed_at__isnull=False, reason=talking.THANKED, kept_at=None, kind=ItemKind.QUESTION)
    untold = Verdict.objects.filter(told_at=None)
    return Item.objects.unpointed().exists() or untold.exists() or unkept.exists()


def _point(pointer: Pointer, item_id: int, now: datetime) -> int:
    item = Item.objects.select_related("team").get(pk=item_id)
    found: list[Candidate] = []
    if State(item.state).is_unfinished:
        try:
            if item.kind == ItemKind.QUESTION and not item.is_unsure:
                asker = f"{item.service}:{item.asker_id}" if item.asker_id else item.asker_name
                pointer.note(item.team, item.text or item.title, by=asker, where=item.link, at=item.asked_at)
            found = list(pointer.suggest(item.team, f"{item.title}\n{item.text}", now=now, most=MOST))
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:  # noqa: BLE001 - a search that breaks must not keep items from being answered
            _log.error("item.not_pointed", item=item_id, error=f"{type(error).__name__}: {error}"[:500])
    return int(_pointed(item_id, found, now=now))


def _keep(pointer: Pointer, item_id: int, now: datetime) -> int:
    """Keep the team's words in the item as an answer, once; too few words are no answer."""
    try:
        with transaction.atomic():
            if not Item.objects.filter(pk=item_id, kept_at=None).update(kept_at=now):
                return 0
            item = Item.objects.select_related("team", "answered_by").get(pk=item_id)
            words = Said.objects.filter(item=item, person__isnull=False, removed_at=None).order_by("at", "id")
            text = "\n\n".join(words.exclude(author_id=item.asker_id or "-").values_list("text", flat=True))
            if len(text) >= _LEAST_ANSWER and item.answered_by is not None:
                kept = Answered(item.title, item.text or item.title, text, item.answered_by.name, item.link)
                pointer.keep(item.team, kept, now=now)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001 - one that cannot be kept must not stop the others, nor be tried for ever
        _log.error("item.answer_not_kept", item=item_id, error=f"{type(error).__name__}: {error}"[:500])
        Item.objects.filter(pk=item_id, kept_at=None).update(kept_at=now)
        return 0
    return 1


def _pass_on(pointer: Pointer, verdict_id: int, now: datetime) -> int:
    verdict = Verdict.objects.select_related("item__team").get(pk=verdict_id)
    item = verdict.item
    asked = f"{item.title}\n{item.text}"
    try:
        pointer.learn(item.team, verdict.card, asked, fits=verdict.fits, by=verdict.by_name, now=now)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001 - the next one may be learned
        _log.error("item.verdict_not_learned", item=item.pk, error=f"{type(error).__name__}: {error}"[:500])
    return Verdict.objects.filter(pk=verdict_id, told_at=None, at=verdict.at).update(told_at=now)


@database.tried_again
@transaction.atomic
def _pointed(item_id: int, found: Sequence[Candidate], *, now: datetime) -> bool:
    """Keep what was found, and offer the best in the thread while nobody answered."""
    item = Item.objects.select_for_update(of=("self",)).select_related("team").get(pk=item_id)
    if item.pointed_at is not None:
        return False
    item.pointed_at, item.candidates, item.offered = now, [one.safe().facts() for one in found], 0
    item.version += 1
    item.save(update_fields=["pointed_at", "candidates", "offered", "version"])
    is_wanted = State(item.state).is_unfinished and not item.is_unsure and now - item.opened_at <= _FRESH
    if found and item.is_in_chat and is_wanted:
        desk = Desk.of(item.team, now=now)
        outbox.enqueue([telling.offer(desk, item, words_of(item, found[0]))], now=now)
        desk.tell(item, "item.pointed", Actor("engine", None, "Hausmeister"), card=found[0].card, title=found[0].title)
    return True


def words_of(item: Item, one: Candidate) -> Words:
    """Return the quiet message that offers `one`."""
    value = f"{item.pk}:{one.card}"
    quote = one.text if len(one.text) <= _LONGEST_QUOTE else f"{one.text[:_LONGEST_QUOTE]}…"
    return Words(
        _("%(confidence)s: %(title)s") % {"confidence": one.confidence, "title": one.title},
        quote=quote,
        notes=(", ".join(filter(None, (one.source, one.age))), _("Somebody of the team still looks at your question.")),
        links=(Link(_("Read it"), one.link),) if one.link else (),
        buttons=(
            Button(_("This answered it"), "item.answered", value, is_primary=True),
            Button(_("Not this"), "item.not_this", value),
            Button(_("Still need a person"), "item.still", value),
        ),
    )


@database.tried_again
@transaction.atomic
def judged(item_id: int, card: str, act: str, *, by_name: str, now: datetime) -> str:
    """Take in what somebody said of the offered card, and return what to say to them.

    "item.answered" ends the item; "item.not_this" offers the next one; "item.still" takes the offer away and keeps
    the item open. Pressed twice it changes nothing.
    """
    item = Item.objects.select_for_update(of=("self",)).select_related("team").get(pk=item_id)
    desk, by = Desk.of(item.team, now=now), Actor("chat", None, by_name)
    if card and act != "item.still":
        Verdict.objects.update_or_create(
            item=item, card=card[:100],
            defaults={"fits": act == "item.answered", "by_name": by_name[:200], "at": now, "told_at": None},
        )  # fmt: skip
    if not item.is_open:
        return _("It is closed already: %(reason)s.") % {"reason": item.reason}
    item.version += 1
    if act == "item.answered":
        item.before = None
        talking.close(desk, item, reason=THIS, by=by)
        _say_instead(desk, item, Words(_("Answered by this.")), _offered(item))
        item.save()
        telling.update(desk, item)
        return _("Good. It is remembered for the next who asks.")
    following = _next(item, card) if act == "item.not_this" else None
    item.offered = following if following is not None else len(item.candidates)
    item.save()
    if following is not None:
        _say_instead(desk, item, words_of(item, Candidate.all_of(item.candidates)[following]), None)
        return _("Here is another one.")
    _say_instead(desk, item, Words(_("Somebody of the team will answer.")), None)
    desk.tell(item, "item.wants_a_person", by)
    return _("Somebody of the team will answer.")


def _offered(item: Item) -> Candidate | None:
    found = Candidate.all_of(item.candidates)
    return found[item.offered] if item.offered < len(found) else None


def _next(item: Item, card: str) -> int | None:
    """Return the place of the candidate after `card`, None after the last; a stale button moves nothing back."""
    places = [place for place, one in enumerate(Candidate.all_of(item.candidates)) if one.card == card]
    following = max(item.offered, places[0] + 1 if places else item.offered)
    return following if following < len(item.candidates) else None


def _say_instead(desk: Desk, item: Item, words: Words, kept: Candidate | None) -> None:
    """Let the standing offer say `words`, with the answer that is kept below it."""
    if kept is not None:
        words = Words(words.headline, quote=kept.text[:_LONGEST_QUOTE], notes=(kept.title,))
    draft = telling.offer_again(desk, item, words)
    if draft is not None and not outbox.replace_pending(draft):
        outbox.enqueue([draft], now=desk.now)
