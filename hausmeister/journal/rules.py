"""What an entry is made of, before it is stored."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Actor:
    """Who did it. `kind` is person, source, console, engine, or a connector's name."""

    kind: str
    id: int | None
    name: str


ENGINE = Actor("engine", None, "Hausmeister")
CONSOLE = Actor("console", None, "the console")


@dataclass(frozen=True, slots=True)
class Fact:
    """One entry to be. `subject` is text such as "page:4821"; `facts` must be JSON."""

    at: datetime
    verb: str
    subject: str
    actor: Actor
    team_id: int | None = None
    facts: dict[str, Any] = field(default_factory=dict)
