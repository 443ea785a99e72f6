"""A bot's post in the alarms channel that a rule of the policy makes an alert, and the all-clear that ends it."""

from hausmeister.alerts import operations as alerts
from hausmeister.alerts.models import Alert
from hausmeister.alerts.operations import Incoming
from hausmeister.alerts.rules import Action, Signal, fitted
from hausmeister.journal.rules import ENGINE
from hausmeister.team import operations as team_operations
from hausmeister.team.models import Source
from hausmeister.team.policy.alarms import AlarmRule
from hausmeister.triage.models import Said
from hausmeister.triage.operations import opening
from hausmeister.triage.operations.desk import Desk
from hausmeister.triage.rules import joining

SOURCE_NAME = "Alarms channel"


def fire(desk: Desk, said: Said, *, place: str) -> bool:
    """Raise an alert for `said`, if a rule means it; return whether one did. The same post again is counted."""
    rule = _rule_of(desk, said)
    if rule is None:
        return False
    signal = Signal(
        Action.FIRE,
        _key(rule, said.text),
        title=opening.title_of(said.text),
        text=said.text,
        severity=rule.severity,
        origin=place,
        labels={"rule": rule.name, "bot": said.author_name},
        links=((said.link, "the post"),) if said.link else (),
    )
    _send(desk, signal)
    return True


def clear(desk: Desk, said: Said) -> bool:
    """End the alert that the all-clear `said` means; return whether there was one.

    It must name the alert beyond doubt: all of its words stand in the text of exactly one that is open, of the same
    bot. An alert that is closed by mistake calls nobody any more; one that stays open is closed by hand.
    """
    if not desk.policy.alarm_rules:
        return False
    words = joining.words_of_all_clear(said.text)
    open_ones = Alert.objects.open().filter(
        team=desk.team, source__name=SOURCE_NAME, labels__bot=said.author_name
    )  # fmt: skip
    meant = [one for one in open_ones.order_by("id")[:500] if joining.is_cleared(one.text, words)]
    if len(meant) != 1:
        return False
    _send(desk, Signal(Action.RESOLVE, meant[0].key, text=f"{said.author_name} says: {opening.title_of(said.text)}"))
    return True


def _rule_of(desk: Desk, said: Said) -> AlarmRule | None:
    return next((one for one in desk.policy.alarm_rules if one.fits(bot=said.author_name, text=said.text)), None)


def _key(rule: AlarmRule, text: str) -> str:
    return f"chat/{rule.name}/{joining.same_alarm(text)}"


def _send(desk: Desk, signal: Signal) -> None:
    source: Source = team_operations.make_source(desk.team, name=SOURCE_NAME, by=ENGINE, now=desk.now)
    alerts.receive([Incoming(fitted(signal), source.pk, source.name, desk.team.pk)], now=desk.now)
