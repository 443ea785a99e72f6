"""Changes to the rota: planning ahead, overrides, leave. Each is told in the journal."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from hausmeister.base.words import listed
from hausmeister.journal import operations as journal
from hausmeister.journal.rules import ENGINE, Actor, Fact
from hausmeister.outbox import operations as outbox
from hausmeister.rota import queries, telling
from hausmeister.rota.calendars import feeds
from hausmeister.rota.models import Override, Shift
from hausmeister.rota.operations import leaving
from hausmeister.rota.rules.rotation import Assignment, Turn, share_out
from hausmeister.rota.rules.slots import Post, Slot, slots_between
from hausmeister.team import operations as team_operations
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Leave, Membership, Person, Team
from hausmeister.team.operations import members
from hausmeister.team.rules import Role


class OverrideRefused(Exception):
    """The override would break a rule; the text says which and when."""


class OverrideNeedsWord(OverrideRefused):
    """The override bends the rule that a backstop outranks the person backed; say so to have it."""


class OverrideOverlaps(OverrideRefused):
    """Somebody else changed who has the post at that time, a moment before; theirs stands."""


@transaction.atomic
def plan_ahead(team: Team, *, now: datetime) -> int:
    """Share out the turns up to the policy's horizon that nobody has yet; return how many posts were filled.

    What is planned stays; two engines at once plan once, because the team's row is locked.
    """
    team = Team.objects.select_for_update().get(pk=team.pk)
    policy = team_queries.policy_of(team.pk)
    until = now + timedelta(weeks=policy.rota.weeks_ahead)
    slots = list(slots_between(queries.weekly_duties(policy), team.zone, now, until))
    stored = set(Shift.objects.filter(team=team, week__gte=slots[0].week).values_list("duty", "week"))
    fresh = [slot for slot in slots if (slot.duty, slot.week) not in stored]
    if not fresh or not queries.candidates(team):
        return 0
    assignments = share_out(
        fresh,
        queries.candidates(team),
        past=queries.turns_served(team),
        began_on=queries.began_on(team, default=fresh[0].week),
        rule=queries.rotation_rule(policy),
    )
    Shift.objects.bulk_create(_shift(team, one, now) for one in assignments)
    facts = {"from": fresh[0].starts_at.isoformat(), "to": fresh[-1].ends_at.isoformat(), "turns": len(fresh)}
    journal.record(Fact(now, "rota.planned", f"team:{team.pk}", ENGINE, team.pk, facts))
    return len(assignments)


def _shift(team: Team, one: Assignment, now: datetime) -> Shift:
    return Shift(
        team=team,
        duty=one.slot.duty,
        post=one.post,
        week=one.slot.week,
        starts_at=one.slot.starts_at,
        ends_at=one.slot.ends_at,
        person_id=one.person_id,
        bent=list(one.bent),
        served_before=one.served,
        planned_at=now,
    )


@transaction.atomic
def settle(team: Team, *, now: datetime, by: Actor, reason: str) -> list[Shift]:
    """Give new holders to the turns not yet begun whose holder cannot take them; return those shifts.

    Nobody else's turn moves. A turn that has begun is not given away: the resolver lets the backstop stand in.
    """
    team = Team.objects.select_for_update().get(pk=team.pk)
    candidates = {one.person_id: one for one in queries.candidates(team)}
    ahead = list(Shift.objects.filter(team=team, starts_at__gt=now).order_by("starts_at", "id"))
    lost = [
        shift
        for shift in ahead
        if shift.person_id not in candidates or not candidates[shift.person_id].is_free(_slot(shift))
    ]
    if not lost or not candidates:
        return []
    lost_ids = {shift.pk for shift in lost}
    lost_keys = {(shift.duty, shift.week, shift.post) for shift in lost}
    slots = list(
        {_slot(shift): None for shift in ahead if (shift.duty, shift.week) in {(d, w) for d, w, _ in lost_keys}}
    )
    others = [
        turn for turn in queries.turns_served(team)
        if (turn.slot.duty, turn.slot.week, turn.post.value) not in lost_keys
    ]  # fmt: skip
    fixed = [
        Turn(_slot(shift), Post(shift.post), shift.person_id)
        for shift in ahead
        if shift.pk not in lost_ids and shift.person_id is not None and _slot(shift) in slots
    ]
    assignments = share_out(
        slots,
        list(candidates.values()),
        past=[turn for turn in others if turn.slot not in slots],
        began_on=queries.began_on(team, default=now.date()),
        rule=queries.rotation_rule(team_queries.policy_of(team.pk)),
        fixed=fixed,
    )
    return _rewrite(team, lost, assignments, now=now, by=by, reason=reason)


def _slot(shift: Shift) -> Slot:
    return Slot(shift.duty, shift.week, shift.starts_at, shift.ends_at)


def _rewrite(
    team: Team,
    lost: Sequence[Shift],
    assignments: Sequence[Assignment],
    *,
    now: datetime,
    by: Actor,
    reason: str,
) -> list[Shift]:
    chosen = {(one.slot, one.post): one for one in assignments}
    names = team_queries.people_by_id(
        {
            person
            for shift in lost
            for person in (shift.person_id, chosen[_slot(shift), Post(shift.post)].person_id)
            if person
        }
    )
    facts, moved = [], []
    for shift in lost:
        new = chosen[_slot(shift), Post(shift.post)]
        before = names[shift.person_id].name if shift.person_id else ""
        after = names[new.person_id].name if new.person_id else ""
        Shift.objects.filter(pk=shift.pk).update(person_id=new.person_id, bent=list(new.bent), planned_at=now)
        moved.append(telling.Moved(shift, shift.person_id, new.person_id))
        shift.person_id = new.person_id
        details = {
            "duty": shift.duty, "post": shift.post, "week": shift.week.isoformat(), "before": before, "after": after,
            "reason": reason,
        }  # fmt: skip
        facts.append(Fact(now, "shift.moved", f"team:{team.pk}", by, team.pk, details))
    journal.record_many(facts)
    outbox.enqueue(telling.letters(team, moved, reason=reason, now=now), now=now)
    return list(lost)


@transaction.atomic
def record_leave(person: Person, *, starts_on: date, ends_on: date, by: Actor, now: datetime) -> list[Shift]:
    """Store days away and settle the duties they touch in every team; return the shifts that moved."""
    _lock_teams_of(person)
    with _running_told(person, reason=_("%(name)s is away") % {"name": person.name}, by=by, now=now):
        team_operations.record_leave(person, starts_on=starts_on, ends_on=ends_on, by=by, now=now)
    return _settle_all(person, now=now, by=by, reason=f"{person.name} is away")


@transaction.atomic
def exchange_leave(
    person: Person, *, withdrawn: Sequence[Leave], recorded: Sequence[tuple[date, date]], by: Actor, now: datetime
) -> list[Leave]:
    """Take days away back and store others, as one change; settle the duties once. Return the new ones in their order.

    For many at a time, as a calendar that is read brings them.
    """
    _lock_teams_of(person)
    with _running_told(person, reason=_("%(name)s is away") % {"name": person.name}, by=by, now=now):
        for leave in withdrawn:
            cancel_leave(leave, by=by, now=now)
        made = [
            team_operations.record_leave(person, starts_on=first, ends_on=last, by=by, now=now)
            for first, last in recorded
        ]
    if made:
        _settle_all(person, now=now, by=by, reason=f"{person.name} is away")
    return made


@transaction.atomic
def cancel_leave(leave: Leave, *, by: Actor, now: datetime) -> None:
    """Take days away back. Duties that were given to others stay with them."""
    if Leave.objects.filter(pk=leave.pk, cancelled_at=None).update(cancelled_at=now):
        facts = {"from": leave.starts_on.isoformat(), "to": leave.ends_on.isoformat()}
        journal.record(Fact(now, "leave.cancelled", f"person:{leave.person_id}", by, None, facts))


def _lock_teams_of(person: Person) -> None:
    """Lock the person's teams before anything is written.

    Who plans holds a team's row first and changes the revision afterwards. In the other order two who change the
    rota at the same moment would wait for each other, and PostgreSQL would end one of them.
    """
    teams = Team.objects.filter(memberships__person=person, memberships__left_on=None).values("id")
    list(Team.objects.filter(id__in=teams).order_by("id").select_for_update())


@contextmanager
def _running_told(person: Person, *, reason: str, by: Actor, now: datetime) -> Iterator[None]:
    """Tell whoever gains or loses something of the turn that runs: it is not given away, others stand in at once."""
    teams = Team.objects.filter(memberships__person=person, memberships__left_on=None).order_by("id")
    with ExitStack() as stack:
        for team in teams:
            ends_at = queries.on_duty(team, at=now).ends_at
            stack.enter_context(_told(team, now, ends_at, reason=reason, by=by, now=now))
        yield


def _settle_all(person: Person, *, now: datetime, by: Actor, reason: str) -> list[Shift]:
    moved: list[Shift] = []
    teams = Team.objects.filter(memberships__person=person, memberships__left_on=None).order_by("id")
    for team in teams:
        moved += settle(team, now=now, by=by, reason=reason)
    return moved


@transaction.atomic
def add_override(
    team: Team,
    *,
    post: Post,
    person: Person,
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
    by: Actor,
    now: datetime,
    created_by: Person | None = None,
    even_if_outranked: bool = False,
    tells: bool = True,
    seen: int | None = None,
) -> Override:
    """Let `person` hold `post` for the span, whatever is planned, and tell whoever gains or loses something by it.

    `tells` is False where the caller tells them, in words of its own. `seen` is the newest override that whoever
    asks has seen (`queries.newest_override`); None where the caller has looked inside this transaction.
    Raises OverrideOverlaps when a newer one than `seen` has the post at some time of the span.
    Raises OverrideRefused when the span is not ahead, the person is no responder of the team, or already
    holds the other post at some time of it; OverrideNeedsWord when the backstop would no longer outrank the
    person backed, unless `even_if_outranked`.
    """
    team = Team.objects.select_for_update().get(pk=team.pk)
    if not starts_at < ends_at or ends_at <= now:
        raise OverrideRefused("The override must end after it begins, and in the future.")
    if ends_at - starts_at > timedelta(days=92):
        raise OverrideRefused("An override lasts at most 92 days.")
    members = {member.person_id: member for member in team_queries.members(team.pk) if member.role != Role.VIEWER}
    if person.pk not in members:
        raise OverrideRefused(f"{person.name} is not a responder of {team.name}.")
    if seen is not None:
        _check_unseen(team, post, starts_at, ends_at, seen=seen)
    outranked = _check_others(team, post, person, starts_at, ends_at, members)
    if outranked and not even_if_outranked:
        raise OverrideNeedsWord(f"{outranked} A backstop should have more ops experience than the person backed.")
    with _told(team, starts_at, ends_at, reason=reason[:200], by=by, now=now) if tells else nullcontext():
        override = Override.objects.create(
            team=team, post=post, person=person, starts_at=starts_at, ends_at=ends_at, reason=reason[:200],
            created_by=created_by, created_at=now,
        )  # fmt: skip
    facts = {
        "override": override.pk, "post": post.value, "person": person.name, "from": starts_at.isoformat(),
        "to": ends_at.isoformat(), "reason": reason[:200], "outranked": bool(outranked),
    }  # fmt: skip
    journal.record(Fact(now, "override.added", f"team:{team.pk}", by, team.pk, facts))
    return override


def _check_unseen(team: Team, post: Post, starts_at: datetime, ends_at: datetime, *, seen: int) -> None:
    """Raise OverrideOverlaps for an override that whoever asks cannot have known of."""
    unseen = queries.overrides_of(team).touching(starts_at, ends_at).filter(post=post, pk__gt=seen).first()
    if unseen is None:
        return
    first, last = (moment.astimezone(team.zone) for moment in (unseen.starts_at, unseen.ends_at))
    raise OverrideOverlaps(
        f"{unseen.person.name} was given this post meanwhile, from {first:%a %d %b %H:%M} to {last:%a %d %b %H:%M}"
        f" ({team.zone_name}). Nothing was changed. Save again if yours shall hold all the same."
    )


def _check_others(
    team: Team,
    post: Post,
    person: Person,
    starts_at: datetime,
    ends_at: datetime,
    members: dict[int, Membership],
) -> str:
    """Return who would be outranked, "" for nobody. Raises OverrideRefused when one person would hold both posts."""
    strictly = team_queries.policy_of(team.pk).rota.strictly_more_experience
    outranked: list[str] = []
    for segment in queries.timeline(team, starts_at=starts_at, ends_at=ends_at):
        other = segment.duty.backstop.person if post is Post.PRIMARY else segment.duty.primary.person
        when = f"{segment.starts_at.astimezone(team.zone):%a %d %b %H:%M}"
        if other == person:
            raise OverrideRefused(f"From {when} {person.name} already holds the other post; nobody backs themselves.")
        if other is None or other.pk not in members:
            continue
        backed, behind = (person, other) if post is Post.PRIMARY else (other, person)
        more = members[behind.pk].experience - members[backed.pk].experience
        if more < (1 if strictly else 0):
            outranked.append(f"{behind.first_name} would back {backed.first_name} from {when}")
    return listed(outranked[:3]) + "." if outranked else ""


@transaction.atomic
def cancel_override(override: Override, *, by: Actor, now: datetime, tells: bool = True) -> None:
    """End an override; the plan holds again from now on. What was served under it stays in the history.

    Whoever gains or loses something by it is told; `tells` is False where the caller does. A second time changes
    nothing.
    """
    mine = Override.objects.filter(pk=override.pk, cancelled_at=None, ends_at__gt=now)
    if not mine.exists():
        return
    reason = _("the override for %(name)s is over") % {"name": override.person.name}
    span = (override.starts_at, override.ends_at)
    with _told(override.team, *span, reason=reason, by=by, now=now) if tells else nullcontext():
        ended = mine.filter(starts_at__lt=now).update(ends_at=now) or mine.update(cancelled_at=now)
    if ended:
        facts = {"override": override.pk, "person": override.person.name}
        journal.record(Fact(now, "override.cancelled", f"team:{override.team_id}", by, override.team_id, facts))


def _told(
    team: Team, starts_at: datetime, ends_at: datetime, *, reason: str, by: Actor, now: datetime
) -> AbstractContextManager[None]:  # fmt: skip
    return telling.of_changes(team, starts_at=starts_at, ends_at=ends_at, reason=reason, by=by, now=now)


@transaction.atomic
def change_member(
    membership: Membership, *, role: Role, experience: int, takes_duty: bool, by: Actor, now: datetime
) -> list[Shift]:
    """Change what a person is in a team, and settle the duties they can no longer take; return those that moved.

    Raises LastLead.
    """
    Team.objects.select_for_update().get(pk=membership.team_id)
    members.change_member(membership, role=role, experience=experience, takes_duty=takes_duty, by=by, now=now)
    return settle(membership.team, now=now, by=by, reason=f"{membership.person.name} no longer takes duties")


@transaction.atomic
def part(membership: Membership, *, by: Actor, now: datetime) -> list[Shift]:
    """End a person's part in a team, and settle their duties there; return those that moved. Raises LastLead."""
    team = Team.objects.select_for_update().get(pk=membership.team_id)
    reason = _("%(name)s left the team") % {"name": membership.person.name}
    with _running_told(membership.person, reason=reason, by=by, now=now):
        members.part(membership, on=now.astimezone(team.zone).date(), by=by, now=now)
    feeds.revoke_feeds_of(membership.person, by=by, now=now, team=team)
    leaving.take_out(membership.person, team, by=by, now=now)
    return settle(team, now=now, by=by, reason=f"{membership.person.name} left {team.name}")


