"""Putting the demo into an empty database, whole or not at all."""

import json
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction

from hausmeister.base import chance
from hausmeister.base.wall_time import instant, monday_of
from hausmeister.console.demo import backlog, cast, inbox, incident, week
from hausmeister.console.demo.acting_out import Stage
from hausmeister.console.demo.cast import Cast
from hausmeister.console.demo.replay import Replay
from hausmeister.issues.operations import working
from hausmeister.journal.rules import CONSOLE
from hausmeister.outbox import operations as outbox
from hausmeister.rota import operations as rota
from hausmeister.rota import queries as rota_queries
from hausmeister.rota.operations import OverrideRefused
from hausmeister.rota.rules.slots import Post
from hausmeister.team import operations as team_operations
from hausmeister.team.models import Installation, Person, Source, Team
from hausmeister.team.rules import Channel, Role, Scope

# the rota began so long ago that turns served, and with them fairness, mean something
_WEEKS_BEFORE = 6
_STORY = timedelta(days=7)


class DatabaseNotEmpty(Exception):
    """There are people or teams already; the demo is never mixed with them."""


@dataclass(frozen=True)
class Secrets:
    """What the demo's users need, kept in a file of the data folder: one password for all, one key."""

    password: str
    key: str


def secrets_file() -> Path:
    """Return where the demo's secrets are kept."""
    return Path(settings.HAUSMEISTER_DATA) / "demo-secrets.json"


