"""Asking somebody to move their leave, by mail: the plan shows what it would be worth; the leave stays theirs."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from hausmeister.journal.rules import Actor
from hausmeister.outbox.operations import Draft as Letter
from hausmeister.outbox.rules import Lane
from hausmeister.rota.planning_models import Draft
from hausmeister.team.models import Leave
from hausmeister.team.rules import Channel


def to_move(bend: dict[str, Any], draft: Draft, made: Draft, *, by: Actor, now: datetime) -> Letter | None:
    """Return the letter that asks for an imagined absence to be moved; None when nobody must be asked."""
    if bend["kind"] != "absence":
        return None
    leave = Leave.objects.filter(pk=bend["leave"], cancelled_at=None).select_related("person").first()
    if leave is None or not leave.person.is_active:
        return None
    facts = {
        "name": leave.person.first_name, "by": by.name, "team": draft.team.name,
        "from": f"{leave.starts_on:%d %b %Y}", "to": f"{leave.ends_on:%d %b %Y}",
        "problem": draft.problem, "link": f"{settings.HAUSMEISTER_BASE_URL}/rota?view=mine&team={draft.team.slug}",
    }  # fmt: skip
    text = _(
        "Hello %(name)s,\n\n%(by)s plans the duties of %(team)s and asks whether you could move your days away,"
        " %(from)s to %(to)s:\n\n%(problem)s\n\nNothing is changed unless you change it: %(link)s"
    )
    return Letter(
        channel=Channel.EMAIL.value,
        kind="mail",
        subject=f"draft:{made.pk}",
        dedup_key=f"move-{made.pk}-{leave.pk}",
        to={"channel": Channel.EMAIL.value, "address": leave.person.email},
        facts={
            "subject": _("Could you move your days away? %(team)s") % facts, "text": text % facts,
            "person": leave.person.name,
        },
        due_at=now,
        lane=Lane.CHAT,
        team_id=draft.team_id,
        person_id=leave.person_id,
    )  # fmt: skip
