"""Making text from outside storable and showable.

Everything that crosses the border stays untrusted for ever; these functions only make sure that it can be
stored on both databases and fits its field.
"""

import re

CUT_MARK = "… [cut]"

# NUL is refused by PostgreSQL; lone surrogates by every UTF-8 encoder
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
# the other control characters, and the ones that turn writing direction round, have no place in one line
_NOT_IN_A_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


def storable(text: str) -> str:
    """Return `text` with what no database stores replaced by U+FFFD."""
    return _UNSTORABLE.sub("\ufffd", text)


def cut(text: str, most: int) -> str:
    """Return `text`, storable, cut to `most` characters; a cut is marked at its end."""
    clean = storable(text)
    if len(clean) <= most:
        return clean
    return clean[: most - len(CUT_MARK)] + CUT_MARK


def one_line(text: str, most: int) -> str:
    """Return `text` as one line of at most `most` characters, without control or direction characters."""
    return cut(" ".join(_NOT_IN_A_LINE.sub(" ", storable(text)).split()), most)
