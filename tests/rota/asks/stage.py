"""A crew of eight, six weeks that begin on 7 December, and short words for asking."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from hausmeister.outbox.models import Message
from hausmeister.rota.asks import answering, asking
from hausmeister.rota.asks.asking import Wanted
from hausmeister.rota.asks.rules import AskKind
from hausmeister.rota.models import Shift
from hausmeister.rota.models.asks import Ask
from hausmeister.rota.planner.instance import Plan, Role, Slot
from hausmeister.team import operations as team_operations
from hausmeister.team.models import Person
from hausmeister.team.operations import as_actor
from hausmeister.team.rules import Role as TeamRole
from tests import builders
from tests.rota.planning.crew import FIRST, Crew, crew, stand

# who has D and W of a week, in turn, Ada and Ben in that of FIRST; Hana and Gil stand behind
PRIMARIES = ((0, 1), (2, 3), (4, 5))
WEEKS = 11
# the running week and the one after it are frozen
RUNNING = FIRST - timedelta(weeks=2)


@dataclass
class Stage:
    """The crew, and the world whose clock counts."""

    crew: Crew
    world: Any

    @property
    def team(self) -> Any:
        return self.crew.team

    def hire(self) -> list[Person]:
        """Add two who have no duty yet, so that a turn can be covered by one person alone."""
        hired = []
        for name in ("Ivo Lang", "Jo Frey"):
            one = builders.person(name, email=f"{name.split()[0].lower()}@platform.example.org")
            team_operations.join(
                self.team, one, role=TeamRole.RESPONDER, experience=1, joined_on=date(2026, 1, 1), by=builders.CONSOLE,
                now=self.world.now,
            )  # fmt: skip
            hired.append(one)
        self.crew.people.extend(hired)
        return hired

    def want(self, kind: AskKind, week: date = FIRST, role: str = "D", **more: Any) -> Wanted:
        return Wanted(kind, week, role, **more)

    def look(self, kind: AskKind, week: date = FIRST, role: str = "D", **more: Any) -> asking.Question:
        return asking.look(self.team, self.want(kind, week, role, **more), now=self.world.now)

    def ask(
        self, by: Person, kind: AskKind, week: date = FIRST, role: str = "D", *, keys: Any = (), **more: Any
    ) -> Ask:  # fmt: skip
        return asking.ask(
            self.team, self.want(kind, week, role, **more), asker=by, keys=keys, by=as_actor(by), person=by,
            now=self.world.now,
        )  # fmt: skip

    def swap(self, by: Person, *others: Person, week: date = FIRST, role: str = "D") -> Ask:
        """Ask for the best swap with each of `others`."""
        options = self.look(AskKind.SWAP, week, role).options
        keys = [next(one.key for one in options if one.must_agree == (other.pk,)) for other in others]
        return self.ask(by, AskKind.SWAP, week, role, keys=keys)

    def accept(self, ask: Ask, person: Person, offer_id: int | None = None) -> Ask:
        return answering.accept(
            ask, person=person, by=as_actor(person), now=self.world.now, offer_id=offer_id
        )  # fmt: skip

    def decline(self, ask: Ask, person: Person) -> Ask:
        return answering.decline(ask, person=person, by=as_actor(person), now=self.world.now)

    def holder(self, week: date = FIRST, role: str = "D") -> Person | None:
        post = "backstop" if role.startswith("B") else "primary"
        duty = "hausmeister" if role.endswith("D") else "weekend"
        return Shift.objects.get(team=self.team, week=week, duty=duty, post=post).person


def stage(world: Any) -> Stage:
    """Return the crew with a valid plan from the running week on."""
    made = crew()
    holders = {}
    for week in range(-2, WEEKS):
        first, second = PRIMARIES[week % 3]
        for role, place in ((Role.D, first), (Role.W, second), (Role.BD, 7), (Role.BW, 6)):
            holders[Slot(week + 2, role)] = made.key(place)
    stand(made, Plan.of(holders), first_week=RUNNING)
    return Stage(made, world)


def letters(ask: Ask, kind: str) -> list[int]:
    """Return whom the ask's letters of this kind went to."""
    found = Message.objects.filter(subject=f"ask:{ask.pk}", dedup_key__startswith=f"ask-{ask.pk}-{kind}-")
    return sorted(found.values_list("person_id", flat=True))