def kept_secrets() -> Secrets | None:
    """Return the demo's secrets, None where this data folder has none."""
    try:
        return Secrets(**json.loads(secrets_file().read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def is_empty() -> bool:
    """Say whether the database holds neither people nor teams."""
    return not Person.objects.exists() and not Team.objects.exists()


def check_empty(*, now: datetime) -> None:
    """Lock the installation; raise DatabaseNotEmpty where anybody is in it."""
    # the one row makes two nodes that start at once take turns
    Installation.objects.get_or_create(id=1, defaults={"created_at": now})
    Installation.objects.select_for_update().get(id=1)
    if not is_empty():
        raise DatabaseNotEmpty


@transaction.atomic
def load(*, now: datetime) -> Secrets:
    """Store both teams with their week, in one transaction; return the secrets, also kept in their file.

    Raises DatabaseNotEmpty.
    """
    check_empty(now=now)
    began_at = now - timedelta(weeks=_WEEKS_BEFORE)
    replay = Replay(starts_at=now - _STORY)
    with quietly():
        teams = {one.slug: _team(one, began_at=began_at, now=now) for one in cast.TEAMS}
        data_infra, streaming = teams[cast.DATA_INFRA.slug], teams[cast.STREAMING.slug]
        scenes = week.data_infra(now=now, zone=data_infra.zone)
        worst = next(scene for scene in scenes if scene.severity == "critical")
        incident.play(data_infra, replay, page_title=worst.title, page_at=worst.at)
        stages = [
            _stage(data_infra, scenes, replay, until=now),
            _stage(streaming, week.streaming(now=now, zone=streaming.zone), replay, until=now),
        ]
        replay.audience = [stage.on_delivered for stage in stages]
        replay.run(until=now)
        _changes_ahead(data_infra, now=now)
        _issues(data_infra, now=now)
        inbox.fill(data_infra, now=now)
    secrets = make_secrets(data_infra, now=now)
    team_operations.mark_demo(now=now)
    keep(secrets)
    return secrets


@contextmanager
def quietly() -> Iterator[None]:
    """Keep the story's log lines out of the first minute's log."""
    logging.disable(logging.INFO)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def _team(of: Cast, *, began_at: datetime, now: datetime) -> Team:
    team = team_operations.make_team(slug=of.slug, name=of.name, zone_name=of.zone_name, by=CONSOLE, now=began_at)
    for member in of.members:
        person = team_operations.make_person(
            email=member.email, name=member.name, zone_name=member.zone_name, by=CONSOLE, now=began_at
        )
        joined_on = now.date() - timedelta(weeks=member.weeks_there)
        team_operations.join(
            team, person, role=member.role, experience=member.experience, takes_duty=member.takes_duty,
            joined_on=joined_on, by=CONSOLE, now=began_at,
        )  # fmt: skip
        if member.role is not Role.VIEWER:
            # no ladder of their own: whoever adds a phone to one of them is rung by it at once
            team_operations.add_method(
                person, channel=Channel.EMAIL, address=person.email, by=CONSOLE, now=began_at, verified=True
            )
    rota.plan_ahead(team, now=began_at)
    return team


def _stage(team: Team, scenes: list[week.Scene], replay: Replay, *, until: datetime) -> Stage:
    stage = Stage(team, sources_of(team, scenes, replay.now), replay, until=until)
    stage.play(scenes)
    duty = rota_queries.on_duty(team, at=until)
    # those on duty tested their phones when it began, or just before now if it began just before now
    stage.test_phones(max(replay.now, duty.starts_at + timedelta(minutes=4)))
    return stage


def sources_of(team: Team, scenes: Sequence[week.Scene], now: datetime) -> dict[str, Source]:
    """Make a key for each source of `scenes`; return the sources by name."""
    return {name: _source(team, name, now) for name in sorted({scene.source for scene in scenes})}


def _source(team: Team, name: str, now: datetime) -> Source:
    made = team_operations.make_key(
        team=team, name=name, source_name=name, scopes=[Scope.ALERTS_WRITE], by=CONSOLE, now=now
    )
    return made.key.source


def _changes_ahead(team: Team, *, now: datetime) -> None:
    """Plan on to the horizon, let somebody be away, and let somebody stand in for a day."""
    rota.plan_ahead(team, now=now)
    monday = monday_of(now.astimezone(team.zone).date())
    away = Person.objects.get(email="bo.lindqvist@example.org")
    starts_on = monday + timedelta(days=17)
    rota.record_leave(
        away, starts_on=starts_on, ends_on=starts_on + timedelta(days=4), by=team_operations.as_actor(away), now=now
    )
    # whoever looks at the demo is told by the screens; nobody gets mail by having loaded it
    outbox.cancel([f"team:{team.pk}"], now=now)
    for weeks, post in [*((weeks, Post.PRIMARY) for weeks in range(1, 5)), (1, Post.BACKSTOP)]:
        if _stand_in(team, post, instant(monday + timedelta(weeks=weeks, days=2), time(9), team.zone), now=now):
            return


def _issues(team: Team, *, now: datetime) -> None:
    """Fill the board: one that is worked on, and a backlog that says why."""
    duty = rota_queries.on_duty(team, at=now)
    owner = duty.primary.person or Person.objects.filter(memberships__team=team).order_by("id")[0]
    by = team_operations.as_actor(owner)
    for wish, age in backlog.issues(owner):
        made = working.open_issue(team, wish, by=by, person=owner, now=now - age)
        # nobody gets mail by having loaded the demo
        outbox.cancel([made.subject], now=now)


def _stand_in(team: Team, post: Post, starts_at: datetime, *, now: datetime) -> bool:
    """Let the first who may do so by the rules hold `post` for a day; return whether anybody may."""
    duty = rota_queries.on_duty(team, at=starts_at)
    planned = (duty.primary if post is Post.PRIMARY else duty.backstop).person
    if planned is None:
        return False
    for person in Person.objects.filter(memberships__team=team).exclude(pk=planned.pk).order_by("name"):
        try:
            rota.add_override(
                team, post=post, person=person, starts_at=starts_at, ends_at=starts_at + timedelta(days=1),
                reason=f"{planned.first_name} is at the dentist", by=team_operations.as_actor(planned), now=now,
                created_by=planned, tells=False,
            )  # fmt: skip
        except OverrideRefused:
            continue
        return True
    return False


def make_secrets(team: Team, *, now: datetime) -> Secrets:
    """Give everybody one password, and the team a key of the demo's own."""
    password = "-".join(chance.text(4) for _ in range(4))
    # one hash for everybody: eleven more would only cost a second of the first start
    Person.objects.update(password=make_password(password))
    key = team_operations.make_key(
        team=team, name="demo", source_name="demo", scopes=[Scope.ALERTS_WRITE], by=CONSOLE, now=now
    )
    return Secrets(password, key.text)


def keep(secrets: Secrets) -> None:
    """Write the secrets into their file, for nobody else to read."""
    path = secrets_file()
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(asdict(secrets), file, indent=2)
