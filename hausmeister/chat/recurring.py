"""A question that keeps coming is told to the hausmeister once, with the tap that drafts its document (H9).

In the hours in which somebody takes questions: it can wait until then, and it is nobody's page.
"""

from datetime import datetime, timedelta

from django.db import IntegrityError, InterfaceError, OperationalError, transaction

from hausmeister.answers import queries as answers
from hausmeister.answers.models import Recurring
from hausmeister.base import log
from hausmeister.chat.models import Told
from hausmeister.outbox import operations as outbox
from hausmeister.outbox.chat import Button
from hausmeister.rota import queries as rota
from hausmeister.team.models import Person, Team
from hausmeister.triage.operations import telling
from hausmeister.triage.operations.desk import Desk

_log = log.get(__name__)

EVERY = timedelta(minutes=5)
DRAFT = "recurring.draft"
MOST_AT_ONCE = 10


def tell(now: datetime) -> int:
    """Tell whoever is on duty of what keeps coming and was never told; return how much was told."""
    told = 0
    for team in Team.objects.filter(recurring_questions__state="proposed").distinct().order_by("id"):
        try:
            told += _tell_team(team, now)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:  # noqa: BLE001 - one team that cannot be read must not silence the others
            _log.error("chat.recurring_not_told", team=team.pk, error=f"{type(error).__name__}: {error}"[:500])
    return told


def _tell_team(team: Team, now: datetime) -> int:
    known = set(Told.objects.filter(what__startswith="recurring ").values_list("what", flat=True))
    waiting = [
        one for one in Recurring.objects.filter(team=team, state="proposed").order_by("id") if _name(one) not in known
    ]
    if not waiting:
        return 0
    desk, person = Desk.of(team, now=now), rota.on_duty(team, at=now).primary.person
    if person is None or not desk.hours.contains(now):
        return 0
    return sum(_tell(desk, one, person) for one in waiting[:MOST_AT_ONCE])


def _name(question: Recurring) -> str:
    return f"recurring {question.pk}"


def _tell(desk: Desk, question: Recurring, person: Person) -> int:
    found = answers.proposals(question.team, states=("proposed",), only=question.pk)
    if not found:
        return 0
    count = question.askings.count()
    draft = telling.to_person(
        desk, person, f"This keeps coming: {found[0].title}"[:150],
        [
            f"It was asked {count} times, by more than one person. A document would answer it.",
            "Its draft is made of the askings and the best answer so far.",
        ],
        subject=question.subject, link=telling.address_of_recurring(question.pk), key=f"recurring-{question.pk}-told",
        buttons=(Button("Offer the draft", DRAFT, str(question.pk), asks="Offer the drafted document for review?"),),
    )  # fmt: skip
    try:
        with transaction.atomic():
            # whoever writes this first tells it; a group is told once for ever, whatever joins it later
            Told.objects.create(what=_name(question), says=person.name[:64], at=desk.now)
            outbox.enqueue([draft], now=desk.now)
    except IntegrityError:
        return 0
    return 1
