"""A team of eight for planning, and plans for it that no solver made."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from hausmeister.base import clock
from hausmeister.journal.rules import CONSOLE
from hausmeister.rota import operations as rota
from hausmeister.rota.models import Shift
from hausmeister.rota.models.planning import Draft
from hausmeister.rota.planner import files
from hausmeister.rota.planner.instance import Plan, Role, Slot
from hausmeister.rota.planning import drafts
from hausmeister.rota.planning.drafts import Wanted
from hausmeister.rota.planning.rules.instance import id_of, key_of
from hausmeister.team import operations as team
from hausmeister.team.models import Membership, Person, Team
from hausmeister.team.rules import Role as TeamRole
from tests import builders

NAMES = ("Ada Lund", "Ben Okoro", "Cem Aksoy", "Dia Rao", "Eva Berg", "Finn Moe", "Gil Roth", "Hana Ito")
# the first week that is not frozen on Tuesday 24 November
FIRST = date(2026, 12, 7)


@dataclass
class Crew:
    """Ada has the least experience, Hana, who leads, the most."""

    team: Team
    people: list[Person]

    def __getattr__(self, name: str) -> Person:
        for person in self.__dict__.get("people", ()):
            if person.first_name.lower() == name:
                return person
        raise AttributeError(name)

    def membership(self, person: Person) -> Membership:
        return Membership.objects.select_related("team", "person").get(team=self.team, person=person)

    def key(self, place: int) -> str:
        return key_of(self.people[place].pk)


def crew(*, slug: str = "platform", zone: str = "Europe/Berlin", plan: bool = True) -> Crew:
    now = clock.now()
    made = team.make_team(slug=slug, name="Platform", zone_name=zone, by=CONSOLE, now=now)
    people = []
    for place, name in enumerate(NAMES):
        one = builders.person(name, zone=zone, email=f"{name.split()[0].lower()}@{slug}.example.org")
        builders.method(one)
        role = TeamRole.LEAD if place == len(NAMES) - 1 else TeamRole.RESPONDER
        team.join(made, one, role=role, experience=place + 1, joined_on=date(2026, 1, 1), by=CONSOLE, now=now)
        people.append(one)
    if plan:
        rota.plan_ahead(made, now=now)
    return Crew(made, people)


def alternating(of: Crew, weeks: int) -> Plan:
    """Return a valid plan: Ada and Ben in one week, Cem and Dia in the next; Hana and Gil stand behind."""
    holders = {}
    for week in range(weeks):
        first = 0 if week % 2 == 0 else 2
        for role, place in ((Role.D, first), (Role.W, first + 1), (Role.BD, 7), (Role.BW, 6)):
            holders[Slot(week, role)] = of.key(place)
    return Plan.of(holders)


def ready(of: Crew, *, weeks: int = 4, first_week: date = FIRST, plan: Plan | None = None, now: datetime) -> Draft:
    """Return a draft that the planner has answered, with `plan` or the alternating one."""
    draft = drafts.ask(of.team, Wanted(first_week, weeks), by=CONSOLE, person=of.hana, now=now)
    claimed = drafts.claim(by="test", now=now)
    assert claimed is not None
    assert claimed.pk == draft.pk
    found = plan or alternating(of, weeks)
    assert drafts.finish(claimed, {"assignments": files.assignments_document(found), "tiers": []}, by="test", now=now)
    draft.refresh_from_db()
    return draft


def stand(of: Crew, plan: Plan, *, first_week: date = FIRST) -> None:
    """Let `plan` be what stands, as if it had been published."""
    duties = {"D": "hausmeister", "W": "weekend"}
    for slot, who in plan.holders.items():
        role = slot.role.value
        Shift.objects.filter(
            team=of.team, week=monday(slot.week, first_week), duty=duties[role.removeprefix("B")],
            post="backstop" if role.startswith("B") else "primary",
        ).update(person_id=id_of(who))  # fmt: skip


def monday(week: int, first_week: date = FIRST) -> date:
    return first_week + timedelta(weeks=week)
