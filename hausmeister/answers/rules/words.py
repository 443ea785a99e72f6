"""Words of a text: what it is searched by. Identifiers count as a whole and in their parts."""

import re
from collections.abc import Iterator
from functools import lru_cache

from hausmeister.answers.rules.stems import stem

# what says nothing of a question's subject: function words, and the ways to ask
_STOP = """
    a about above after again all also am an and any anybody anyhow anyone anything are aren as at be because been
    before being both but by can cannot cant could couldn did didn do does doesn doing don dont each else ever every
    few for from get gets getting give go goes going got had hadn has hasn have haven having he hello help her here
    hers hey hi him his how however i if in into is isn it its itself ive just kindly know let like ll look looking
    lot made make many may maybe me might more most much must my need no nor not now of off ok on once one only or
    other our ours out over own please possible really s same say see shall she should shouldn so some somebody
    somehow someone something still such t tell than thank thanks that the their theirs them then there these they
    thing things think this those through to too try trying under until up us use used using ve very want wanted
    wants was wasn way we well were weren what when where whether which while who whom whose why will with without
    won would wouldn yes yet you your yours d m re ill id im wanna able easiest best wondering
"""
STOP_WORDS = frozenset(_STOP.split())
_TOKEN = re.compile(r"\w[\w.\-/$#+:@]*")
_PARTS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|[^\W\d_A-Za-z]+")
_PATH = re.compile(r"[./:@]+")
_LONGEST = 64


def terms(text: str) -> list[str]:
    """Return the stems of the words of `text` that say something, in their order, repeats kept.

    `load_order_items` and `OrderLoader` give their parts and themselves.
    """
    found: list[str] = []
    for token in _tokens(text):
        found.extend(_terms_of(token))
    return found


def _tokens(text: str) -> Iterator[str]:
    for match in _TOKEN.finditer(text):
        token = match.group().strip(".-/:@+$#" if not match.group().endswith(("++", "#")) else ".-/:@")
        if token:
            yield token


@lru_cache(maxsize=50_000)
def _terms_of(token: str) -> tuple[str, ...]:
    lower = token.lower()
    if lower in STOP_WORDS:
        return ()
    parts = [part.lower() for part in _PARTS.findall(token)]
    kept = tuple(stem(part) for part in parts if part not in STOP_WORDS and (len(part) > 1 or not part.isalpha()))
    if len(parts) <= 1 or len(lower) > _LONGEST:
        return kept or (lower[:_LONGEST],)
    # "e-mail" and "email" are one word; a table is known with and without its schema
    inner = tuple(one for one in _PATH.split(lower) if one != lower and is_identifier(one))
    return (*kept, *inner, stem(lower.replace("-", "")) if lower.replace("-", "").isalpha() else lower)


def is_identifier(term: str) -> bool:
    """Say whether a term names a thing of the machine: a table, a class, a path, a version, a code."""
    return not term.isalpha() and any(letter.isalpha() for letter in term)


def trigrams(text: str) -> frozenset[str]:
    """Return the runs of three letters in `text`, spaces made one, case aside."""
    plain = " " + " ".join(text.lower().split()) + " "
    return frozenset(plain[at : at + 3] for at in range(len(plain) - 2))
