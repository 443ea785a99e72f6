"""The words that incidents are sorted by."""

from enum import StrEnum


class IncidentState(StrEnum):
    """What an incident is: running until the all clear, then over until it is closed."""

    RUNNING = "running"
    OVER = "over"
    CLOSED = "closed"


class Post(StrEnum):
    """The two who are named (L2): point acts, comms tells."""

    POINT = "point"
    COMMS = "comms"


class Answer(StrEnum):
    """What became of an offer. VOID: the post went elsewhere, or the incident was over first."""

    NONE = ""
    YES = "yes"
    NO = "no"
    VOID = "void"


class TellKind(StrEnum):
    """What was told: to the crash channel, as an update, to clients, that it is over, or to another squad."""

    CRASH = "crash"
    UPDATE = "update"
    ANNOUNCE = "announce"
    OVER = "over"
    SQUAD = "squad"


class TimerKind(StrEnum):
    """What is promised by a level: news at an interval, and the first announcement."""

    UPDATE = "update"
    ANNOUNCE = "announce"


class EventKind(StrEnum):
    """What others may add to a timeline."""

    DEPLOY = "deploy"
    NOTE = "note"
