"""The buttons below a page: what can be done with it as it stands. One list for posts, direct messages and home."""

from collections.abc import Mapping
from typing import Any

from hausmeister.outbox.chat import Button
from hausmeister.pager.models import Page, PageState

ACKNOWLEDGE = "page.acknowledge"
UNACKNOWLEDGE = "page.unacknowledge"
ESCALATE = "page.escalate"
SNOOZE = "page.snooze"
WAKE = "page.wake"
CLOSE = "page.close"
NOTE = "page.note"
HAND = "page.hand"
NEW = "page.new"
TEST = "page.test"


def of_page(page: Page) -> tuple[Button, ...]:
    """Return the buttons for a stored page."""
    return _buttons(page.pk, page.state, is_test=page.is_test, steps=page.steps_done)


def of_message(facts: Mapping[str, Any]) -> tuple[Button, ...]:
    """Return the buttons for a message about a page, as the pager's facts describe it."""
    state = PageState(str(facts.get("state") or PageState.FIRING))
    return _buttons(int(facts["page"]), state, is_test=bool(facts.get("test")), steps=None)


def _buttons(page_id: int, state: PageState, *, is_test: bool, steps: int | None) -> tuple[Button, ...]:
    number = str(page_id)
    # a second tap on the same button changes nothing where it says how far the page had climbed
    climbed = number if steps is None else f"{number}:{steps}"
    if state is PageState.CLOSED:
        return ()
    taken = state is PageState.ACKNOWLEDGED
    found = [Button("Close…", CLOSE, number, is_primary=True)] if taken else []
    if not taken:
        found.append(Button("Acknowledge", ACKNOWLEDGE, number, is_primary=True))
    if is_test:
        return tuple(found)
    found.append(Button("Escalate", ESCALATE, climbed, asks="The backstop is called now, and you stay on it."))
    if state is PageState.SNOOZED:
        found.append(Button("End the snooze", WAKE, number))
    elif state is PageState.SILENCED:
        found.append(Button("Call now", WAKE, number))
    else:
        found.append(Button("Snooze…", SNOOZE, number))
    if not taken:
        found.append(Button("Close…", CLOSE, number))
    return (*found, Button("Note…", NOTE, number), Button("Hand over…", HAND, number))
