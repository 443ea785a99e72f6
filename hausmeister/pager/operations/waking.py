"""Ending a snooze, or a page's part in a silence, before its time: it calls from the top of its ladder, now."""

from datetime import datetime

from django.db import transaction

from hausmeister.base import database
from hausmeister.pager.context import TeamContext
from hausmeister.pager.models import Page
from hausmeister.pager.operations import acting, climbing
from hausmeister.team import operations as team_operations
from hausmeister.team.models import Person


class NotSnoozed(Exception):
    """The page is neither snoozed nor silenced, so there is nothing to end."""


@database.tried_again
@transaction.atomic
def end_snooze(page_id: int, *, by: Person, now: datetime, via: str = "") -> Page:
    """Let a snoozed or a silenced page call now; the silence goes on for others. Raises NotSnoozed, PageIsClosed."""
    page = acting.lock(page_id)
    if page.snoozed_until is None and page.silenced_until is None:
        raise NotSnoozed
    was_silenced = page.silenced_until is not None
    climbing.begin_anew(page, at=now)
    if was_silenced:
        # so that it begins as a silenced page does when its time has come
        page.silenced_until = now
    acting.tell(page, "page.woken", team_operations.as_actor(by), now, via=via, silenced=was_silenced)
    climbing.climb_locked(page, TeamContext.load(page.team_id, at=now), now=now)
    acting.tell_outside(page, now=now)
    return page