@transaction.atomic
def deactivate(person: Person, *, by: Actor, now: datetime) -> list[Shift]:
    """End an account, and settle its duties in every team; return those that moved. Raises LastAdmin."""
    _lock_teams_of(person)
    for team in Team.objects.filter(memberships__person=person, memberships__left_on=None).order_by("id"):
        leaving.take_out(person, team, by=by, now=now)
    with _running_told(person, reason=_("%(name)s is gone") % {"name": person.name}, by=by, now=now):
        members.deactivate(person, by=by, now=now)
    feeds.revoke_feeds_of(person, by=by, now=now)
    return _settle_all(person, now=now, by=by, reason=f"{person.name} is gone")


@transaction.atomic
def found_team(
    *, name: str, slug: str, zone_name: str, founder: Person, others: Sequence[tuple[str, str]], now: datetime
) -> tuple[Team, list[tuple[str, str]]]:
    """Make a team with its first people, and share out its first duties.

    `others` are (name, e-mail address), the most seasoned first, the founder among them or not; everybody but
    the founder is invited by mail. The founder leads. Returns the team, and (name, link) of each invitation.
    Raises IntegrityError when the slug is taken.
    """
    by = team_operations.as_actor(founder)
    team = team_operations.make_team(slug=slug, name=name, zone_name=zone_name, by=by, now=now)
    joined_on = now.astimezone(team.zone).date()
    seasoned = (
        list(others) if founder.email in {email for _, email in others} else [*others, (founder.name, founder.email)]
    )
    links: list[tuple[str, str]] = []
    for place, (person_name, email) in enumerate(seasoned):
        experience = len(seasoned) - place
        if email == founder.email:
            team_operations.join(
                team, founder, role=Role.LEAD, experience=experience, joined_on=joined_on, by=by, now=now
            )  # fmt: skip
        else:
            link = members.enroll(team, name=person_name, email=email, experience=experience, by=founder, now=now)
            links.append((person_name, link))
    plan_ahead(team, now=now)
    return team, links
