"""The words of the triage: kinds, sources, states, and which state follows a word of the team or of the asker."""

from enum import StrEnum


class ItemKind(StrEnum):
    """What an item is; one tap changes it."""

    QUESTION = "question"
    ISSUE = "issue"
    INCIDENT = "incident"
    NOT_OURS = "not ours"

    @property
    def words(self) -> str:
        """What people read."""
        return _KIND_WORDS[self]


_KIND_WORDS = {
    ItemKind.QUESTION: "question",
    ItemKind.ISSUE: "service issue",
    ItemKind.INCIDENT: "incident",
    ItemKind.NOT_OURS: "not ours",
}


class Source(StrEnum):
    """Which way an item came (H16)."""

    CHAT = "chat"
    ALARM = "alarm"
    DASHBOARD = "dashboard"
    EMAIL = "email"
    API = "api"


class State(StrEnum):
    """How far an item is. Closed has a reason."""

    OPEN = "open"
    CLAIMED = "claimed"
    WAITING = "waiting"
    ANSWERED = "answered"
    CLOSED = "closed"

    @property
    def is_unfinished(self) -> bool:
        """Whether the next word is the team's."""
        return self in {State.OPEN, State.CLAIMED}


UNFINISHED = (State.OPEN, State.CLAIMED)


class RoomUse(StrEnum):
    """What a watched room is for."""

    QUESTIONS = "questions"
    ALARMS = "alarms"


class RoomState(StrEnum):
    """Whether a room can be heard."""

    WATCHING = "watching"
    REMOVED = "removed"
    UNKNOWN = "unknown"


def bare(name: str) -> str:
    """Return a room's name without its "#", in small letters: how two spellings are compared."""
    return name.strip().lstrip("#").lower()


def after_team(text: str) -> State:
    """Return the state after somebody of the team wrote `text`: a question back waits for the asker."""
    return State.WAITING if text.rstrip(" )*_~`\n").endswith("?") else State.ANSWERED


def after_asker(state: State, *, is_thanks: bool, wants_more: bool, has_holder: bool) -> State:
    """Return the state after the asker wrote again.

    Thanks for an answer end it; what waited for them comes back; an answered or closed one comes back only when
    they want more: "ok, I will try" does not.
    """
    back = State.CLAIMED if has_holder else State.OPEN
    if state in {State.ANSWERED, State.WAITING} and is_thanks:
        return State.CLOSED
    if state is State.WAITING:
        return back
    return back if state in {State.ANSWERED, State.CLOSED} and wants_more else state
