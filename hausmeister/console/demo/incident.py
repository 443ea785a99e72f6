"""The demo's incident: the bad night's page became one; it is over and waits for its review."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from hausmeister.console.demo.replay import Replay
from hausmeister.incidents.models import Incident
from hausmeister.incidents.operations import closing, levels, open_incident, recording, reviewing, roles, updating
from hausmeister.incidents.operations.updating import Said
from hausmeister.incidents.rules.kinds import EventKind
from hausmeister.journal.rules import Actor
from hausmeister.pager.models import Page
from hausmeister.team import operations as team_operations
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person, Team

_MINUTE = timedelta(minutes=1)
_AFTER_THE_PAGE = 12 * _MINUTE
TITLE = "The data of today are not there yet"


@dataclass(frozen=True)
class Story:
    """One incident in the words of those who told it. Titles differ between stories of one team."""

    title: str = TITLE
    announced: str = (
        "The data of today come later than usual; those of yesterday stay as they are. You hear from us again within"
        " the hour."
    )
    noted: str = "The vacuum of 02:00 holds the lock. Ending it."
    deployed: str = "loader 96: gives up a lock after 5 min"
    over: str = "All data of today are there."
    helped: str = "ended the vacuum that held the loader's lock"
    follow_up: str = "No vacuum while the loader runs"
    # what the review says, three days later; "" leaves it to be written
    review: str = ""


def play(team: Team, replay: Replay, *, page_title: str, page_at: datetime, story: Story | None = None) -> None:
    """Let the incident happen beside the page with this title: opened, told, over, with one follow-up."""
    story = story or Story()

    def begin() -> None:
        page = Page.objects.filter(team=team, title=page_title).order_by("-id").first()
        if page is None or page.acked_by is None:
            return
        ada, at = page.acked_by, page_at + _AFTER_THE_PAGE
        open_incident(
            team, story.title, "SEV2", opened_from=page.subject, actor=team_operations.as_actor(ada), now=replay.now
        )
        for after, act in ((4, _answer), (9, _announce), (14, _note), (33, _end), (60, _learn)):
            replay.later(at + after * _MINUTE, lambda act=act: act(_incident(team, story), story, ada, replay.now))  # type: ignore[misc]
        if story.review:
            replay.later(at + timedelta(days=3), lambda: _review(_incident(team, story), story, ada, replay.now))

    replay.later(page_at + _AFTER_THE_PAGE, begin)


def _incident(team: Team, story: Story) -> Incident:
    return Incident.objects.select_related("team", "point", "comms").get(team=team, title=story.title)


def _answer(incident: Incident, _story: Story, _point: Person, now: datetime) -> None:
    for offer in incident.offers.filter(answer=""):
        roles.accept(offer.pk, by=offer.to, now=now)


def _announce(incident: Incident, story: Story, point: Person, now: datetime) -> None:
    policy = team_queries.policy_of(incident.team_id)
    said = Said(story.announced, (policy.crash_channel, policy.announcements_channel))
    updating.post_update(incident.pk, said, by=incident.teller, now=now)
    for step in incident.steps.filter(text__startswith="Name point"):
        levels.tick(incident.pk, step.pk, done=True, by=point, now=now)


def _note(incident: Incident, story: Story, point: Person, now: datetime) -> None:
    recording.note(incident.pk, story.noted, by=point, now=now)
    pipeline = Actor("source", None, "pipeline")
    recording.add_event(incident.pk, EventKind.DEPLOY, story.deployed, by=pipeline, at=now - _MINUTE, now=now)


def _end(incident: Incident, story: Story, point: Person, now: datetime) -> None:
    policy = team_queries.policy_of(incident.team_id)
    said = Said(story.over, (policy.crash_channel, policy.announcements_channel))
    closing.all_clear(incident.pk, said, by=point, now=now, helped=story.helped)


def _learn(incident: Incident, story: Story, point: Person, now: datetime) -> None:
    reviewing.add_follow_up(incident.pk, story.follow_up, owner=point, by=point, now=now)


def _review(incident: Incident, story: Story, point: Person, now: datetime) -> None:
    reviewing.save_review(incident.pk, story.review, seen=0, by=point, now=now)
    for one in incident.follow_ups.filter(done_at=None):
        reviewing.finish(one.pk, done=True, by=point, now=now)
    closing.close(incident.pk, by=point, now=now)
