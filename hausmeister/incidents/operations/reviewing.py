"""The review, kept in every version that was saved, and the follow-ups that come of it."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F

from hausmeister.base import database
from hausmeister.base.untrusted import lines, one_line
from hausmeister.familiarity import operations as familiarity
from hausmeister.familiarity.operations import Work
from hausmeister.familiarity.rules import Kind
from hausmeister.incidents import tracker
from hausmeister.incidents.models import REVIEW_MOST, TASK_MOST, FollowUp, Incident, Review
from hausmeister.incidents.operations import changing
from hausmeister.incidents.rules import review as rules
from hausmeister.journal import operations as journal
from hausmeister.journal.rules import Fact
from hausmeister.team.models import Person, Team
from hausmeister.team.operations import as_actor


class ReviewMoved(Exception):
    """Somebody saved the review since it was read; what was typed is not lost, it stays in the form."""

    def __init__(self, newest: Review) -> None:
        who = newest.saved_by.name if newest.saved_by else "Somebody"
        super().__init__(f"{who} saved version {newest.number} meanwhile. Compare, then save again.")


class NoFollowUp(Exception):
    """A follow-up needs some words."""

    def __init__(self) -> None:
        super().__init__("Say what is to be done.")


class NoTracker(Exception):
    """No tracker is connected, so that no issue can be made."""

    def __init__(self) -> None:
        super().__init__("No tracker is connected; the follow-up is kept here.")


@database.tried_again
@transaction.atomic
def save_review(incident_id: int, text: str, *, seen: int, by: Person, now: datetime) -> Review:
    """Save the review as a new version; `seen` is the number it was edited from, 0 for the draft.

    It counts as written once no gap of the draft is left in it. Raises ReviewMoved, IncidentIsClosed.
    """
    incident = changing.lock_open(incident_id)
    newest = Review.objects.filter(incident=incident).order_by("-number").first()
    if newest is not None and newest.number != seen:
        raise ReviewMoved(newest)
    kept = lines(text, REVIEW_MOST)
    made = Review.objects.create(
        incident=incident, number=(newest.number if newest else 0) + 1, text=kept, saved_at=now, saved_by=by
    )
    is_written = bool(kept) and rules.gaps(kept) == 0
    incident.reviewed_at = (incident.reviewed_at or now) if is_written else None
    changing.store(incident, "reviewed_at")
    if is_written:
        work = Work(Kind.REVIEW, incident.subject, (by.pk,), (incident.title, kept), now)
        familiarity.record(incident.team_id, [work])
    changing.tell(incident, "incident.reviewed", as_actor(by), now, number=made.number, gaps=rules.gaps(kept))
    return made


@database.tried_again
@transaction.atomic
def add_follow_up(incident_id: int, text: str, *, owner: Person | None, by: Person, now: datetime) -> FollowUp:
    """Note what is to be done, and by whom. Raises NoFollowUp, NotOfTheTeam."""
    incident = changing.lock(incident_id)
    words = one_line(text, TASK_MOST)
    if not words:
        raise NoFollowUp
    if owner is not None:
        changing.check_member(incident, owner)
    made = FollowUp.objects.create(
        team=incident.team, incident=incident, text=words, owner=owner, made_at=now, made_by_name=by.name
    )
    changing.tell(incident, "incident.follow_up", as_actor(by), now, text=words, owner=owner.name if owner else "")
    changing.store(incident)
    return made


@database.tried_again
def task_of_failure(team: Team, failure: str, *, owner: Person | None, by: Person, now: datetime) -> FollowUp:
    """Note that a failure of the log book is to be ended for good; a second time returns what is there."""
    there = FollowUp.objects.filter(team=team, failure=failure[:300], done_at=None)
    found = there.first()
    if found is not None:
        return found
    try:
        with transaction.atomic():
            text = one_line(f"End for good: {failure}", TASK_MOST)
            made = FollowUp.objects.create(
                team=team, failure=failure[:300], text=text, owner=owner, made_at=now, made_by_name=by.name
            )
            facts = {"text": text, "follow_up": made.pk}
            journal.record(Fact(now, "logbook.task", f"team:{team.pk}", as_actor(by), team.pk, facts))
            return made
    except IntegrityError:
        return there.get()


@database.tried_again
@transaction.atomic
def finish(follow_up_id: int, *, done: bool, by: Person, now: datetime) -> FollowUp:
    """Say that a follow-up is done, or not after all."""
    one = FollowUp.objects.select_for_update(of=("self",)).get(pk=follow_up_id)
    if (one.done_at is not None) == done:
        return one
    one.done_at = now if done else None
    one.save(update_fields=["done_at"])
    _tell(one, "follow_up.done" if done else "follow_up.undone", by, now)
    return one


@database.tried_again
@transaction.atomic
def make_issue(follow_up_id: int, *, by: Person, now: datetime) -> FollowUp:
    """Make an issue of a follow-up in the connected tracker; a second time changes nothing. Raises NoTracker."""
    maker = tracker.connected()
    if maker is None:
        raise NoTracker
    one = FollowUp.objects.select_for_update(of=("self",)).select_related("team").get(pk=follow_up_id)
    if one.issue:
        return one
    one.issue = maker.make_issue(
        one.team, title=one.text, text=tracker.why(one), owner=one.owner, by=by, now=now
    )[:300]  # fmt: skip
    one.save(update_fields=["issue"])
    _tell(one, "follow_up.issue", by, now)
    return one


def _tell(one: FollowUp, verb: str, by: Person, now: datetime) -> None:
    subject = f"incident:{one.incident_id}" if one.incident_id else f"team:{one.team_id}"
    facts = {"text": one.text, "issue": one.issue}
    journal.record(Fact(now, verb, subject, as_actor(by), one.team_id, facts))
    if one.incident_id:
        Incident.objects.filter(pk=one.incident_id).update(version=F("version") + 1)
