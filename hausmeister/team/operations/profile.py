"""What a person changes about themselves."""

from datetime import datetime

from django.db import transaction

from hausmeister.journal import operations as journal
from hausmeister.journal.rules import Actor, Fact
from hausmeister.outbox import operations as outbox
from hausmeister.team.models import ContactMethod, Person
from hausmeister.team.rules import Channel, masked

THEMES = ("system", "light", "dark")


@transaction.atomic
def change_profile(
    person: Person,
    *,
    name: str,
    zone_name: str,
    theme: str,
    uses_keys: bool,
    hears_of_shifts: bool,
    by: Actor,
    now: datetime,
) -> None:
    """Store name, zone, how the screens look, and whether their shifts are announced to them.

    Raises ValueError for a theme that does not exist.
    """
    if theme not in THEMES:
        raise ValueError(f"{theme!r} is no theme; it must be one of {', '.join(THEMES)}")
    Person.objects.filter(pk=person.pk).update(
        name=name, zone_name=zone_name, theme=theme, uses_keys=uses_keys, hears_of_shifts=hears_of_shifts
    )  # fmt: skip
    if (name, zone_name) != (person.name, person.zone_name):
        facts = {"name": name, "zone": zone_name}
        journal.record(Fact(now, "person.changed", f"person:{person.pk}", by, None, facts))


@transaction.atomic
def switch_method(method: ContactMethod, *, on: bool, by: Actor, now: datetime) -> None:
    """Let a contact method rest, or use it again; links sent by one at rest stop working."""
    ContactMethod.objects.filter(pk=method.pk).update(disabled_at=None if on else now)
    facts = {"channel": method.channel, "address": masked(Channel(method.channel), method.address)}
    verb = "method.switched_on" if on else "method.switched_off"
    journal.record(Fact(now, verb, f"person:{method.person_id}", by, None, facts))


@transaction.atomic
def forget_codes(method: ContactMethod, *, now: datetime) -> None:
    """Cancel codes that wait to be sent to a method that is going away."""
    outbox.cancel([f"method:{method.pk}"], now=now)
