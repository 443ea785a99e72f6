"""The far sides: does each channel that is set up answer, and does somebody count on one that is not?"""

from collections.abc import Iterator

from django.conf import settings
from django.db.models import Count

from hausmeister import wiring
from hausmeister.base import clock
from hausmeister.chat import line, standing
from hausmeister.connectors.imap import poll as imap_poll
from hausmeister.console.doctor.findings import Finding, note, well, wrong
from hausmeister.issues.models import Feed, Mirror
from hausmeister.outbox.delivery import Checkable, NotDelivered
from hausmeister.team.models import ContactMethod, Team
from hausmeister.team.rules import Channel

_SETTING = {
    Channel.EMAIL: "HAUSMEISTER_EMAIL_URL",
    Channel.SLACK: "HAUSMEISTER_SLACK_TOKEN",
    Channel.MATRIX: "HAUSMEISTER_MATRIX_URL and HAUSMEISTER_MATRIX_TOKEN",
    Channel.OPSGENIE: "HAUSMEISTER_OPSGENIE_KEY",
    Channel.NTFY: "HAUSMEISTER_NTFY_URL",
}


def channels() -> Iterator[Finding]:
    """Ask each channel that is set up, or that somebody counts on, whether its far side answers."""
    senders, used = wiring.senders(), _people_by_channel()
    for channel in Channel:
        if channel not in senders:
            if channel in used:
                yield _missing(channel, used[channel])
            continue
        sender = senders[channel]
        if isinstance(sender, Checkable) and (channel in used or _is_set_up(channel)):
            yield _asked(channel, sender)


def trackers() -> Iterator[Finding]:
    """Ask each tracker that is set up whether it answers, and look at what it does not have yet."""
    for name, tracker in wiring.trackers().items():
        try:
            yield well(tracker.label, tracker.check())
        except NotDelivered as error:
            yield wrong(tracker.label, str(error), f"Look at HAUSMEISTER_{name.upper()}_TOKEN and its URL.")
        late = Mirror.objects.filter(tracker=name, out_since__isnull=False).order_by("out_since").first()
        if late is not None:
            yield note(tracker.label, f"{late} is not in sync: {late.out_why}", "The screen Issues says which are not.")
        for feed in Feed.objects.filter(tracker=name, failing_since__isnull=False).order_by("id"):
            yield wrong(tracker.label, f"{feed.repository} cannot be read: {feed.failing_why}")


def _is_set_up(channel: Channel) -> bool:
    """Say whether somebody set the channel up on purpose; ntfy has a server by default and may be nobody's."""
    if channel is Channel.EMAIL:
        return settings.HAUSMEISTER_EMAIL is not None
    return channel in {Channel.SLACK, Channel.MATRIX, Channel.OPSGENIE}


def _people_by_channel() -> dict[Channel, int]:
    rows = ContactMethod.objects.usable().values("channel").annotate(people=Count("person", distinct=True))
    return {Channel(row["channel"]): row["people"] for row in rows}


def _asked(channel: Channel, sender: Checkable) -> Finding:
    try:
        return well(channel.label, sender.check())
    except NotDelivered as error:
        setting = _SETTING.get(channel)
        return wrong(channel.label, str(error), f"Look at {setting}." if setting else "")


def _missing(channel: Channel, people: int) -> Finding:
    count = "1 person counts" if people == 1 else f"{people} people count"
    setting = _SETTING.get(channel)
    return wrong(channel.label, f"{count} on it, and it is not set up", f"Set {setting}." if setting else "")


def chat() -> Iterator[Finding]:
    """Look at the line to the chat, and at each team's rooms there."""
    service, now = str(settings.HAUSMEISTER_CHAT), clock.now()
    if not service:
        return
    found = line.of(service)
    problem = standing.line_problem(service, found, now=now)
    words = standing.line_words(service, found, now=now)
    if problem:
        yield wrong("chat", problem, "Look at the tokens and at what the app may do; docs/slack.md says which.")
    elif settings.HAUSMEISTER_CHAT_HEARS and found is None:
        yield note("chat", words, "Say something in a watched channel, or run /hausmeister help there.")
    else:
        yield well("chat", words)
    for team in Team.objects.order_by("id"):
        seen = standing.standing(team, now=now)
        # the line's own problem is told already
        for one in (one for one in (seen.problems if seen else ()) if one != problem):
            yield wrong(f"chat of {team.name}", one, "Invite the app, or correct the name in the policy.")


def mailbox() -> Iterator[Finding]:
    """Look into the mailbox, if one is set up."""
    route = wiring.mailbox()
    if route is None:
        return
    try:
        yield well("mailbox", imap_poll.check(route))
    except NotDelivered as error:
        yield wrong("mailbox", str(error), "Look at HAUSMEISTER_MAILBOX_URL; docs/mail.md goes through it.")
