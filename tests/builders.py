"""Teams and people for tests, with sensible ways to reach them."""

import json
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.test import Client

from hausmeister.base import clock
from hausmeister.journal.rules import CONSOLE
from hausmeister.pager.models import Page
from hausmeister.rota import operations as rota
from hausmeister.rota.models import Shift
from hausmeister.team import operations as team
from hausmeister.team.models import ApiKey, ContactMethod, Person, Team
from hausmeister.team.policy import reading
from hausmeister.team.rules import Channel, ListName, Role, Scope


def person(name: str, *, zone: str = "Europe/Berlin", email: str = "", is_admin: bool = False) -> Person:
    address = email or f"{name.split(maxsplit=1)[0].lower()}@example.org"
    return team.make_person(
        email=address,
        name=name,
        zone_name=zone,
        by=CONSOLE,
        now=clock.now(),
        password="correct horse",
        is_admin=is_admin,
    )


def method(of: Person, channel: Channel = Channel.EMAIL, address: str = "", *, verified: bool = True) -> ContactMethod:
    return team.add_method(
        of, channel=channel, address=address or of.email, by=CONSOLE, now=clock.now(), verified=verified
    )


def ladder(of: Person, *rungs: tuple[int, ContactMethod], name: ListName = ListName.IMPORTANT) -> None:
    """Set the person's own ladder: (minutes, method)."""
    team.set_ladder(of, name, [(minutes * 60, one.pk) for minutes, one in rungs], by=CONSOLE, now=clock.now())


@dataclass
class BuiltTeam:
    """A team of three on the rota: Ana (least experience), Bruno, and Carla, who leads."""

    team: Team
    people: dict[str, Person] = field(default_factory=dict)
    key: str = ""

    def __getattr__(self, name: str) -> Person:
        try:
            return self.people[name]
        except KeyError:
            raise AttributeError(name) from None


def set_policy(of: Team, **replaced: str) -> None:
    """Put the default policy in force with each text of `replaced` (old=new by pairs)."""
    text = reading.DEFAULT_FILE.read_text(encoding="utf-8")
    for old, new in replaced.items():
        raise AssertionError((old, new))
    team.apply_policy(of, text=text, file="test", by=CONSOLE, now=clock.now())


def policy_with(of: Team, *pairs: tuple[str, str]) -> None:
    """Put the default policy in force, with each first text replaced by the second."""
    text = reading.DEFAULT_FILE.read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in text, f"{old!r} is not in the default policy"
        text = text.replace(old, new)
    team.apply_policy(of, text=text, file="test", by=CONSOLE, now=clock.now())


def on_duty(of: Team, *, primary: Person, backstop: Person) -> None:
    """Give every planned turn of the team to these two."""
    Shift.objects.filter(team=of, post="primary").update(person=primary)
    Shift.objects.filter(team=of, post="backstop").update(person=backstop)


def trio(*, slug: str = "data-infra", zone: str = "Europe/Berlin", channel: Channel = Channel.EMAIL) -> BuiltTeam:
    """Return a team whose Ana is on duty, Bruno the backstop, Carla lead and last resort; each has e-mail."""
    now = clock.now()
    made = team.make_team(slug=slug, name=slug.replace("-", " ").title(), zone_name=zone, by=CONSOLE, now=now)
    built = BuiltTeam(made)
    for name, experience, role in (
        ("Ana", 1, Role.RESPONDER),
        ("Bruno", 2, Role.RESPONDER),
        ("Carla", 3, Role.LEAD),
    ):
        suffix = "" if slug == "data-infra" else f".{slug}"
        one = person(name, zone=zone, email=f"{name.lower()}{suffix}@example.org")
        method(one, channel)
        team.join(made, one, role=role, experience=experience, joined_on=date(2026, 1, 1), by=CONSOLE, now=now)
        built.people[name.lower()] = one
    rota.plan_ahead(made, now=now)
    on_duty(made, primary=built.ana, backstop=built.bruno)
    built.key = new_key(made)
    return built


def new_key(of: Team, *, source: str = "prometheus", scopes: tuple[Scope, ...] = (Scope.ALERTS_WRITE,)) -> str:
    return team.make_key(team=of, name=source, source_name=source, scopes=scopes, by=CONSOLE, now=clock.now()).text


def keys() -> list[ApiKey]:
    return list(ApiKey.objects.order_by("id"))


def open_pages() -> list[Page]:
    return list(Page.objects.open().order_by("id"))


def moment(text: str) -> datetime:
    from tests.harness import at

    return at(text)


@dataclass
class Caller:
    """Somebody with a key at the JSON API."""

    key: str
    person: str = ""

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        """Send a request to Django, as a script would; return its response."""
        given = {"Authorization": f"Bearer {self.key}", **headers}
        if self.person:
            given.setdefault("Hausmeister-As", self.person)
        raw = json.dumps(body) if body is not None else ""
        # a cookie jar of its own for each request: the API has no session
        return Client(headers=given).generic(method, f"/api/v1{path}", raw, content_type="application/json")

    def get(self, path: str, **headers: str) -> Any:
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: object = None, **headers: str) -> Any:
        return self.ask("POST", path, body, **headers)


def caller(of: Team, *scopes: Scope, source: str = "prometheus", person: Person | None = None) -> Caller:
    """Return a caller with a new key of these scopes, acting as `person` where one is given."""
    return Caller(new_key(of, source=source, scopes=scopes or (Scope.ALL,)), person.email if person else "")
