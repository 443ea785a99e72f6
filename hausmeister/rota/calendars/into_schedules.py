"""An imported schedule as one of the team's general schedules, by which people can be called.

The turns in which a member was recognised are the entries of one layer; all others are holes. The layer stays the
calendar's own: whoever wants it otherwise puts an override on top.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time

from django.utils.text import slugify

from hausmeister.journal.rules import Actor
from hausmeister.rota.calendars.models import CalendarImport
from hausmeister.rota.models import Layer, PlanEntry, Schedule
from hausmeister.rota.operations import schedules
from hausmeister.rota.rules.calendars.importing import DutyFound
from hausmeister.rota.rules.definitions import Content, LayerDraft, ScheduleDraft
from hausmeister.rota.rules.layers import Held
from hausmeister.team.models import Team

LAYER_NAME = "Imported calendar"
_LONGEST_SLUG = 60


def write_down(
    one: CalendarImport, team: Team, found: Iterable[DutyFound], *, since: date, by: Actor, now: datetime
) -> bool:
    """Make the import's layer say what was found, in the caller's transaction; return whether anything was changed.

    A schedule is made where there is none: at the first good reading, and when somebody has removed it by hand.
    Turns that ended before `since` were not looked at, and stay.
    """
    entries = [
        Held(duty.starts_at, duty.ends_at, frozenset({duty.person_id})) for duty in found if duty.person_id is not None
    ]
    layer = _standing(one)
    if layer is None:
        CalendarImport.objects.filter(pk=one.pk).update(layer=_made(one, team, entries, by=by, now=now))
        return True
    if layer.pk != one.layer_id:
        CalendarImport.objects.filter(pk=one.pk).update(layer=layer)
    since_at = datetime.combine(since, time(0), UTC)
    looked_at = [entry for entry in entries if entry.ends_at >= since_at]
    if _told(layer, since_at) == sorted((entry.starts_at, entry.ends_at, *entry.people) for entry in looked_at):
        return False
    schedules.replace_entries(layer, looked_at, by=by, now=now, since_at=since_at)
    return True


def _told(layer: Layer, since_at: datetime) -> list[tuple[datetime | int, ...]]:
    held = PlanEntry.objects.filter(layer=layer, ends_at__gte=since_at)
    return sorted(held.values_list("starts_at", "ends_at", "person_id"))


def _standing(one: CalendarImport) -> Layer | None:
    """Return the layer to write to: the import's own, or its form that came since; None: it is gone."""
    layer = Layer.objects.filter(pk=one.layer_id or 0).first()
    if layer is None or layer.until_at is None:
        return layer
    later = Layer.objects.filter(
        schedule=layer.schedule_id, position=layer.position, content=Content.ENTRIES.value, until_at=None
    )
    return later.order_by("-id").first()


def _made(one: CalendarImport, team: Team, entries: Sequence[Held], *, by: Actor, now: datetime) -> Layer:
    draft = LayerDraft(LAYER_NAME, Content.ENTRIES, entries=tuple(entries))
    former = Schedule.objects.filter(layers=one.layer_id).first() if one.layer_id else None
    if former is not None:
        # only the layer was taken out
        return schedules.add_layer(former, draft, by=by, now=now)
    taken = set(Schedule.objects.filter(team=team).values_list("slug", flat=True))
    named = ScheduleDraft(free_slug(one.name, taken), one.name, team.zone_name, layers=(draft,))
    (made,) = schedules.create_schedules(team, [named], by=by, now=now)
    return made.layers.get()


def free_slug(name: str, taken: set[str]) -> str:
    """Return a short name like `name` that is not `taken`."""
    base = re.sub(r"[-_]+", "-", slugify(name))[:_LONGEST_SLUG].strip("-") or "imported"
    number, slug = 1, base
    while slug in taken:
        number += 1
        end = f"-{number}"
        slug = base[: _LONGEST_SLUG - len(end)].rstrip("-") + end
    return slug
