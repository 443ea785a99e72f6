"""Point and comms: asked and accepted, or assigned by point or a lead. They are never empty in silence."""

from datetime import datetime

from django.db import transaction

from hausmeister.base import database
from hausmeister.incidents import telling
from hausmeister.incidents.models import Incident, Offer
from hausmeister.incidents.operations import changing
from hausmeister.incidents.rules.kinds import Answer, Post
from hausmeister.journal.rules import ENGINE
from hausmeister.outbox import operations as outbox
from hausmeister.team import permissions
from hausmeister.team.models import Person
from hausmeister.team.operations import as_actor
from hausmeister.team.rules import Capability


class PostMoved(Exception):
    """Somebody handed the post over a moment before; the text says who has it."""

    def __init__(self, incident: Incident, post: Post) -> None:
        holder = holder_of(incident, post)
        name = holder.name if holder else "nobody"
        super().__init__(f"{post.value.capitalize()} changed hands a moment before: {name} has it now.")


class NotYours(Exception):
    """Only point or a lead may say who has a post without asking them."""

    def __init__(self, incident: Incident) -> None:
        super().__init__(f"Only point ({incident.point.name}) or a lead can assign it; you can ask somebody instead.")


class OfferIsVoid(Exception):
    """Nobody is asked any more: it was answered, or the post went elsewhere."""

    def __init__(self) -> None:
        super().__init__("You are not asked any more: somebody else has it, or it was answered.")


def holder_of(incident: Incident, post: Post) -> Person | None:
    """Return who has `post`."""
    return incident.point if post is Post.POINT else incident.comms


@database.tried_again
@transaction.atomic
def offer(incident_id: int, post: Post, *, to: Person, by: Person, now: datetime) -> Offer:
    """Ask `to` to take `post`; whoever has it keeps it until they accept. An older question is void.

    Raises IncidentIsOver, NotOfTheTeam, PostMoved when `to` has it already.
    """
    incident = changing.lock_running(incident_id)
    changing.check_member(incident, to)
    holder = holder_of(incident, post)
    if holder is not None and holder.pk == to.pk:
        raise PostMoved(incident, post)
    made = _ask(incident, post, to, by_name=by.name, now=now)
    changing.tell(incident, "incident.asked", as_actor(by), now, post=post.value, to=to.name)
    changing.store(incident)
    return made


def ask_suggested(incident: Incident, to: Person, *, now: datetime) -> None:
    """Ask the backstop to be comms, in the product's own name, when an incident is opened."""
    _ask(incident, Post.COMMS, to, by_name=ENGINE.name, now=now)
    changing.tell(incident, "incident.asked", ENGINE, now, post=Post.COMMS.value, to=to.name)


def _ask(incident: Incident, post: Post, to: Person, *, by_name: str, now: datetime) -> Offer:
    _void(incident, post, now=now)
    made = Offer.objects.create(incident=incident, post=post, to=to, by_name=by_name, made_at=now)
    draft = telling.asked(incident, to, post=post.value, by=by_name, key=f"offer-{made.pk}", now=now)
    outbox.enqueue([draft], now=now)
    return made


def _void(incident: Incident, post: Post, *, now: datetime) -> None:
    waiting = Offer.objects.filter(incident=incident, post=post, answer=Answer.NONE)
    waiting.update(answer=Answer.VOID, answered_at=now)


@database.tried_again
@transaction.atomic
def accept(offer_id: int, *, by: Person, now: datetime) -> Incident:
    """Take the post that `by` is asked to take. Raises OfferIsVoid, IncidentIsOver."""
    asked = Offer.objects.get(pk=offer_id)
    incident = changing.lock_running(asked.incident_id)
    mine = Offer.objects.filter(pk=offer_id, to=by, answer=Answer.NONE)
    if not mine.update(answer=Answer.YES, answered_at=now):
        raise OfferIsVoid
    _give(incident, Post(asked.post), by, by=by, now=now)
    return incident


@database.tried_again
@transaction.atomic
def decline(offer_id: int, *, by: Person, now: datetime) -> Incident:
    """Say no; whoever has the post keeps it, and the timeline says so. Raises OfferIsVoid, IncidentIsOver."""
    asked = Offer.objects.get(pk=offer_id)
    incident = changing.lock_running(asked.incident_id)
    if not Offer.objects.filter(pk=offer_id, to=by, answer=Answer.NONE).update(answer=Answer.NO, answered_at=now):
        raise OfferIsVoid
    changing.tell(incident, "incident.declined", as_actor(by), now, post=asked.post)
    changing.store(incident)
    return incident


@database.tried_again
@transaction.atomic
def assign(incident_id: int, post: Post, *, to: Person, by: Person, seen: int | None, now: datetime) -> Incident:
    """Give `post` to `to` at once: point and leads may, and anybody may take comms while nobody has it.

    `seen` is who had it when the button was drawn (a person's id, None for nobody): of two who hand over at once
    the second is told. Raises PostMoved, NotYours, NotOfTheTeam, IncidentIsOver.
    """
    incident = changing.lock_running(incident_id)
    changing.check_member(incident, to)
    holder = holder_of(incident, post)
    if (holder.pk if holder else None) != seen:
        raise PostMoved(incident, post)
    takes_free_post = holder is None and to.pk == by.pk
    leads = permissions.can(by, Capability.CHANGE_ROTA, team_id=incident.team_id)
    if not takes_free_post and by.pk != incident.point_id and not leads:
        raise NotYours(incident)
    if holder is not None and holder.pk == to.pk:
        return incident
    _void(incident, post, now=now)
    _give(incident, post, to, by=by, now=now)
    return incident


def _give(incident: Incident, post: Post, to: Person, *, by: Person, now: datetime) -> None:
    before = holder_of(incident, post)
    if post is Post.POINT:
        incident.point = to
    else:
        incident.comms = to
    changing.store(incident, post.value)
    changing.tell(
        incident, "incident.handed_over", as_actor(by), now, post=post.value, to=to.name,
        before=before.name if before else "",
    )  # fmt: skip
    changing.show_in_chat(incident, now=now)
