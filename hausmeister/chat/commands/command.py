"""What a command is."""

from collections.abc import Callable
from dataclasses import dataclass

from hausmeister.chat.shapes import Answer, Asked, Call, Form


@dataclass(frozen=True)
class Command:
    """One word and what it does. `usage` is how it is written, `what` one line for `help`."""

    name: str
    usage: str
    what: str
    run: Callable[[Call], Answer | Form]
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class OpenCommand:
    """A command that answers everybody in the chat, also whom we do not know (L11)."""

    name: str
    usage: str
    what: str
    run: Callable[[Asked], Answer]
    aliases: tuple[str, ...] = ()
