"""A silenced page: until when it keeps silent. Which silences cover it is for the alerts to say.

A silenced page is an open page whose next step is the end of its silence, so the engine calls then as it does for every
page that is due; nothing else has to remember.
"""

from datetime import datetime

from hausmeister.pager.operations import acting
from hausmeister.pager.operations.climbing import MOVING_FIELDS


def keep_silent_until(page_id: int, until: datetime, *, now: datetime) -> bool:
    """Let a silenced page call at `until`; with `until` not after `now` it is due at once. Say whether it moved.

    In the caller's transaction. A page that is not silenced any more, or whose silence has just ended, is left alone:
    whoever was first, the engine or a person, stands.
    """
    try:
        page = acting.lock(page_id)
    except acting.PageIsClosed:
        return False
    if page.silenced_until is None or page.silenced_until <= now or page.silenced_until == until:
        return False
    page.silenced_until = page.next_step_at = max(until, now)
    page.version += 1
    page.save(update_fields=MOVING_FIELDS)
    return True
