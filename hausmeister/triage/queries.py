"""Reading the inbox: the oldest promise first, one item with its thread, what is mine now, who could take it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from hausmeister.familiarity import queries as familiarity
from hausmeister.familiarity.queries import Familiar
from hausmeister.pager import queries as pager
from hausmeister.rota import queries as rota
from hausmeister.rota.queries import DutyNow
from hausmeister.team import permissions
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Membership, Person, Team
from hausmeister.team.policy.shape import Policy
from hausmeister.team.rules import Capability, Role
from hausmeister.triage.models import Item, ItemQuerySet, Said
from hausmeister.triage.rules.hours import TriageHours, Window
from hausmeister.triage.rules.states import State

MOST = 200


def visible_to(person: Person) -> ItemQuerySet:
    """Return the items that `person` may see: those of their teams."""
    found = Item.objects.select_related("team", "holder", "answered_by")
    ids = permissions.team_ids(person, Capability.SEE_PAGES)
    return found if ids is None else found.filter(team_id__in=ids)


def thread(item: Item, *, most: int = 100) -> list[Said]:
    """Return what was said in the item, the oldest first; of many the newest."""
    newest = Said.objects.filter(item=item).select_related("person").order_by("-at", "-id")[:most]
    return list(reversed(newest))


def hours_of(team: Team, policy: Policy) -> TriageHours:
    """Return the hours in which the clocks of the team's inbox run."""
    windows = tuple(
        Window(duty.starts.day, duty.starts.at, duty.ends.day, duty.ends.at) for duty in policy.duties if duty.triage
    )
    return TriageHours(policy.working_hours(team.zone), windows)


@dataclass(frozen=True)
class Shop:
    """Whether a team's inbox is attended now, by whom, and when it is again."""

    team: Team
    is_open: bool
    opens_at: datetime | None
    duty: DutyNow

    @staticmethod
    def of(team: Team, *, now: datetime) -> "Shop":
        """Return it for `team`."""
        return Shop.on(rota.on_duty(team, at=now), team_queries.policy_of(team.pk), now=now)

    @staticmethod
    def on(duty: DutyNow, policy: Policy, *, now: datetime) -> "Shop":
        """Return it where duty and policy are known."""
        hours = hours_of(duty.team, policy)
        return Shop(duty.team, hours.contains(now), hours.next_at(now), duty)

    @property
    def holder(self) -> Person | None:
        """Who takes what nobody has taken; nobody out of hours, and never the weekend's on-call (H3)."""
        return self.duty.primary.person if self.is_open and self.duty.triage else None


def mine(person: Person, shops: list[Shop]) -> list[Item]:
    """Return the items that need `person` now: held by them, and untaken ones while they are on duty for the inbox."""
    attended = {shop.team.pk: shop for shop in shops if shop.is_open}
    if not attended:
        return []
    found = Item.objects.filter(team_id__in=attended).unfinished().select_related("team", "holder")
    takes = [team_id for team_id, shop in attended.items() if shop.holder == person]
    found = found.filter(Q(holder=person) | Q(holder=None, team_id__in=takes))
    return list(found.oldest_promise_first()[:MOST])


def numbers(person: Person, *, now: datetime) -> tuple[int, int]:
    """Return how many pages call `person` now, and how many items are due today: one question for every screen."""
    counts = [_counted(pager.calling(person)), _counted(due_today(person, now=now))]
    firing, due = Person.objects.filter(pk=person.pk).values_list(*counts).get()
    return firing, due


def _counted(found: QuerySet[Any]) -> Coalesce:
    grouped = found.order_by().annotate(every=Value(1)).values("every").annotate(number=Count("pk"))
    return Coalesce(Subquery(grouped.values("number")), 0)


def due_today(person: Person, *, now: datetime) -> ItemQuerySet:
    """Return the unfinished items of the person's teams that are due before their day is over, late ones among them."""
    midnight = (now.astimezone(person.zone) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    ids = permissions.team_ids(person, Capability.SEE_PAGES)
    found = Item.objects.unfinished().filter(due_at__lt=midnight)
    return found if ids is None else found.filter(team_id__in=ids)


@dataclass(frozen=True)
class CanTake:
    """Somebody who could take an item, and why they are named."""

    person: Person
    why: str


def candidates(item: Item, *, now: datetime) -> list[CanTake]:
    """Return who could take the item, without those who are away or have it: who knows its area first (H17).

    Among those who know it equally well, or where its area is not known, the most experienced first; the reason
    says which of the two it is.
    """
    members: list[Membership] = [one for one in team_queries.members(item.team_id) if one.role != Role.VIEWER]
    away = rota.away_between(item.team, starts_at=now, ends_at=now + timedelta(minutes=1))
    free = [one for one in members if one.person_id not in away and one.person_id != item.holder_id]
    about = familiarity.familiar(item.team_id, clues_of(item), [one.person_id for one in free], now=now)
    free.sort(
        key=lambda one: (-about.of(one.person_id).step, -one.experience, one.person.name, one.person_id)
    )  # fmt: skip
    return [CanTake(one.person, _why(about, one)) for one in free]


def _why(about: Familiar, member: Membership) -> str:
    step = about.of(member.person_id).step
    return f"{about.area}: {step.words}" if step else f"experience {member.experience}"


def clues_of(item: Item) -> tuple[str, ...]:
    """Return what tells the area of an item."""
    return (item.title, item.text, item.place)


def answered_before(item: Item) -> list[Item]:
    """Return answered items with the same title in the team, the newest first."""
    same = Item.objects.filter(team_id=item.team_id, title=item.title, state__in=[State.ANSWERED, State.CLOSED])
    return list(same.exclude(pk=item.pk).exclude(answered_at=None).order_by("-id")[:3])
