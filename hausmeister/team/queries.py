"""Reading people, teams and policies."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Max

from hausmeister.base import signing
from hausmeister.base.wall_time import instant
from hausmeister.journal import queries as journal
from hausmeister.team.models import (
    ApiKey,
    ContactMethod,
    Installation,
    Leave,
    Membership,
    Person,
    PolicyVersion,
    Rung,
    Team,
)
from hausmeister.team.policy import reading
from hausmeister.team.policy.shape import Policy
from hausmeister.team.rules import Away, Channel, ListName, Role, away


def policy_of(team_id: int) -> Policy:
    """Return the policy in force for the team: its newest version, else the installation's default."""
    return policies([team_id])[team_id]


def policies(team_ids: Sequence[int]) -> dict[int, Policy]:
    """Return the policy in force for each team. Texts are read once and kept. Raises BadPolicy."""
    newest = PolicyVersion.objects.filter(team_id__in=team_ids).values("team_id").annotate(newest=Max("id"))
    versions = PolicyVersion.objects.filter(pk__in=[row["newest"] for row in newest]).select_related("team")
    found = {one.team_id: reading.read(one.text, file=f"policy {one.pk} of {one.team.slug}") for one in versions}
    return {team_id: found.get(team_id) or default_policy() for team_id in team_ids}


def version_in_force(team_id: int) -> PolicyVersion | None:
    """Return the team's newest version, None while it lives by the default."""
    return PolicyVersion.objects.filter(team_id=team_id).order_by("-id").first()


def default_policy() -> Policy:
    """Return the policy of teams without one of their own. Raises BadPolicy or OSError."""
    text, file = default_policy_text()
    return reading.read(text, file=file)


@lru_cache(maxsize=1)
def default_policy_text() -> tuple[str, str]:
    """Return text and file name of the default policy: HAUSMEISTER_POLICY, else the handbook's."""
    chosen = str(settings.HAUSMEISTER_POLICY)
    path = Path(chosen) if chosen else reading.DEFAULT_FILE
    return path.read_text(encoding="utf-8"), path.name


def members(team_id: int) -> list[Membership]:
    """Return the current members of a team with their people, by name."""
    return list(
        Membership.objects.filter(team_id=team_id, left_on=None, person__is_active=True)
        .select_related("person")
        .order_by("person__name", "id")
    )


def departures(team: Team, person_ids: Iterable[int]) -> dict[int, datetime]:
    """Return for those of these people who left the team the beginning of that day, on the team's clocks."""
    gone = Membership.objects.filter(team_id=team.pk, person_id__in=set(person_ids), left_on__isnull=False)
    return {one.person_id: instant(one.left_on, time(0), team.zone) for one in gone if one.left_on is not None}


def endings(person_ids: Iterable[int]) -> dict[int, datetime]:
    """Return when the accounts of these people ended, of those whose end the journal tells; no ids, no question."""
    subjects = {f"person:{person_id}": person_id for person_id in person_ids}
    if not subjects:
        return {}
    return {subjects[one.subject]: one.at for one in journal.verbs_about(list(subjects), "person.deactivated")}


def leads(team_id: int) -> list[Person]:
    """Return the team's leads, by name."""
    return [member.person for member in members(team_id) if member.role == Role.LEAD]


def admins() -> list[Person]:
    """Return the installation's admins, by name."""
    return list(Person.objects.filter(is_admin=True, is_active=True).order_by("name", "id"))


def people_by_id(ids: Iterable[int]) -> dict[int, Person]:
    """Return the people with these ids."""
    return Person.objects.in_bulk(list(set(ids)))


def absences(person_ids: Iterable[int], *, after: datetime) -> dict[int, list[Away]]:
    """Return for each person the spans of leave that end after `after`."""
    found: dict[int, list[Away]] = defaultdict(list)
    # a leave ends at midnight in the person's own zone; a day of slack covers every zone
    leaves = Leave.objects.filter(
        person_id__in=set(person_ids), cancelled_at=None, ends_on__gte=after.date() - timedelta(days=2)
    )
    for leave in leaves.select_related("person").order_by("starts_on", "id"):
        span = away(leave.starts_on, leave.ends_on, leave.person.zone)
        if span.ends_at > after:
            found[leave.person_id].append(span)
    return found


