"""People living through the year: they come and go, fall ill, stand in for each other, answer and write issues."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta

from hausmeister.answers.models import Card
from hausmeister.answers.operations import add_answer, confirm
from hausmeister.base.chance import Stream
from hausmeister.base.priority import Priority
from hausmeister.base.wall_time import instant
from hausmeister.console.demo.cast import Member
from hausmeister.console.demo.replay import Replay
from hausmeister.console.demo.year import cast, plaints
from hausmeister.console.demo.year.absences import Absence
from hausmeister.console.demo.year.asking import Asked
from hausmeister.issues.models import Issue
from hausmeister.issues.operations import working
from hausmeister.issues.operations.working import Wish
from hausmeister.journal.rules import CONSOLE
from hausmeister.rota import operations as rota
from hausmeister.rota import queries as rota_queries
from hausmeister.rota.operations import OverrideRefused
from hausmeister.rota.rules.slots import Post
from hausmeister.team import operations as team_operations
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Membership, Person, Team
from hausmeister.team.rules import Channel, Role
from hausmeister.triage import operations as triage
from hausmeister.triage.rules.states import Source
from hausmeister.triage.shapes import Taken

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)


class Life:
    """What the people of one team do by themselves; what pages make them do is the stage's."""

    def __init__(self, team: Team, replay: Replay, *, began_on: date, until: datetime, dice: Stream) -> None:
        self._team, self._replay, self._until = team, replay, until
        self._began_on, self._dice = began_on, dice
        self._cards: dict[str, int] = {}

    # ---- coming and going ----

    def arrive(self, member: Member, *, at: datetime) -> None:
        """Let `member` join the team at `at`, with a phone that mail reaches."""
        weeks = timedelta(weeks=member.weeks_there)
        person = team_operations.make_person(
            email=member.email, name=member.name, zone_name=member.zone_name, by=CONSOLE, now=at
        )
        team_operations.join(
            self._team, person, role=member.role, experience=member.experience, takes_duty=member.takes_duty,
            joined_on=(at - weeks).date(), by=CONSOLE, now=at,
        )  # fmt: skip
        team_operations.add_method(
            person, channel=Channel.EMAIL, address=person.email, by=CONSOLE, now=at, verified=True
        )

    def come_and_go(self, members: Iterable[Member]) -> None:
        """Let everybody join and leave when their stay says so; newcomers learn with time."""
        for member in members:
            stay = cast.stay_of(member.name)
            if stay.joins:
                at = self._morning(self._began_on + stay.joins * _DAY)
                self._later(at, lambda member=member: self.arrive(member, at=self._replay.now))  # type: ignore[misc]
                self._later(at + 120 * _DAY, lambda member=member: self._promote(member))  # type: ignore[misc]
            if stay.leaves is not None:
                at = self._morning(self._began_on + stay.leaves * _DAY)
                self._later(at, lambda member=member: self._part(member))  # type: ignore[misc]

    def _promote(self, member: Member) -> None:
        membership = Membership.objects.get(team=self._team, person__email=member.email)
        rota.change_member(
            membership, role=Role(membership.role), experience=member.experience + 1, takes_duty=True, by=CONSOLE,
            now=self._replay.now,
        )  # fmt: skip

    def _part(self, member: Member) -> None:
        membership = Membership.objects.select_related("person").get(team=self._team, person__email=member.email)
        rota.part(membership, by=CONSOLE, now=self._replay.now)

    # ---- being away ----

    def be_away(self, absences: Sequence[Absence]) -> None:
        """Let holidays be told when they are known, and illness on its first morning, when others stand in."""
        for one in absences:
            at = self._morning(one.told_on, hour=7 if one.is_sick else 10)
            self._later(at, lambda one=one: self._tell(one))  # type: ignore[misc]

    def _tell(self, one: Absence) -> None:
        person, now = Person.objects.get(name=one.name), self._replay.now
        held = list(self._held_by(person, until=self._morning(one.ends_on + _DAY, hour=7))) if one.is_sick else []
        by = team_operations.as_actor(person)
        rota.record_leave(person, starts_on=one.starts_on, ends_on=one.ends_on, by=by, now=now)
        for post, starts_at, ends_at in held:
            self._find(post, person, starts_at, ends_at, reason=f"{person.first_name} is ill")

    def _held_by(self, person: Person, *, until: datetime) -> Iterator[tuple[Post, datetime, datetime]]:
        """Return what the person holds from now on: posts that somebody else must take."""
        for segment in rota_queries.timeline(self._team, starts_at=self._replay.now, ends_at=until):
            for post, held in ((Post.PRIMARY, segment.duty.primary), (Post.BACKSTOP, segment.duty.backstop)):
                if held.person == person:
                    yield post, segment.starts_at, segment.ends_at

    def _find(self, post: Post, ill: Person, starts_at: datetime, ends_at: datetime, *, reason: str) -> bool:
        away = rota_queries.away_between(self._team, starts_at=starts_at, ends_at=ends_at)
        others = [one.person for one in team_queries.members(self._team.pk) if one.takes_duty]
        for person in self._dice.sample(others, len(others)):
            if person == ill or person.pk in away:
                continue
            try:
                rota.add_override(
                    self._team, post=post, person=person, starts_at=starts_at, ends_at=ends_at, reason=reason,
                    by=team_operations.as_actor(ill), now=self._replay.now, created_by=ill,
                )  # fmt: skip
            except OverrideRefused:
                continue
            return True
        return False

    # ---- questions ----

    def be_asked(self, questions: Sequence[Asked]) -> None:
        """Let clients ask, and whoever takes questions answer."""
        for one in questions:
            self._later(one.at, lambda one=one: self._ask(one))  # type: ignore[misc]

    def _ask(self, one: Asked) -> None:
        address = f"{one.by.split(maxsplit=1)[0].lower()}@clients.example.org"
        taken = Taken(Source.EMAIL, one.text, asker_name=one.by, asker_email=address, place="mail")
        item = triage.take(self._team.pk, taken, now=self._replay.now)
        self._later(one.at + one.answered_after, lambda: self._answer(item.pk, one))

    def _answer(self, item_id: int, one: Asked) -> None:
        now = self._replay.now
        holder = rota_queries.on_duty(self._team, at=now).primary.person
        if holder is None:
            return
        triage.claim(item_id, holder, now - min(one.answered_after / 2, 5 * _MINUTE))
        triage.answer(item_id, holder, now, text=one.topic.answer)
        self._learn(one, holder)
        after = timedelta(minutes=self._dice.randrange(10, 150))
        reason = "it went on as an issue" if one.goes_on and self._dice.random() < 0.2 else "answered"
        self._later(now + after, lambda: triage.close(item_id, holder, self._replay.now, reason=reason))

    def _learn(self, one: Asked, by: Person) -> None:
        if not one.topic.title:
            return
        actor, now = team_operations.as_actor(by), self._replay.now
        known = self._cards.get(one.topic.title)
        if known is None:
            card = add_answer(
                self._team, title=one.topic.title, text=one.topic.answer, by=actor, now=now, author=by.name,
                asking_text=one.text,
            )  # fmt: skip
            self._cards[one.topic.title] = card.pk
        elif self._dice.random() < 0.25:
            self._confirm(known, one, by)

    def _confirm(self, card_id: int, one: Asked, by: Person) -> None:
        card = Card.objects.select_related("team").get(pk=card_id)
        confirm(card, one.text, by=team_operations.as_actor(by), now=self._replay.now, asked_by=one.by)

    # ---- issues ----

    def write_issues(self) -> None:
        """Let issues be written over the year, worked on and closed; some stay in the backlog."""
        days = (self._until.date() - self._began_on).days
        for plaint in plaints.PLAINTS:
            day = int(plaint.at * days)
            at = self._morning(self._began_on + day * _DAY, hour=self._dice.randrange(10, 17))
            self._later(at, lambda plaint=plaint: self._write(plaint))  # type: ignore[misc]

    def _write(self, plaint: plaints.Plaint) -> None:
        now = self._replay.now
        holder = rota_queries.on_duty(self._team, at=now).primary.person
        if holder is None:
            return
        by = team_operations.as_actor(holder)
        urgent = plaint.priority in {Priority.P4, Priority.P3}
        wish = Wish(
            plaint.title, plaint.text, plaint.priority, plaint.areas, owner=holder if urgent else None,
            why=plaint.why, bites_back=plaint.bites_back,
        )  # fmt: skip
        made = working.open_issue(self._team, wish, by=by, person=holder, now=now)
        if plaint.takes is not None:
            self._later(now + plaint.takes / 2, lambda: self._note(made.pk, holder))
            self._later(now + plaint.takes, lambda: self._close(made.pk, holder, plaint.ends))

    def _note(self, issue_id: int, by: Person) -> None:
        if Issue.objects.filter(pk=issue_id, closed_at=None).exists():
            working.note(
                issue_id, text="Found where it comes from.", by=team_operations.as_actor(by), now=self._replay.now
            )

    def _close(self, issue_id: int, by: Person, reason: str) -> None:
        if Issue.objects.filter(pk=issue_id, closed_at=None).exists():
            working.close(issue_id, reason=reason, by=team_operations.as_actor(by), now=self._replay.now)

    # ---- the clock ----

    def _morning(self, on: date, *, hour: int = 10) -> datetime:
        return instant(on, time(hour), self._team.zone)

    def _later(self, at: datetime, act: Callable[[], object]) -> None:
        # what would lie in the future has not happened yet
        if at < self._until:
            self._replay.later(at, act)
