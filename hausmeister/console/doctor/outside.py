"""The far sides: mail server and channels, and whether somebody counts on one that is not set up."""

import smtplib
from collections.abc import Iterator

from django.conf import settings
from django.db.models import Count

from hausmeister import wiring
from hausmeister.base.env import MailServer
from hausmeister.console.doctor.findings import Finding, well, wrong
from hausmeister.outbox.delivery import Checkable, NotDelivered, Sender
from hausmeister.team.models import ContactMethod
from hausmeister.team.rules import Channel

PATIENCE_S = 5.0
_SETTING = {
    Channel.EMAIL: "HAUSMEISTER_EMAIL_URL",
    Channel.SLACK: "HAUSMEISTER_SLACK_TOKEN",
    Channel.OPSGENIE: "HAUSMEISTER_OPSGENIE_KEY",
}


def channels() -> Iterator[Finding]:
    """Ask each channel that is set up whether its far side answers."""
    senders = wiring.senders()
    for channel, sender in senders.items():
        yield from _channel(Channel(channel), sender)
    if settings.HAUSMEISTER_EMAIL is not None and not isinstance(senders.get(Channel.EMAIL), Checkable):
        yield mail_server(settings.HAUSMEISTER_EMAIL)


def _channel(channel: Channel, sender: Sender) -> Iterator[Finding]:
    if not isinstance(sender, Checkable):
        return
    try:
        yield well(channel.label, sender.check())
    except NotDelivered as error:
        setting = _SETTING.get(channel)
        yield wrong(channel.label, str(error), f"Look at {setting}." if setting else "")


def mail_server(server: MailServer) -> Finding:
    """Connect to the mail server and say NOOP; nothing is sent."""
    where = f"{server.host}:{server.port}"
    try:
        kind = smtplib.SMTP_SSL if server.tls == "tls" else smtplib.SMTP
        with kind(server.host, server.port, timeout=PATIENCE_S) as link:
            code, answer = link.noop()
    except (OSError, smtplib.SMTPException) as error:
        return wrong("mail server", f"{where} does not answer: {error}", "Look at HAUSMEISTER_EMAIL_URL.")
    if code != 250:
        said = answer.decode("utf-8", "replace")
        return wrong("mail server", f"{where} answers {code} {said}", "Look at HAUSMEISTER_EMAIL_URL.")
    return well("mail server", f"{where} answers")


def unreachable_channels() -> Iterator[Finding]:
    """Find channels that people count on and that nothing can send by."""
    senders = wiring.senders()
    used = ContactMethod.objects.usable().values("channel").annotate(people=Count("person", distinct=True))
    for row in used.order_by("channel"):
        channel = Channel(row["channel"])
        if channel.value not in senders:
            people = "1 person counts" if row["people"] == 1 else f"{row['people']} people count"
            setting = _SETTING.get(channel)
            yield wrong(channel.label, f"{people} on it, and it is not set up", f"Set {setting}." if setting else "")
