"""How fast a question is answered with suggestions among many cards, on one thread, and what memory that takes.

    python -m bench.answers [--cards 100000] [--messages 0] [--asked 200] [--database URL] [--data FOLDER] [--tier 0|1]

The cards are made up: each has a title and a text of words drawn like those of a language (few common, most rare),
every fourth from the hand-written seeds of `training/`. `--messages` are short askings of theirs besides, in the words
of people. Computing half a million sentence vectors would take an hour, so they are drawn at random: what is searched
costs the same. With --data the folder is kept; a second run goes on filling where the first one ended, then asks.
`--asked 0` only fills. A figure is true of one machine on one day.
"""

import argparse
import json
import os
import random
import resource
import statistics
import tempfile
import time
from datetime import datetime
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hausmeister.team.models import Team

ONCE = 5000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cards", type=int, default=100_000)
    parser.add_argument("--messages", type=int, default=0)
    parser.add_argument("--asked", type=int, default=200)
    parser.add_argument("--database", default="")
    parser.add_argument("--data", default="")
    parser.add_argument("--tier", choices=("0", "1"), default="1")
    given = parser.parse_args()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ["HAUSMEISTER_DATA"] = given.data or tempfile.mkdtemp(prefix="hausmeister-bench-")
    os.environ["HAUSMEISTER_LOG_LEVEL"] = "error"
    os.environ["DJANGO_SETTINGS_MODULE"] = "hausmeister.settings"
    if given.database:
        os.environ["DATABASE_URL"] = given.database
    import django

    django.setup()
    from hausmeister.answers import encoder
    from hausmeister.console.deployment import migrate

    migrate()
    if given.tier == "0":
        encoder.best = lambda: None
    before_mb = _resident_mb()
    print(json.dumps({**_measure(given), "tier": given.tier, "before_mb": before_mb, "most_mb": _most_mb()}))


def _resident_mb() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - no file of ours
        return int(file.read().split()[1]) * resource.getpagesize() // 2**20


def _most_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _measure(given: argparse.Namespace) -> dict[str, Any]:
    from hausmeister.answers import encoder
    from hausmeister.answers.models import Passage
    from hausmeister.answers.queries import suggest
    from hausmeister.base import clock
    from hausmeister.journal.rules import CONSOLE
    from hausmeister.team import operations as team
    from hausmeister.team.models import Team
    from training.cards import topics

    now = clock.now()
    made = Team.objects.filter(slug="bench").first()
    began_s = time.perf_counter()
    if made is None:
        made = team.make_team(slug="bench", name="Bench", zone_name="UTC", by=CONSOLE, now=now)
    _fill(made, given.cards, now)
    _fill_messages(made, given.messages, now)
    _vectors(made)
    filled_s = time.perf_counter() - began_s
    told = {
        "cards": given.cards, "messages": given.messages, "fill_s": round(filled_s),
        "passages": Passage.objects.filter(team=made).count(),
    }  # fmt: skip
    if not given.asked:
        return told
    questions = list(islice(cycle(asking for _, askings in topics() for asking in askings), given.asked))
    model = encoder.best()
    encoding = [_timed(lambda text=text: model.encode([text])) for text in questions] if model else [0.0]
    first_ms = _timed(lambda: suggest(made, questions[0], now=now))
    times = [_timed(lambda text=text: suggest(made, text, now=now)) for text in questions]
    return told | {
        "asked": len(times), "first_ms": round(first_ms), "p50_ms": _at(times, 50),
        "p95_ms": _at(times, 95), "most_ms": round(max(times), 1), "encode_p50_ms": _at(encoding, 50),
        "resident_mb": _resident_mb(),
    }  # fmt: skip


def _timed(work: Any) -> float:
    began_s = time.perf_counter()
    work()
    return (time.perf_counter() - began_s) * 1000


def _at(times: list[float], percent: int) -> float:
    return round(statistics.quantiles(times, n=100)[percent - 1], 1) if len(times) > 1 else times[0]


