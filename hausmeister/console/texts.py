"""Short texts on the command line: names and reasons, refused where no table could hold them."""

import unicodedata
from typing import Any

import click

# control characters, bytes that are no UTF-8, ends of lines and paragraphs
_NOT_IN_A_LINE = frozenset({"Cc", "Cs", "Zl", "Zp"})


class Text(click.ParamType[str]):
    """One line of at most `most` characters; empty only where `may_be_empty`."""

    name = "text"

    def __init__(self, *, most: int, may_be_empty: bool = False) -> None:
        self._most = most
        self._may_be_empty = may_be_empty

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text without blanks around it; anything else ends the command with what is allowed."""
        text = str(value).strip()
        is_clean = not any(unicodedata.category(character) in _NOT_IN_A_LINE for character in text)
        if not is_clean or len(text) > self._most or not (text or self._may_be_empty):
            least = 0 if self._may_be_empty else 1
            self.fail(f"it must be one line of {least} to {self._most} characters.", param, ctx)
        return text
