"""Askings: noted as they come, gathered when they are alike, proposed for a document when they keep coming."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from hausmeister.answers import encoder
from hausmeister.answers.models import Apart, Asking, Card, Recurring
from hausmeister.answers.operations import shelving
from hausmeister.answers.rules import recurring as rules
from hausmeister.base.untrusted import cut, one_line
from hausmeister.journal import operations as journal
from hausmeister.journal.rules import ENGINE, Actor, Fact
from hausmeister.team.models import Team

_MOST_ASKING = 4000
# so many of the newest askings are compared in a night
_MOST_COMPARED = 2000


@transaction.atomic
def note_asking(team: Team, text: str, *, by: str, at: datetime, where: str = "") -> Asking:
    """Store that `by` (a stable name, "" when unknown) asked this, so that it is noticed when it keeps coming."""
    return Asking.objects.create(
        team=team, text=cut(text.strip(), _MOST_ASKING), by=one_line(by, 200), where=one_line(where, 1000), asked_at=at
    )


def tend_recurring(now: datetime) -> int:
    """Compare the askings of each team that has new ones; return how many documents are newly called for."""
    new = Asking.objects.filter(looked_at=None, asked_at__gte=now - rules.LOOKED_AT)
    return sum(relink(team, now) for team in Team.objects.filter(pk__in=new.values("team_id")).order_by("id"))


def relink_all(now: datetime) -> int:
    """Gather the askings of every team anew; return how many documents are newly called for."""
    recent = Asking.objects.filter(asked_at__gte=now - rules.LOOKED_AT)
    return sum(relink(team, now) for team in Team.objects.filter(pk__in=recent.values("team_id")).order_by("id"))


def relink(team: Team, now: datetime) -> int:
    """Gather the askings of the last 90 days into groups anew; return how many documents are newly called for.

    A group goes on as the recurring question that most of its askings belonged to. What people said is not the
    same stays apart; what is proposed, written or dismissed stays so.
    """
    askings = list(
        Asking.objects.filter(team=team, asked_at__gte=now - rules.LOOKED_AT).order_by("-asked_at", "-id")[
            :_MOST_COMPARED
        ]
    )
    number = {one.pk: at for at, one in enumerate(askings)}
    said = Apart.objects.filter(one__in=number, other__in=number).values_list("one_id", "other_id")
    apart = [(number[one], number[other]) for one, other in said]
    near, threshold = _nearness(askings)
    groups = rules.groups(near, threshold=threshold, apart=apart)
    with transaction.atomic():
        shelving.lock(team)
        raised = _store(team, [[askings[at] for at in group] for group in groups], now)
        seen = max((one.pk for one in askings), default=0)
        Asking.objects.filter(team=team, pk__lte=seen).update(looked_at=now)
    return raised


def _nearness(askings: Sequence[Asking]) -> tuple[list[list[float]], float]:
    """Return how near each two askings are, and from where they are one: by meaning where an encoder is."""
    model = encoder.best()
    if model is None or not askings:
        return rules.by_words([one.text for one in askings]), rules.NEAR_BY_WORDS
    import numpy as np

    from hausmeister.answers.encoder.kept import unpacked

    missing = [one for one in askings if one.encoder != model.name]
    made = {one.pk: row for one, row in zip(missing, model.encode([one.text for one in missing]), strict=True)}
    rows = np.vstack(
        [made[one.pk] if one.pk in made else unpacked(bytes(one.vector or b""), model.dimensions)[0] for one in askings]
    )
    return (rows @ rows.T).tolist(), rules.NEAR_BY_MEANING


def _store(team: Team, groups: Sequence[Sequence[Asking]], now: datetime) -> int:
    """Write which asking belongs to what; return how many are newly proposed."""
    used: set[int] = set()
    raised = 0
    for group in sorted(groups, key=len, reverse=True):
        before = [one.recurring_id for one in group if one.recurring_id is not None and one.recurring_id not in used]
        if len(group) < 2 and not before:
            Asking.objects.filter(pk=group[0].pk).exclude(recurring=None).update(recurring=None)
            continue
        if before:
            chosen = Recurring.objects.get(pk=max(set(before), key=lambda one: (before.count(one), -one)))
        else:
            chosen = Recurring.objects.create(team=team, created_at=now)
        used.add(chosen.pk)
        Asking.objects.filter(pk__in=[one.pk for one in group]).update(recurring=chosen)
        raised += _propose(chosen, now)
    empty = Recurring.objects.filter(team=team, state="open", askings=None)
    empty.delete()
    return raised


def _propose(question: Recurring, now: datetime) -> bool:
    """Call for a document at the third asking by two or more people within 30 days; once."""
    if question.state != "open":
        return False
    askings = [rules.Asking(one.by, one.asked_at) for one in question.askings.all()]
    if not rules.is_due(askings):
        return False
    Recurring.objects.filter(pk=question.pk).update(state="proposed", proposed_at=now)
    facts = {"askings": len(askings)}
    journal.record(Fact(now, "recurring.proposed", f"recurring:{question.pk}", ENGINE, question.team_id, facts))
    return True


@transaction.atomic
def split(question: Recurring, asking: Asking, *, by: Actor, now: datetime) -> None:
    """Take an asking out of a recurring question, for good: somebody says it is not the same."""
    shelving.lock(question.team)
    others = Asking.objects.filter(recurring=question).exclude(pk=asking.pk)
    pairs = [Apart(one_id=min(asking.pk, one.pk), other_id=max(asking.pk, one.pk)) for one in others]
    Apart.objects.bulk_create(pairs, ignore_conflicts=True)
    Asking.objects.filter(pk=asking.pk, recurring=question).update(recurring=None)
    tell(question, "recurring.split", by, now, asking=asking.pk)


@transaction.atomic
def dismiss(question: Recurring, *, by: Actor, now: datetime) -> None:
    """Say that no document is needed; it is not proposed again."""
    Recurring.objects.filter(pk=question.pk).update(state="dismissed")
    tell(question, "recurring.dismissed", by, now)


@transaction.atomic
def written(question: Recurring, *, by: Actor, now: datetime, link: str = "", card: Card | None = None) -> None:
    """Record that the document is written (or a pull request or issue is open); `card` answers it from now on."""
    Recurring.objects.filter(pk=question.pk).update(
        state="written", link=one_line(link, 1000), proposed_at=question.proposed_at or now
    )
    if card is not None:
        from hausmeister.answers.operations.cards import confirm

        for asking in Asking.objects.filter(recurring=question, card=None).order_by("id"):
            confirm(card, asking.text, by=by, now=now, asking=asking)
    tell(question, "recurring.written", by, now, link=link[:200])


def tell(question: Recurring, verb: str, by: Actor, now: datetime, **facts: object) -> None:
    """Write what happened to the question into the journal."""
    journal.record(Fact(now, verb, f"recurring:{question.pk}", by, question.team_id, dict(facts)))
