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

# the same, but where lines are welcome
_LINE_END = re.compile("[\r\x0b\x0c\x85\u2028\u2029]")
_NOT_IN_LINES = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+")


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


def lines(text: str, most: int) -> str:
    """Return `text` in its lines, at most `most` characters, without control or direction characters."""
    broken = storable(text).replace("\r\n", "\n")
    broken = _LINE_END.sub("\n", broken)
    return cut(_NOT_IN_LINES.sub(" ", broken).strip(), most)


def cut_bytes(text: str, most: int) -> str:
    """Return `text` cut so that its UTF-8 form has at most `most` bytes; a cut is marked, no character is halved."""
    raw = storable(text).encode()
    if len(raw) <= most:
        return raw.decode()
    return raw[: most - len(CUT_MARK.encode())].decode(errors="ignore") + CUT_MARK


def harmless(text: str) -> str:
    """Return what an outsider said as a tracker may show it: nobody is called by it, and nothing in it is markup."""
    return re.sub(r"@(?=\w)", "@\u200b", text).replace("<", "&lt;")
