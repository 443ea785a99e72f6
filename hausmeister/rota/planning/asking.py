"""Asking somebody to move their leave, by mail: the plan shows what it would be worth; the leave stays theirs."""

from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from hausmeister.journal.rules import Actor
from hausmeister.outbox.operations import Draft as Letter
from hausmeister.rota.models.planning import Draft, Wish
from hausmeister.team.letters import letter
from hausmeister.team.models import Leave, Person


def to_move(bend: dict[str, Any], draft: Draft, made: Draft, *, by: Actor, now: datetime) -> Letter | None:
    """Return the letter that asks for an imagined absence to be moved; None when nobody must be asked."""
    if bend["kind"] != "absence":
        return None
    found = _asked_about(bend)
    if found is None or not found[0].is_active:
        return None
    person, first, last = found
    facts = {
        "name": person.first_name, "by": by.name, "team": draft.team.name,
        "from": f"{first:%d %b %Y}", "to": f"{last:%d %b %Y}",
        "problem": draft.problem, "link": f"{settings.HAUSMEISTER_BASE_URL}/rota?view=mine&team={draft.team.slug}",
    }  # fmt: skip
    text = _(
        "Hello %(name)s,\n\n%(by)s plans the duties of %(team)s and asks whether you could move your days, %(from)s to"
        " %(to)s, on which you are away or must not be on duty:\n\n%(problem)s\n\nNothing is changed unless you"
        " change it: %(link)s"
    )
    return letter(
        person,
        subject=_("Could you move your days? %(team)s") % facts,
        text=text % facts,
        about=f"draft:{made.pk}",
        key=f"move-{made.pk}-{person.pk}-{first:%Y%m%d}",
        team_id=draft.team_id,
        due_at=now,
    )


def _asked_about(bend: dict[str, Any]) -> tuple[Person, date, date] | None:
    """Return whose days the bend imagines moved, and which days; None when they are not there any more."""
    if "leave" in bend:
        leave = Leave.objects.filter(pk=bend["leave"], cancelled_at=None).select_related("person").first()
        return (leave.person, leave.starts_on, leave.ends_on) if leave else None
    wish = Wish.objects.standing().filter(pk=bend["wish"]).select_related("membership__person").first()
    return (wish.membership.person, wish.starts_on, wish.ends_on) if wish else None
