"""A word before each shift begins and ends, to whoever has it by then: one message for each end, never at night."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from hausmeister.outbox import operations as outbox
from hausmeister.outbox import queries as outbox_queries
from hausmeister.pager.models import ShiftEnd, ToldShift
from hausmeister.pager.operations import letters
from hausmeister.pager.rules.words import clock_time
from hausmeister.rota import foresight as rota
from hausmeister.rota.foresight import Outlook
from hausmeister.rota.rules.shifts import Shift, end_told_at, may_be_told, start_told_at
from hausmeister.rota.rules.slots import Post
from hausmeister.team.models import Person, Team

# whoever got a shift so shortly before it begins hears of it, also when they switched notices off
SHORT_NOTICE = timedelta(hours=48)
# a letter about the change so shortly before the notice makes the notice needless
_JUST_BEFORE = timedelta(hours=2)
# how letters begin their keys that tell of one change of hands: published plans, swaps and cover, leave and overrides
_LETTERS = ("plan-", "ask-", "moved-")


@dataclass(frozen=True)
class Notice:
    """One end of one shift, about which its holder hears."""

    shift: Shift
    which: ShiftEnd

    @property
    def at(self) -> datetime:
        """When that end is."""
        return self.shift.starts_at if self.which is ShiftEnd.START else self.shift.ends_at

    @property
    def key(self) -> tuple[int, str, str, datetime]:
        """What makes it the same notice: person, post, which end, and when that is."""
        return self.shift.person.person_id, self.shift.mark, self.which.value, self.at

    def told_at(self, person: Person, of: Outlook) -> datetime | None:
        """Return when `person` hears of it, None for never."""
        rule = of.policy.foresight
        lead = rule.notice_before_start if self.which is ShiftEnd.START else rule.notice_before_end
        if not lead:
            return None
        if self.which is ShiftEnd.START:
            return start_told_at(self.at, lead=lead, zone=person.zone)
        return max(end_told_at(self.at, lead=lead, zone=person.zone), self.shift.starts_at)


def tell_of_shifts(team_id: int, *, now: datetime) -> int:
    """Tell whoever's shift begins or ends soon, and take back what waits about shifts that moved; return how many."""
    of = rota.outlook(team_id, now=now)
    ahead = [one for shift in of.shifts() for one in _ends(shift) if one.at > now]
    stored = list(ToldShift.objects.filter(team_id=team_id, at__gt=now))
    known = {(row.person_id, row.post, row.which, row.at) for row in stored}
    due = [one for one in ahead if one.key not in known and _is_due(one, of, now)]
    valid = {one.key for one in ahead}
    moved = [row for row in stored if (row.person_id, row.post, row.which, row.at) not in valid]
    return _store(of, due, moved, now=now) if due or moved else 0


def _ends(shift: Shift) -> Iterable[Notice]:
    return Notice(shift, ShiftEnd.START), Notice(shift, ShiftEnd.END)


def _is_due(one: Notice, of: Outlook, now: datetime) -> bool:
    person = of.people.get(one.shift.person.person_id)
    if person is None or not person.is_active or one.at >= of.until:
        return False
    told_at = one.told_at(person, of)
    if told_at is None or now < told_at or not may_be_told(now, one.at, person.zone):
        return False
    if one.which is ShiftEnd.END:
        return person.hears_of_shifts
    came_at = rota.came_about_at(one.shift)
    if came_at is None or (person.hears_of_shifts and came_at < told_at - _JUST_BEFORE):
        return person.hears_of_shifts
    is_late = came_at > one.at - SHORT_NOTICE
    return (person.hears_of_shifts or is_late) and not _was_told(person, came_at)


def _was_told(person: Person, came_at: datetime) -> bool:
    """Say whether a letter went out with the very change that gave them the shift: another would be one too many."""
    return outbox_queries.was_told(person.pk, at=came_at, keys=_LETTERS)


@transaction.atomic
def _store(of: Outlook, due: list[Notice], moved: list[ToldShift], *, now: datetime) -> int:
    Team.objects.select_for_update(no_key=True).get(pk=of.team.pk)
    for row in moved:
        # what still waits is not sent; should the shift come back, it is told anew
        if outbox.cancel([row.subject], now=now):
            row.delete()
    drafts = []
    for one in due:
        person = of.people[one.shift.person.person_id]
        row, is_new = ToldShift.objects.get_or_create(
            team=of.team, person=person, post=one.shift.mark, which=one.which.value, at=one.at,
            defaults={"told_at": now},
        )  # fmt: skip
        if not is_new:
            continue
        subject, text = words(one, person, now=now)
        draft = letters.letter(
            person, subject=subject, text=text, about=row.subject, key=f"shift-{row.pk}", team_id=of.team.pk, due_at=now
        )
        if draft is not None:
            drafts.append(draft)
    outbox.enqueue(drafts, now=now)
    return len(drafts)


def words(one: Notice, person: Person, *, now: datetime) -> tuple[str, str]:
    """Return subject and text of a notice, on the person's clocks."""
    shift = one.shift

    def at(moment: datetime) -> str:
        return clock_time(moment, zone=person.zone, now=now)

    facts = {
        "title": shift.title, "team": shift.team, "begins": at(shift.starts_at), "ends": at(shift.ends_at),
        "zone": person.zone_name, "name": person.first_name,
    }  # fmt: skip
    if one.which is ShiftEnd.END:
        subject = _("Your duty ends %(ends)s") % facts
        after = _("%(name)s takes over.") % {"name": shift.after.name} if shift.after else _("Nobody follows by plan.")
        if shift.after is not None and shift.after.person_id == person.pk:
            after = _("The next one is yours as well.")
        told = _("Your duty as %(title)s of %(team)s ends %(ends)s.") % facts
        return subject, " ".join((told, after, _clocks(facts)))
    subject = _("Your duty begins %(begins)s") % facts
    told = _("Your duty as %(title)s of %(team)s begins %(begins)s and lasts until %(ends)s.") % facts
    breaks = [_("Not from %(from)s to %(to)s.") % {"from": at(a), "to": at(b)} for a, b in shift.breaks]
    beside = [_beside(shift, at(shift.other_until))] if shift.schedule_id is None else []
    return subject, " ".join((told, *breaks, *beside, _clocks(facts)))


def _beside(shift: Shift, until: str) -> str:
    if shift.other is None:
        return _("Nobody backs you.") if shift.post is Post.PRIMARY else _("Nobody is on duty before you.")
    facts = {"name": shift.other.name, "until": until}
    if shift.post is Post.PRIMARY:
        return _("%(name)s backs you until %(until)s.") % facts
    return _("You back %(name)s until %(until)s.") % facts


def _clocks(facts: dict[str, str]) -> str:
    return _("Times are on the clocks of %(zone)s.") % facts
