"""What the engine does in the background: vectors for what has none, and the confidence refitted to feedback."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Substr

from hausmeister.answers import encoder
from hausmeister.answers.models import Asking, Feedback, IssueMeaning, Passage, Shelf
from hausmeister.answers.rules import ranking
from hausmeister.answers.rules.duplicates import whole
from hausmeister.issues.models import Issue, IssueQuerySet
from hausmeister.issues.queries import MOST_READ

if TYPE_CHECKING:
    from hausmeister.answers.encoder import Encoder

# one run takes a second or two, so that stopping is never held up
AT_ONCE = 64
_LOOKED_BACK = timedelta(days=365)
_MOST_FEEDBACK = 2000


def lacks_meaning() -> bool:
    """Say whether some text has no vectors of the encoder in use; without texts, or an encoder, nothing lacks any."""
    if not (Passage.objects.exists() or Asking.objects.exists() or Issue.objects.exists()):
        return False
    model = encoder.best()
    if model is None:
        return False
    wanted = _of_another(model)
    return (
        Passage.objects.filter(wanted).exists()
        or Asking.objects.filter(wanted).exists()
        or _issues_without(model).exists()
    )


def _issues_without(model: "Encoder") -> IssueQuerySet:
    """Return the issues whose vectors are missing, another model's, or of what the issue said before."""
    right = IssueMeaning.objects.filter(issue=OuterRef("pk"), version=OuterRef("version"), encoder=model.name)
    return Issue.objects.filter(~Exists(right))


def _of_another(model: "Encoder") -> Q:
    """Return the condition that vectors are missing or another model's; as two ranges, so that an index serves it."""
    return Q(encoder__lt=model.name) | Q(encoder__gt=model.name)


def give_meaning(now: datetime) -> int:  # noqa: ARG001 - a job of the engine
    """Give sentence vectors to passages, askings and issues without those of the encoder in use.

    Returns how many got some. The arithmetic is done outside any transaction. Without an encoder there is nothing to
    do. The order of work is that of the rows; what was changed meanwhile is met again in the next run.
    """
    model = encoder.best()
    if model is None:
        return 0
    return _passages(model) + _askings(model) + _issues(model)


def _passages(model: "Encoder") -> int:
    from hausmeister.answers.encoder.kept import packed, signs

    waiting = list(Passage.objects.filter(_of_another(model)).order_by("id").only("id", "team_id", "text")[:AT_ONCE])
    if not waiting:
        return 0
    texts: list[str] = []
    spans: list[tuple[int, int]] = []
    for one in waiting:
        parts = [one.text, *ranking.windows(one.text)]
        spans.append((len(texts), len(texts) + len(parts)))
        texts += parts
    rows = model.encode(texts)
    for one, (start, end) in zip(waiting, spans, strict=True):
        one.vectors, one.signs, one.encoder = packed(rows[start:end]), signs(rows[start]), model.name
    with transaction.atomic():
        Shelf.objects.filter(pk__in={one.team_id for one in waiting}).update(vectors_changed=F("vectors_changed") + 1)
        Passage.objects.bulk_update(waiting, ["vectors", "signs", "encoder"])
    return len(waiting)


def _askings(model: "Encoder") -> int:
    from hausmeister.answers.encoder.kept import packed

    waiting = list(Asking.objects.filter(_of_another(model)).order_by("-id")[:AT_ONCE])
    if not waiting:
        return 0
    rows = model.encode([one.text for one in waiting])
    for at, one in enumerate(waiting):
        one.vector, one.encoder = packed(rows[at : at + 1]), model.name
    with transaction.atomic():
        Asking.objects.bulk_update(waiting, ["vector", "encoder"])
    return len(waiting)


def _issues(model: "Encoder") -> int:
    from hausmeister.answers.encoder.kept import packed

    newest = _issues_without(model).order_by("-id")
    # each is two texts, and they are long ones
    read = list(newest.values_list("id", "version", "title", Substr("text", 1, MOST_READ))[: AT_ONCE // 4])
    if not read:
        return 0
    rows = model.encode([text for _, _, title, body in read for text in (title, whole(title, body))])
    made = [
        IssueMeaning(issue_id=number, version=version, vectors=packed(rows[at * 2 : at * 2 + 2]), encoder=model.name)
        for at, (number, version, _, _) in enumerate(read)
    ]
    IssueMeaning.objects.bulk_create(
        made, update_conflicts=True, unique_fields=["issue"], update_fields=["version", "vectors", "encoder"]
    )
    return len(made)


def refit_confidence(now: datetime) -> int:
    """Move each team's confidence towards what its feedback says; return how many teams had some.

    The shipped weights stay the starting point: twenty answers weigh about as much as they do.
    """
    teams = set(
        Feedback.objects.filter(at__gte=now - _LOOKED_BACK).exclude(signs={}).values_list("card__team_id", flat=True)
    )
    for team_id in teams:
        said = Feedback.objects.filter(card__team_id=team_id, at__gte=now - _LOOKED_BACK).exclude(signs={})
        rows: dict[str, list[tuple[Mapping[str, float], bool]]] = {"words": [], "meaning": []}
        for signs, verdict in said.order_by("-id").values_list("signs", "verdict")[:_MOST_FEEDBACK]:
            tier = signs.get("tier", "words")
            # what was said before there was one of the signs teaches nothing any more
            if tier in rows and signs.keys() >= set(ranking.SIGNS[tier]):
                values = {name: float(signs[name]) for name in ranking.SIGNS[tier]}
                rows[tier].append((values, verdict == "helped"))
        weights = {tier: ranking.refit(tier, seen) for tier, seen in rows.items() if seen}
        Shelf.objects.filter(team_id=team_id).update(weights=weights)
    return len(teams)
