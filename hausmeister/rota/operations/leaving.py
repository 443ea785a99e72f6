"""What becomes of somebody's places in schedules when they leave a team or are gone."""

from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from hausmeister.journal import operations as journal
from hausmeister.journal.rules import Actor, Fact
from hausmeister.rota import telling
from hausmeister.rota.models import Participant, PlanEntry, Schedule, ScheduleOverride
from hausmeister.rota.queries import schedules as queries
from hausmeister.rota.queries.schedule_book import follows_duties
from hausmeister.team.models import Person, Team


def take_out(person: Person, team: Team, *, by: Actor, now: datetime) -> None:
    """Take `person` out of the team's rotations, plans and overrides from now on, in the caller's transaction.

    Turns they had stay theirs; the running one goes to the next in the list.
    Whose turns of the next weeks move is told.
    """
    places = Participant.objects.filter(
        Q(leaves_at=None) | Q(leaves_at__gt=now), layer__schedule__team=team, person=person
    )
    entries = PlanEntry.objects.filter(layer__schedule__team=team, person=person, ends_at__gt=now)
    changes = ScheduleOverride.objects.filter(team=team, person=person, cancelled_at=None, ends_at__gt=now)
    touched = set(Schedule.objects.filter(layers__participants__in=places)) | set(
        Schedule.objects.filter(layers__entries__in=entries)
    )
    reason = _("%(name)s left") % {"name": person.name}
    with telling.of_schedules(
        team, _own(team, now), starts_at=now, ends_at=now + telling.AHEAD, reason=reason, by=by, now=now
    ):
        places.filter(joins_at__gte=now).delete()
        places.update(leaves_at=now)
        entries.filter(starts_at__gte=now).delete()
        entries.update(ends_at=now)
        changes.filter(starts_at__gte=now).update(cancelled_at=now)
        changes.update(ends_at=now)
    journal.record_many(
        [
            Fact(now, "schedule.person_left", f"schedule:{one.pk}", by, team.pk, {"person": person.name})
            for one in sorted(touched, key=lambda one: one.pk)
        ]
    )


def _own(team: Team, now: datetime) -> list[Schedule]:
    """Return the team's schedules that do not follow its duties: those are told by the rota."""
    return [one for one in queries.schedules_of(team) if not follows_duties(queries.layers_in_force(one, now=now))]
