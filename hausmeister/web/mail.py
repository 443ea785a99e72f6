"""Mail that Django itself wants to send, such as a password reset: it goes through the outbox like all else."""

from collections.abc import Sequence
from typing import Any

from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

from hausmeister.base import clock
from hausmeister.outbox import operations as outbox
from hausmeister.outbox.operations import Draft
from hausmeister.team.operations import members


class OutboxBackend(BaseEmailBackend):
    """Puts each message into the outbox, once for every address; the engine's e-mail sender delivers it."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Store `email_messages`; return how many."""
        drafts = [draft(message, to) for message in email_messages for to in message.recipients()]
        with transaction.atomic():
            outbox.enqueue(drafts, now=clock.now())
        return len(email_messages)


def draft(message: EmailMessage, to: str) -> Draft:
    """Return `message` to one address as the outbox keeps it."""
    facts: dict[str, Any] = {"subject": str(message.subject), "text": str(message.body)}
    if isinstance(message, EmailMultiAlternatives):
        for content, kind in message.alternatives:
            if kind == "text/html":
                facts["html"] = str(content)
    return members.letter(to, now=clock.now(), **facts)
