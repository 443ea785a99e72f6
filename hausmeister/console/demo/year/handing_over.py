"""The year's hand-offs: written and moved by the room itself, accepted by whoever comes; now and then too late."""

from datetime import datetime, timedelta

from hausmeister.base.chance import Stream
from hausmeister.console.demo.replay import Replay
from hausmeister.handoff.models import Handoff
from hausmeister.handoff.operations import accepting, watching
from hausmeister.handoff.operations.accepting import HandoffRefused
from hausmeister.rota import queries as rota
from hausmeister.rota.rules.slots import slots_between
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Team

_MINUTE = timedelta(minutes=1)
# the room looks shortly before and at the change; once more where nobody accepted, so that the backstop is told
_LOOKS, _ONCE_MORE = (-50 * _MINUTE, _MINUTE), 45 * _MINUTE
_IN_TIME, _LATE = (3, 5, 8, 12, 20), 180


def play(team: Team, replay: Replay, *, until: datetime, dice: Stream) -> None:
    """Let every change of duty up to `until` be handed over."""
    duties = rota.weekly_duties(team_queries.policy_of(team.pk))
    for slot in slots_between(duties, team.zone, replay.now, until):
        at, minutes = slot.starts_at, _LATE if dice.random() < 0.09 else dice.choice(_IN_TIME)
        for after in (*_LOOKS, *([_ONCE_MORE] if minutes == _LATE else [])):
            if replay.now < at + after < until:
                replay.later(at + after, lambda: watching.look(team.pk, now=replay.now))
        if replay.now < at + minutes * _MINUTE < until:
            replay.later(at + minutes * _MINUTE, lambda at=at: _accept(team, at, replay.now))  # type: ignore[misc]


def _accept(team: Team, at: datetime, now: datetime) -> None:
    handoff = Handoff.objects.unaccepted().select_related("incoming", "backstop").filter(team=team, at=at).first()
    if handoff is None or handoff.incoming is None:
        return
    try:
        accepting.accept(handoff.pk, by=handoff.incoming, now=now)
    except HandoffRefused:
        # they left the team, or somebody was quicker, as in life
        return
