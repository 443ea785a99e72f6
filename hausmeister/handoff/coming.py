"""The changes of duty of one team, read from the rota as it is now: overrides, leave and departures taken in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from hausmeister.handoff.rules import changes
from hausmeister.handoff.rules.changes import Change, Held
from hausmeister.rota import foresight
from hausmeister.rota import queries as rota
from hausmeister.rota.foresight import Outlook
from hausmeister.rota.rules.slots import slot_at
from hausmeister.team.models import Team
from hausmeister.team.policy.shape import Policy


@dataclass(frozen=True)
class Coming:
    """One change with what must be known beside it: since when the outgoing person had the duty, who stands behind."""

    change: Change
    since_at: datetime
    backstop: int | None


class Duty:
    """Who has the duty of one team from when to when, and when it changes hands."""

    def __init__(self, of: Outlook) -> None:
        self._of = of
        self._stretches = _held(of)

    @staticmethod
    def read(team_id: int, *, now: datetime) -> "Duty":
        """Return the duty of the team with this id. Raises Team.DoesNotExist."""
        return Duty(foresight.outlook(team_id, now=now))

    @property
    def team(self) -> Team:
        """The team."""
        return self._of.team

    @property
    def policy(self) -> Policy:
        """The policy in force."""
        return self._of.policy

    @property
    def able(self) -> frozenset[int]:
        """The team's responders."""
        return frozenset(self._of.experience)

    def between(self, after: datetime, until: datetime) -> list[Coming]:
        """Return the changes later than `after` up to `until`, in the order of time."""
        found = changes.changes(self._stretches)
        return [self._coming(one) for one in found if after < one.at <= until]

    def next_after(self, moment: datetime) -> Coming | None:
        """Return the first change after `moment`, None when none is known."""
        found = changes.changes(self._stretches)
        return next((self._coming(one) for one in found if one.at > moment), None)

    def at(self, moment: datetime) -> Held | None:
        """Return who has the duty at `moment`."""
        return changes.held_at(self._stretches, moment)

    def sudden(self, outgoing: int | None, *, at: datetime) -> Coming | None:
        """Return the change from `outgoing` to whoever has the duty at `at`, where no plan foresaw it.

        A cover written down afterwards, or somebody who left the team in the middle of a turn.
        """
        current = self.at(at)
        if current is None or current.person == outgoing:
            return None
        before = [one for one in self._stretches if one.starts_at < at]
        last = before[-1]
        left = Held(last.starts_at, at, last.turn_starts_at, last.duty, last.title, last.triage, outgoing)
        return self._coming(changes.between([*before[:-1], left], current, at=at))

    def _coming(self, change: Change) -> Coming:
        since_at = change.at
        for one in reversed([one for one in self._stretches if one.starts_at < change.at]):
            if one.person != change.outgoing:
                break
            since_at = one.starts_at
        stretch = next((one for one in self._of.stretches if one.starts_at <= change.at < one.ends_at), None)
        behind = stretch.backstop.person if stretch is not None else None
        return Coming(change, since_at, behind.person_id if behind is not None else None)


def _held(of: Outlook) -> Sequence[Held]:
    duties = rota.weekly_duties(of.policy)
    rules = {one.name: one for one in of.policy.duties}
    found = []
    for one in of.stretches:
        rule = rules[slot_at(duties, of.team.zone, one.starts_at).duty]
        person = one.primary.person
        found.append(
            Held(
                one.starts_at, one.ends_at, one.turn_starts_at, rule.name, rule.title, rule.triage,
                person.person_id if person is not None else None,
            )
        )  # fmt: skip
    return found
