"""Letters: messages to a person that call nobody, in the lane that delays no page."""

from datetime import datetime

from django.conf import settings

from hausmeister.outbox.operations import Draft
from hausmeister.outbox.rules import Lane
from hausmeister.team import queries
from hausmeister.team.models import ContactMethod, Person
from hausmeister.team.rules import Channel, ListName

# what carries a message that is no page; Opsgenie would make an alert of it, and behind a webhook stands a program
_CARRIERS = frozenset({Channel.SLACK, Channel.NTFY})


def letter(
    to: Person, *, subject: str, text: str, about: str, key: str, team_id: int, due_at: datetime
) -> Draft:  # fmt: skip
    """Return a letter to `to`: by mail, where no mail server is set up by their own way for soft pages.

    With neither it is a mail all the same, which waits in the folder of mails that could not leave. `about` is its
    name in the outbox, `key` its dedup key.
    """
    method = None if has_mail() else own_way(to)
    if method is None:
        channel, address = Channel.EMAIL, {"channel": Channel.EMAIL.value, "address": to.email}
    else:
        channel, address = Channel(method.channel), queries.address_of(method)
    return Draft(
        channel=channel.value,
        kind="mail" if method is None else "notice",
        subject=about,
        dedup_key=key,
        to=address,
        facts={"subject": subject, "text": text, "person": to.name, "title": subject},
        due_at=due_at,
        lane=Lane.CHAT,
        team_id=team_id,
        person_id=to.pk,
        method_id=method.pk if method is not None else None,
    )


def has_mail() -> bool:
    """Say whether mail leaves the house; in the demo every mail ends in a folder, where it is looked at."""
    return settings.HAUSMEISTER_EMAIL is not None or queries.is_demo()


def own_way(to: Person) -> ContactMethod | None:
    """Return the person's first method for soft pages that carries a letter too, None when they have none."""
    reach = queries.reach([to.pk]).get(to.pk)
    if reach is None:
        return None
    rungs = [rung.method for rung in reach.rungs[ListName.DEFAULT]]
    return next((one for one in (*rungs, *reach.methods) if Channel(one.channel) in _CARRIERS), None)
