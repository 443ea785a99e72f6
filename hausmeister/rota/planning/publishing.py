"""From a draft to the rota: checked independently, against the facts of this moment; written once, told once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from hausmeister.journal import operations as journal
from hausmeister.journal.rules import Actor, Fact
from hausmeister.outbox import operations as outbox
from hausmeister.outbox.operations import Draft as Letter
from hausmeister.rota.models import Shift
from hausmeister.rota.models.planning import Draft
from hausmeister.rota.planner import files
from hausmeister.rota.planner.checker import check
from hausmeister.rota.planner.instance import Plan, Slot
from hausmeister.rota.planning import drafts, snapshot
from hausmeister.rota.planning.rules import letters, stored
from hausmeister.rota.planning.rules.diff import Change, by_person, changes
from hausmeister.rota.planning.rules.instance import Frame, id_of
from hausmeister.rota.planning.rules.roles import CannotPlan
from hausmeister.rota.planning.rules.sentences import for_people
from hausmeister.rota.planning.rules.staleness import differences
from hausmeister.rota.planning.rules.states import DraftState, Purpose
from hausmeister.team import queries as team_queries
from hausmeister.team.letters import letter
from hausmeister.team.models import Person, Team


class PublishRefused(Exception):
    """The draft cannot be published; the text says why and what to do."""


class DraftIsStale(PublishRefused):
    """Facts changed since the draft was made; `changed` says which, in sentences."""

    def __init__(self, changed: Sequence[str]) -> None:
        super().__init__("The facts changed since this plan was made. " + " ".join(changed) + " Ask for a new plan.")
        self.changed = tuple(changed)


@dataclass(frozen=True)
class Published:
    """What was done: how many turns were written anew, and who is told."""

    changes: tuple[Change, ...]
    told: tuple[Person, ...]


@dataclass(frozen=True)
class Preview:
    """A draft against what stands now."""

    inputs: snapshot.Inputs
    plan: Plan
    changes: tuple[Change, ...]

    @property
    def people(self) -> tuple[str, ...]:
        """The people whose duty changes, as the instance calls them."""
        return tuple(by_person(self.changes))


def preview(draft: Draft, *, now: datetime) -> Preview:
    """Return what publishing `draft` would change now. Raises CannotPlan, PublishRefused when it has no plan."""
    if draft.result is None or "assignments" not in draft.result:
        raise PublishRefused("This draft has no plan.")
    found = snapshot.inputs(
        draft.team, first_week=draft.first_week, weeks=draft.weeks, now=now, bends=draft.bends
    )  # fmt: skip
    plan = stored.plan_of(draft.result["assignments"])
    return Preview(found, plan, tuple(changes(found.instance, found.names, stands=found.stands, plan=plan)))


def what_changed(draft: Draft, inputs: snapshot.Inputs) -> list[str]:
    """Return in sentences what changed since the draft was made; [] when it may be published."""
    made_from = files.instance_from(draft.inputs["instance"])
    return differences(made_from, inputs.instance, {**draft.inputs["names"], **inputs.names})


@transaction.atomic
def publish(draft: Draft, *, version: int, by: Actor, person: Person | None, now: datetime) -> Published:
    """Put the plan of `draft` in force, and tell everybody whose duty changed, once.

    `version` is what the form was drawn from. Raises DraftMoved when the draft is published, discarded or not that
    version any more, DraftIsStale when facts changed since it was made, PublishRefused when a week has begun or the
    checker finds a broken rule. Mail that fails later undoes nothing.
    """
    # without the key: pages that are stored meanwhile refer to the team, and must not wait for a plan
    team = Team.objects.select_for_update(no_key=True).get(pk=draft.team_id)
    draft = Draft.objects.select_for_update().get(pk=draft.pk)
    _refuse_moved(draft, version)
    if draft.first_week < snapshot.next_week(team, now=now):
        raise PublishRefused(f"The week of {draft.first_week:%d %b} has begun. Ask for a plan that begins later.")
    found = _checked(draft, now=now)
    policy = team_queries.policy_of(team.pk)
    frame = snapshot.frame_of(
        team, policy, first_week=draft.first_week, weeks=draft.weeks, thaws_on=draft.first_week
    )  # fmt: skip
    _write(team, frame, found.changes, now=now)
    told = _tell(draft, team, frame, found, by=by, now=now)
    Draft.objects.filter(pk=draft.pk).update(
        state=DraftState.PUBLISHED, published_at=now, published_by=person, people_told=len(told),
        version=F("version") + 1,
    )  # fmt: skip
    # the other plans of the comparison were answers to the same question
    rest = Draft.objects.filter(team=team, bundle=draft.bundle).exclude(pk=draft.pk)
    rest.exclude(state=DraftState.PUBLISHED).update(
        state=DraftState.DISCARDED, claimed_by="", claimed_until=None, version=F("version") + 1
    )
    _journal(draft, team, found.changes, by=by, now=now)
    return Published(found.changes, tuple(told))


def _refuse_moved(draft: Draft, version: int) -> None:
    if draft.purpose != Purpose.PLAN:
        raise PublishRefused("This draft answers a question about days away; it is no plan to publish.")
    if draft.state == DraftState.PUBLISHED:
        raise drafts.DraftMoved("This plan is published already.")
    if draft.state != DraftState.READY or draft.version != version:
        raise drafts.DraftMoved(f"This plan changed meanwhile: it is {draft.state}. Look at it again.")


def _checked(draft: Draft, *, now: datetime) -> Preview:
    try:
        found = preview(draft, now=now)
    except CannotPlan as error:
        raise PublishRefused(str(error)) from error
    imagined = [one for one in draft.bends if one["kind"] in {"absence", "leave"}]
    real = found.inputs
    if imagined:
        # what was imagined must have become true
        plain = [one for one in draft.bends if one not in imagined]
        real = snapshot.inputs(
            draft.team, first_week=draft.first_week, weeks=draft.weeks, now=now, bends=plain
        )  # fmt: skip
    changed = what_changed(draft, real)
    if changed:
        raise DraftIsStale(changed)
    broken = check(real.instance, found.plan)
    if broken:
        words = (for_people(one.words, real.instance, real.titles) for one in broken[:3])
        raise PublishRefused("The plan breaks a rule: " + " ".join(words))
    return found


def _write(team: Team, frame: Frame, found: Sequence[Change], *, now: datetime) -> None:
    stored_now = {
        (shift.duty, shift.week, shift.post): shift
        for shift in Shift.objects.filter(team=team, week__gte=frame.first_week, week__lt=frame.monday(frame.weeks))
    }
    fresh = []
    for one in found:
        turn, post = frame.turn(one.slot), frame.roles.post(one.slot.role)
        person_id = id_of(one.after) if one.after else None
        known = stored_now.get((turn.duty, turn.week, post.value))
        if known is not None:
            Shift.objects.filter(pk=known.pk).update(person_id=person_id, bent=[], planned_at=now)
        else:
            fresh.append(
                Shift(
                    team=team, duty=turn.duty, post=post.value, week=turn.week, starts_at=turn.starts_at,
                    ends_at=turn.ends_at, person_id=person_id, planned_at=now,
                )
            )  # fmt: skip
    if fresh:
        Shift.objects.bulk_create(fresh)


def _tell(
    draft: Draft, team: Team, frame: Frame, found: Preview, *, by: Actor, now: datetime
) -> list[Person]:  # fmt: skip
    """Store one letter for each person whose duty changed; return who they are."""
    moved = by_person(found.changes)
    people = team_queries.people_by_id(id_of(key) for key in moved)
    firm = snapshot.horizon_of(team, team_queries.policy_of(team.pk), now=now)
    told, rows = [], []
    for key, moves in moved.items():
        person = people.get(id_of(key))
        if person is None or not person.is_active:
            continue
        lines = [
            letters.line(
                one, titles=found.inputs.titles, turn=_turn(frame, one.slot), was=_turn(frame, one.origin),
                zone=person.zone, is_tentative=frame.monday(one.slot.week) >= firm.tentative_on,
            )
            for one in moves
        ]  # fmt: skip
        rows.append(_letter(draft, team, person, lines, by=by, now=now))
        told.append(person)
    outbox.enqueue(rows, now=now)
    return told


def _turn(frame: Frame, slot: Slot | None) -> tuple[datetime, datetime] | None:
    if slot is None:
        return None
    turn = frame.turn(slot)
    return turn.starts_at, turn.ends_at


def _letter(draft: Draft, team: Team, person: Person, lines: Sequence[str], *, by: Actor, now: datetime) -> Letter:
    facts: Mapping[str, str] = {
        "name": person.first_name, "team": team.name, "by": by.name, "zone": person.zone_name,
        "lines": "\n".join(lines), "link": f"{settings.HAUSMEISTER_BASE_URL}/rota?view=mine&team={team.slug}",
    }  # fmt: skip
    text = _(
        "Hello %(name)s,\n\n%(by)s published a plan for %(team)s. For you it changes (times in %(zone)s):\n\n%(lines)s"
        "\n\nAll your duties: %(link)s"
    )
    subject = _("Your duties in %(team)s changed") % facts
    return letter(
        person,
        subject=subject,
        text=text % facts,
        about=f"draft:{draft.pk}",
        key=f"plan-{draft.pk}-{person.pk}",
        team_id=team.pk,
        due_at=now,
    )


def _journal(draft: Draft, team: Team, found: Sequence[Change], *, by: Actor, now: datetime) -> None:
    names = draft.inputs["names"]
    facts = [
        Fact(
            now, "rota.published", f"team:{team.pk}", by, team.pk,
            {
                "draft": draft.pk, "inputs": draft.inputs_hash[:16], "from": draft.first_week.isoformat(),
                "weeks": draft.weeks, "changes": len(found), "bends": draft.bends,
            },
        )
    ]  # fmt: skip
    for one in found:
        details = {
            "draft": draft.pk, "role": one.slot.role.value, "week": one.slot.week,
            "before": names.get(one.before or "", ""), "after": names.get(one.after or "", ""), "reason": one.cause,
        }  # fmt: skip
        facts.append(Fact(now, "shift.planned", f"team:{team.pk}", by, team.pk, details))
    journal.record_many(facts)