@dataclass(frozen=True)
class Reach:
    """How one person can be reached: usable methods, and the rungs of both lists in the order of time."""

    person: Person
    methods: tuple[ContactMethod, ...]
    rungs: dict[ListName, tuple[Rung, ...]]


def reach(person_ids: Iterable[int]) -> dict[int, Reach]:
    """Return how each of these people can be reached; inactive people have no methods."""
    ids = set(person_ids)
    methods: dict[int, list[ContactMethod]] = defaultdict(list)
    for method in ContactMethod.objects.usable().filter(person_id__in=ids, person__is_active=True).order_by("id"):
        methods[method.person_id].append(method)
    rungs: dict[int, list[Rung]] = defaultdict(list)
    usable = {method.id: method for found in methods.values() for method in found}
    for rung in Rung.objects.filter(method_id__in=usable).order_by("after_s", "id"):
        rung.method = usable[rung.method_id]
        rungs[rung.person_id].append(rung)
    return {
        person_id: Reach(
            person,
            tuple(methods[person_id]),
            {name: tuple(rung for rung in rungs[person_id] if rung.list_name == name) for name in ListName},
        )
        for person_id, person in people_by_id(ids).items()
    }


def address_of(method: ContactMethod) -> dict[str, Any]:
    """Return `method` as an outbox message carries it. The webhook's secret stays in its own table."""
    return {"channel": method.channel, "address": method.address, "method": method.pk}


def usable_methods(channel: Channel, address: str) -> list[ContactMethod]:
    """Return the verified methods with this address, however it is written. Several people may share one."""
    methods = ContactMethod.objects.usable().filter(channel=channel, address__iexact=address, person__is_active=True)
    return list(methods.select_related("person").order_by("id"))


def is_usable(method_id: int | None) -> bool:
    """Say whether a page may still use the method: verified, switched on, of an account that is not ended."""
    if method_id is None:
        return False
    return ContactMethod.objects.usable().filter(pk=method_id, person__is_active=True).exists()


def webhook_secret(method_id: int) -> str:
    """Return what signs messages to this webhook, "" when the contact method is gone."""
    return ContactMethod.objects.filter(pk=method_id).values_list("secret", flat=True).first() or ""


@dataclass(frozen=True)
class KeyHolder:
    """What a valid key stands for."""

    key_id: int
    name: str
    scopes: frozenset[str]
    source_id: int
    source_name: str
    team_id: int
    expires_at: datetime | None


def valid_keys(now: datetime) -> dict[str, KeyHolder]:
    """Return every valid key by its hash. Small: an installation has tens of keys."""
    return {key.key_hash: _holder_of(key) for key in ApiKey.objects.valid(now).select_related("source")}


def key_holder(key: str, *, now: datetime) -> KeyHolder | None:
    """Return what `key` stands for, None for a key that opens nothing. Looked up by its hash (S2)."""
    found = ApiKey.objects.valid(now).select_related("source").filter(key_hash=signing.sha256_hex(key)).first()
    return _holder_of(found) if found else None


def _holder_of(key: ApiKey) -> KeyHolder:
    return KeyHolder(
        key_id=key.pk,
        name=key.name,
        scopes=frozenset(key.scopes),
        source_id=key.source_id,
        source_name=key.source.name,
        team_id=key.source.team_id,
        expires_at=key.expires_at,
    )


def channel_label(channel: str) -> str:
    """Return a channel's name as people read it."""
    return Channel(channel).label


def is_demo() -> bool:
    """Say whether this installation holds the demo team."""
    return Installation.objects.filter(id=1, is_demo=True).exists()


def team_named(slug: str) -> Team:
    """Return the team with this slug, or the only one when `slug` is empty. Raises Team.DoesNotExist."""
    if slug:
        return Team.objects.get(slug=slug)
    team = Team.objects.order_by("id").first()
    if team is None:
        raise Team.DoesNotExist("There is no team yet.")
    return team


def slug_of(team_id: int) -> str:
    """Return the short name of the team with this id."""
    return Team.objects.values_list("slug", flat=True).get(pk=team_id)
