"""Putting the year into an empty database, whole or not at all."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from hausmeister.alerts import operations as alerts
from hausmeister.answers import encoder
from hausmeister.answers import operations as answers
from hausmeister.base import chance
from hausmeister.base.chance import Stream
from hausmeister.console.demo import inbox, incident, loading, week
from hausmeister.console.demo.loading import Secrets
from hausmeister.console.demo.replay import Replay
from hausmeister.console.demo.week import Scene
from hausmeister.console.demo.year import absences, asking, cast, handing_over, incidents, weather
from hausmeister.console.demo.year.living import Life
from hausmeister.console.demo.year.stage import YearStage
from hausmeister.familiarity import operations as familiarity
from hausmeister.issues.operations import nagging
from hausmeister.journal.rules import CONSOLE
from hausmeister.rota import operations as rota
from hausmeister.rota import queries as rota_queries
from hausmeister.team import operations as team_operations
from hausmeister.team.models import Team
from hausmeister.triage.operations import reminding
from hausmeister.triage.operations.earlier import Earlier
from hausmeister.triage.operations.pointing import Round

SEED = 2027
YEAR = timedelta(days=364)
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


@transaction.atomic
def load(*, now: datetime) -> Secrets:
    """Store one team with the year behind it, in one transaction; return the secrets, also kept in their file.

    Raises DatabaseNotEmpty.
    """
    loading.check_empty(now=now)
    dice = chance.stream(SEED)
    replay = Replay(starts_at=now - YEAR)
    began_on = replay.now.date()
    with loading.quietly(), encoder.off():
        team = team_operations.make_team(
            slug=cast.TEAM.slug, name=cast.TEAM.name, zone_name=cast.TEAM.zone_name, by=CONSOLE, now=replay.now
        )
        life = Life(team, replay, began_on=began_on, until=now, dice=dice)
        for member in cast.TEAM.members:
            if not cast.stay_of(member.name).joins:
                life.arrive(member, at=replay.now)
        rota.plan_ahead(team, now=replay.now)
        life.come_and_go(cast.TEAM.members)
        names = [member.name for member in cast.TEAM.members]
        life.be_away(absences.year(names, began_on=began_on, until=now.date(), dice=dice))
        life.be_asked(asking.year(began_on=began_on, until=now, zone=team.zone, dice=dice))
        life.write_issues()
        _keep_house(team, replay)
        handing_over.play(team, replay, until=now, dice=dice)
        scenes = _scenes(team, began_on=began_on, now=now, dice=dice)
        worst = weather.worst(scenes, most=len(incidents.STORIES))
        for one, story in zip(worst, incidents.STORIES, strict=False):
            incident.play(team, replay, page_title=one.title, page_at=one.at, story=story)
        stage = YearStage(team, loading.sources_of(team, scenes, replay.now), replay, until=now)
        stage.play(scenes)
        duty = rota_queries.on_duty(team, at=now)
        stage.test_phones(max(replay.now, duty.starts_at + timedelta(minutes=4)))
        replay.audience = [stage.on_delivered]
        replay.run_sparingly(until=now)
        inbox.fill(team, now=now)
    secrets = loading.make_secrets(team, now=now)
    team_operations.mark_demo(now=now)
    loading.keep(secrets)
    return secrets


def _scenes(team: Team, *, began_on: date, now: datetime, dice: Stream) -> list[Scene]:
    """Return the year's scenes; those of its last week are the ones of the short demo, of which some are still open."""
    last = week.data_infra(now=now, zone=team.zone)
    most = weather.ALERTS - sum(one.alerts for one in last)
    until = now - timedelta(days=7)
    before = weather.year(began_on=began_on, until=until, zone=team.zone, dice=dice, most=most)
    return [*before, *last]


def _keep_house(team: Team, replay: Replay) -> None:
    """Let the engine's quieter jobs run: hourly what watches over promises, daily and weekly the rest."""
    pointing = Round(Earlier())

    def hourly() -> None:
        now = replay.now
        reminding.remind(now)
        while pointing.run(now):
            pass
        for issue_id in nagging.due_ids(now):
            nagging.ask(issue_id, now=now)
        replay.later(_next_hour(now, team.zone), hourly)

    def daily() -> None:
        now = replay.now
        alerts.expire(now=now)
        reminding.close_quiet(now)
        answers.tend_recurring(now)
        rota.plan_ahead(team, now=now)
        familiarity.place(now)
        replay.later(now + _DAY, daily)

    replay.later(_next_hour(replay.now, team.zone), hourly)
    replay.later(replay.now + _DAY, daily)


def _next_hour(now: datetime, zone: ZoneInfo) -> datetime:
    """Return the next hour in which people work and are reminded."""
    at = now + _HOUR
    while not (8 <= at.astimezone(zone).hour <= 18 and at.astimezone(zone).weekday() < 5):
        at += _HOUR
    return at
