"""What keeps coming: the proposals, the best answer so far, the draft of a document."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from hausmeister.answers.models import Asking, Card, PullRequest, Recurring
from hausmeister.answers.queries.suggesting import suggest
from hausmeister.answers.rules.drafts import Asked, title_of
from hausmeister.answers.rules.drafts import draft as drafted
from hausmeister.team.models import Team


@dataclass(frozen=True)
class Proposal:
    """A question that keeps coming, and calls for a document."""

    id: int
    title: str
    state: str
    askings: tuple[Asking, ...]
    minutes: int
    proposed_at: datetime | None
    link: str

    @property
    def people(self) -> int:
        """By how many it was asked; unknown ones count one each."""
        return len({one.by or one.pk for one in self.askings})


def _as_told(askings: Sequence[Asking]) -> list[Asked]:
    return [Asked(one.text, one.by, one.asked_at, one.where, one.minutes) for one in askings]


def proposals(
    team: Team, *, states: Sequence[str] = ("proposed",), most: int = 100, only: int | None = None
) -> list[Proposal]:
    """Return the team's recurring questions in these states, or `only` that one, the one asked most often first."""
    wanted = Recurring.objects.filter(team=team, state__in=states, **({"pk": only} if only is not None else {}))
    found = wanted.order_by("-proposed_at", "-id")[:most]
    made = []
    for one in found.prefetch_related("askings"):
        askings = tuple(sorted(one.askings.all(), key=lambda asking: (asking.asked_at, asking.pk)))
        minutes = sum(asking.minutes for asking in askings)
        title = title_of(_as_told(askings))
        made.append(Proposal(one.pk, title, one.state, askings, minutes, one.proposed_at, one.link))
    return sorted(made, key=lambda one: (-len(one.askings), -one.id))


def called_for(team_ids: frozenset[int] | None) -> int:
    """Return how many questions of these teams (None: of all) call for a document."""
    called = Recurring.objects.filter(state="proposed")
    return (called if team_ids is None else called.filter(team_id__in=team_ids)).count()


def pulls(question: Recurring) -> list[PullRequest]:
    """Return what was offered for it, the newest first."""
    return list(PullRequest.objects.filter(recurring=question).order_by("-id"))


def best_card(question: Recurring, *, now: datetime) -> Card | None:
    """Return the card that answered most of its askings, else the best suggestion for the newest, else None."""
    confirmed = [one.card_id for one in question.askings.all() if one.card_id is not None]
    if confirmed:
        return Card.objects.get(pk=max(set(confirmed), key=lambda one: (confirmed.count(one), one)))
    newest = question.askings.order_by("-asked_at", "-id").first()
    found = suggest(question.team, newest.text, now=now, most=1) if newest is not None else []
    return found[0].card if found else None


def draft(question: Recurring, *, now: datetime) -> str:
    """Return the draft of a document for a recurring question, as Markdown."""
    card = best_card(question, now=now)
    askings = list(question.askings.order_by("asked_at", "id"))
    return drafted(_as_told(askings), answer=card.text if card else "", link=card.link if card else "")