def _fill(team: "Team", cards: int, now: datetime) -> None:
    """Store so many cards, some thousand in each transaction."""
    from django.db import transaction

    from hausmeister.answers.models import Card
    from hausmeister.answers.operations import shelving
    from hausmeister.answers.operations.shelving import Put
    from training.cards import topics

    draw = random.Random(3)
    words, weights = _language()
    seeds = [(askings[0], " ".join(answers)) for answers, askings in topics()]
    for start in range(Card.objects.filter(team=team).count(), cards, ONCE):
        count = min(ONCE, cards - start)
        drawn = iter(draw.choices(words, weights, k=count * 40))
        texts = [
            (" ".join(next(drawn) for _ in range(6)), " ".join(next(drawn) for _ in range(34))) for _ in range(count)
        ]
        for at in range(0, count, 4):
            title, text = seeds[(start + at) % len(seeds)]
            texts[at] = (f"{title} {texts[at][0][:20]}", f"{text} {texts[at][1][:60]}")
        with transaction.atomic():
            made = Card.objects.bulk_create(
                [
                    Card(team=team, kind="answer", title=title, text=text, created_at=now, changed_at=now)
                    for title, text in texts
                ]
            )
            shelf = shelving.lock(team)
            shelving.put(
                shelf, [put for one in made for put in (Put(one, "title", one.title), Put(one, "body", one.text))]
            )


def _language() -> tuple[list[str], list[float]]:
    """Return made-up words and how often each is drawn."""
    words = [f"{a}{b}{c}" for a in ("ta", "ro", "li", "me", "ku", "sha") for b in _PARTS for c in _PARTS]
    return words, [1 / (rank + 3) for rank in range(len(words))]


def _fill_messages(team: "Team", messages: int, now: datetime) -> None:
    """Store so many short messages as confirmed askings of the cards, a third of their words from real askings."""
    from django.db import transaction

    from hausmeister.answers.models import Asking, Card
    from hausmeister.answers.operations import shelving
    from hausmeister.answers.operations.shelving import Put
    from training.cards import topics

    draw = random.Random(5)
    words, weights = _language()
    said = [asking.split() for _, askings in topics() for asking in askings]
    known = Asking.objects.filter(team=team).count()
    cards = list(Card.objects.filter(team=team).order_by("id")) if known < messages else []
    for start in range(known, messages, ONCE):
        chosen = draw.choices(cards, k=min(ONCE, messages - start))
        texts = [
            " ".join([*draw.choices(words, weights, k=draw.randint(4, 9)), *draw.choices(draw.choice(said), k=4)])
            for _ in chosen
        ]
        with transaction.atomic():
            askings = Asking.objects.bulk_create(
                [
                    Asking(team=team, text=text, by=f"u{draw.randint(1, 900)}", asked_at=now, card=card, looked_at=now)
                    for card, text in zip(chosen, texts, strict=True)
                ]
            )
            shelf = shelving.lock(team)
            shelving.put(shelf, [Put(one.card, "asking", one.text, one) for one in askings if one.card])


_PARTS = (
    "ba",
    "co",
    "du",
    "fi",
    "ga",
    "he",
    "jo",
    "ki",
    "lu",
    "ma",
    "no",
    "pe",
    "qui",
    "ra",
    "so",
    "tu",
    "ve",
    "wa",
    "xi",
)


def _vectors(team: "Team") -> None:
    """Give every passage without any three vectors (whole, two windows), a message one, drawn at random."""
    from hausmeister.answers import encoder
    from hausmeister.answers.models import Passage, Shelf

    model = encoder.best()
    if model is None:
        return
    import numpy as np
    from django.db import connection, transaction

    from hausmeister.answers.encoder.kept import packed, signs

    numbers = np.random.default_rng(7)
    bare = Passage.objects.filter(team=team).exclude(encoder=model.name).order_by("id")
    waiting = list(bare.values_list("id", "kind"))
    for start in range(0, len(waiting), ONCE):
        some = waiting[start : start + ONCE]
        rows = numbers.standard_normal((len(some) * 3, model.dimensions), dtype=np.float32)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE answers_passage SET vectors = %s, signs = %s, encoder = %s WHERE id = %s",
                [
                    (
                        packed(rows[at * 3 : at * 3 + (1 if kind == "asking" else 3)]),
                        signs(rows[at * 3]),
                        model.name,
                        number,
                    )
                    for at, (number, kind) in enumerate(some)
                ],
            )
    Shelf.objects.filter(team=team).update(vectors_changed=1)


if __name__ == "__main__":
    main()
