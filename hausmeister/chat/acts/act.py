"""What an act is."""

from collections.abc import Callable
from dataclasses import dataclass

from hausmeister.chat.shapes import Answer, Call, Form


@dataclass(frozen=True)
class Act:
    """One thing a button does. With a `form` the button asks first, and the form's answer performs it."""

    name: str
    perform: Callable[[Call], Answer]
    form: Callable[[Call], Answer | Form] | None = None


class CannotDo(Exception):
    """It cannot be done; the text is one sentence for whoever asked."""
