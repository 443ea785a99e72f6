"""One team at one instant, as the triage needs it: policy, hours, who its people are in chat; and an item's clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hausmeister.familiarity import operations as familiarity
from hausmeister.familiarity.operations import Work
from hausmeister.familiarity.rules import Kind
from hausmeister.journal import operations as journal
from hausmeister.journal.rules import Actor, Fact
from hausmeister.team import queries as team_queries
from hausmeister.team.models import ContactMethod, Person, Team
from hausmeister.team.policy.shape import Policy, PromiseRule
from hausmeister.triage.models import Item
from hausmeister.triage.queries import clues_of, hours_of
from hausmeister.triage.rules import clocks
from hausmeister.triage.rules.clocks import Lengths
from hausmeister.triage.rules.hours import TriageHours
from hausmeister.triage.rules.states import ItemKind, State


@dataclass(frozen=True)
class Desk:
    """The team, its policy, the hours in which its clocks run, and now."""

    team: Team
    policy: Policy
    hours: TriageHours
    now: datetime

    @staticmethod
    def of(team: Team, *, now: datetime) -> "Desk":
        """Return the desk of `team`."""
        policy = team_queries.policy_of(team.pk)
        return Desk(team, policy, hours_of(team, policy), now)

    @staticmethod
    def locked(team_id: int, *, now: datetime) -> "Desk":
        """Return the desk with the team's row locked: what is heard at once is stored one after the other."""
        return Desk.of(Team.objects.select_for_update(no_key=True).get(pk=team_id), now=now)

    def tell(self, item: Item, verb: str, by: Actor, **facts: Any) -> None:
        """Write what happened to `item` into the journal."""
        told = {key: value for key, value in facts.items() if value not in ("", None)}
        journal.record(Fact(self.now, verb, item.subject, by, item.team_id, told))

    def start_clock(self, item: Item, *, since: datetime) -> None:
        """Begin the clock anew: nobody has been reminded of it yet."""
        item.clock_since, item.nudged_at, item.raised_at = since, None, None
        self.set_clock(item)

    def set_clock(self, item: Item) -> None:
        """Say until when the item must be answered, and when somebody is reminded; nothing while no clock runs."""
        item.due_at = item.nudge_at = item.raise_at = None
        if item.clock_since is None or not State(item.state).is_unfinished or item.kind == ItemKind.NOT_OURS:
            return
        rule = self.policy.triage
        promise = rule.first_answer if item.answered_at is None else rule.idle
        length = _lengths(promise).of(item.sort, item.priority)  # type: ignore[arg-type]  # Priority is an int
        found = clocks.due(item.clock_since, length, nudge_percent=rule.nudge_percent, hours=self.hours)
        if found is None:
            return
        item.due_at = found.due_at
        item.nudge_at = found.nudge_at if item.nudged_at is None and item.raised_at is None else None
        item.raise_at = found.due_at if item.raised_at is None else None


def _lengths(rule: PromiseRule) -> Lengths:
    return Lengths(rule.question, rule.problem, rule.by_priority)


def people_in_chat(team_id: int, service: str, *, given: Mapping[str, int] | None = None) -> dict[str, Person]:
    """Return the team's people by their id in the chat: those `given` (id to person), else their contact methods."""
    members = {member.person_id: member.person for member in team_queries.members(team_id)}
    found = {
        method.address: members[method.person_id]
        for method in ContactMethod.objects.usable().filter(channel=service, person_id__in=members).order_by("id")
    }
    found.update({chat_id: members[person_id] for chat_id, person_id in (given or {}).items() if person_id in members})
    return found


def record_answer(item: Item, person: Person, *, now: datetime) -> None:
    """Record that `person` answered, in the area that the item is about (H17)."""
    work = Work(Kind.ANSWER, item.subject, (person.pk,), clues_of(item), now)
    familiarity.record(item.team_id, [work])
