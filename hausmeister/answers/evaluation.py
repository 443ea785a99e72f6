"""Measures the room on data of the shape that `hausmeister questions eval` describes. No database, no network.

Four tasks: find the earlier question or answer, suggest duplicates of issues, tell what a message is, find what keeps
coming; and one of learning: answers alone, then with three confirmed askings each. The very rules of the product are
measured, on texts in memory.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hausmeister.answers.encoder import Encoder
from hausmeister.answers.rules import duplicates, lexical, measures, messages, ranking, recurring
from hausmeister.answers.rules.words import terms

Figures = dict[str, float]
# so many askings are confirmed before the rest of a thread's are asked
LEARNED = 3


class BadData(Exception):
    """The folder does not hold what a task needs; the text says which file, and what is wrong with it."""


@dataclass(frozen=True)
class Item:
    """One text of the corpus: an earlier question or an answer, of one thread."""

    id: str
    thread: str
    text: str


def rows(folder: Path, name: str) -> list[dict[str, Any]]:
    """Return the lines of a JSON-lines file. Raises BadData."""
    path = folder / name
    try:
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, ValueError) as error:
        raise BadData(f"{path} cannot be read as JSON lines: {error}.") from error


def evaluate(folder: Path, encoder: Encoder | None) -> Iterator[tuple[str, Figures]]:
    """Yield each task's name and figures. Without `encoder` everything is done by words. Raises BadData."""
    tasks: dict[str, Callable[[Path, Encoder | None], Figures]] = {
        "faq": faq, "issues": issues, "chat": chat, "recurring": repeats, "learning": learning,
    }  # fmt: skip
    for name, task in tasks.items():
        try:
            yield name, task(folder, encoder)
        except (KeyError, TypeError) as error:
            raise BadData(
                f"A line of the task {name} in {folder} lacks a field or has another kind: {error}."
            ) from error


class Shelf:
    """Texts in memory that can be asked, by the rules that the product asks its cards by."""

    def __init__(self, items: Sequence[Item], encoder: Encoder | None) -> None:
        self.items = items
        self._encoder = encoder
        self._lexicon = lexical.Lexicon([terms(item.text) for item in items])
        self._windows: list[range] = []
        if encoder is not None:
            texts = [item.text for item in items]
            for item in items:
                more = ranking.windows(item.text)
                self._windows.append(range(len(texts), len(texts) + len(more)))
                texts.extend(more)
            self._vectors = encoder.encode(texts)

    def fits(self, text: str) -> tuple[list[tuple[int, ranking.Fit]], float]:
        """Return how well each item fits `text`, and the share of it that names things of the machine."""
        asked = lexical.ask(terms(text), self._lexicon.collection)
        words = self._lexicon.scores(asked)
        if self._encoder is None:
            return [(number, ranking.Fit(one)) for number, one in enumerate(words)], asked.named
        near = (self._vectors @ self._encoder.encode([text])[0]).tolist()
        return [
            (number, ranking.Fit(one, ranking.meaning_of(near[number], [near[at] for at in self._windows[number]])))
            for number, one in enumerate(words)
        ], asked.named

    def ask(self, text: str) -> tuple[list[str], float]:
        """Return the ids of the items, best first, and how sure it is that the first one's thread answers."""
        fits, named = self.fits(text)
        order = sorted(fits, key=lambda one: -one[1].together(named=named))
        cards = ranking.rank(((self.items[number].thread, number, fit) for number, fit in fits), named=named)
        return [self.items[number].id for number, _ in order], ranking.confidence(cards[0]) if cards else 0.0


def faq(folder: Path, encoder: Encoder | None) -> Figures:
    """Find the earlier question or answer that helps."""
    corpus = rows(folder, "faq_corpus.jsonl")
    kinds = {one["id"]: one["kind"] for one in corpus}
    threads = {one["id"]: one["thread"] for one in corpus}
    gold = {one["id"]: one["thread"] for one in rows(folder, "faq_gold.jsonl")}
    shelf = Shelf([Item(one["id"], one["thread"], one["text"]) for one in corpus], encoder)
    asked = {one["id"]: shelf.ask(one["text"]) for one in rows(folder, "faq_queries.jsonl") if one["id"] in gold}

    def ranked(query: str, kind: str | None = None) -> list[str]:
        found = asked.get(query, ([], 0.0))[0][:60]
        return measures.in_order_once(threads[one] for one in found if kind is None or kinds[one] == kind)

    answerable = [query for query, thread in gold.items() if thread]
    found: Figures = {
        "queries": len(gold), "answerable": len(answerable), "missing": sum(query not in asked for query in gold),
    }  # fmt: skip
    for name, kind in (("all", None), ("answers_only", "answer"), ("questions_only", "question")):
        scores = measures.ranks([(ranked(query, kind), {gold[query]}) for query in answerable])
        found |= {f"{name}_{figure}": value for figure, value in scores.items() if figure != "map"}
    said = [(asked[query][1], ranked(query)[:1] == [gold[query]]) for query in gold if query in asked]
    return found | _confidence(said, len(answerable), (0.90, 0.95))


def _confidence(said: list[tuple[float, bool]], answerable: int, precisions: tuple[float, ...]) -> Figures:
    if not said:
        return {}
    return {
        **{
            f"coverage_at_p{precision * 100:.0f}": measures.coverage(said, precision=precision, answerable=answerable)
            for precision in precisions
        },
        "calibration_error": measures.calibration_error(said),
    }


def issues(folder: Path, encoder: Encoder | None) -> Figures:
    """Suggest earlier duplicates."""
    listed = rows(folder, "issues.jsonl")
    places = {one["id"]: number for number, one in enumerate(listed)}
    gold = {one["id"]: set(one["duplicates"]) for one in rows(folder, "issues_gold.jsonl")}
    texts = [
        duplicates.IssueText(one["id"], one["title"], one["body"] or "", _moment(one["created"])) for one in listed
    ]
    known = duplicates.Issues(texts, meanings=_meanings(texts, encoder))
    asked = {
        query: known.similar(places[query], among=range(places[query]))
        for query in (one["id"] for one in rows(folder, "issues_queries.jsonl"))
        if query in gold
    }
    ranked = {query: [one.key for one in found] for query, found in asked.items()}
    with_duplicate = [query for query in gold if gold[query]]
    said = [
        (found[0].confidence if found else 0.0, bool(found) and found[0].key in gold[query])
        for query, found in asked.items()
    ]
    return {
        "queries": len(gold), "duplicates": len(with_duplicate), "missing": sum(one not in asked for one in gold),
        **measures.ranks([(ranked.get(query, []), gold[query]) for query in with_duplicate]),
        **_confidence(said, len(with_duplicate), (0.70, 0.90)),
    }  # fmt: skip


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _meanings(texts: Sequence[duplicates.IssueText], encoder: Encoder | None) -> duplicates.Meanings | None:
    if encoder is None:
        return None
    titles = encoder.encode([one.title for one in texts])
    whole = encoder.encode([duplicates.whole(one.title, one.body) for one in texts])
    return lambda number: ((titles @ titles[number]).tolist(), (whole @ whole[number]).tolist())


def chat(folder: Path, encoder: Encoder | None) -> Figures:
    """Say what each message is."""
    gold = rows(folder, "chat_gold.jsonl")
    given = rows(folder, "chat.jsonl")
    vectors = [None] * len(given) if encoder is None else encoder.encode([one["text"] for one in given]).tolist()
    labels: dict[str, str] = {}
    for one, vector in zip(given, vectors, strict=True):
        earlier = (messages.Said(said["author"], said["text"], said["seconds_before"]) for said in one["context"])
        context = messages.Context(one["author"], tuple(earlier))
        labels[one["id"]] = messages.classify(one["text"], context=context, vector=vector).label
    judged = [(one["label"], labels.get(one["id"], messages.Label.OTHER), one["weight"]) for one in gold]
    return {
        "messages": len(gold), "missing": sum(one["id"] not in labels for one in gold),
        **measures.labels(
            judged, every=[label.value for label in messages.LABELS],
            opening=frozenset({messages.Label.QUESTION.value, messages.Label.INCIDENT.value}),
        ),
    }  # fmt: skip


def repeats(folder: Path, encoder: Encoder | None) -> Figures:
    """Find the questions that keep coming."""
    stream = rows(folder, "stream.jsonl")
    topics = {one["id"]: one["topic"] for one in rows(folder, "stream_gold.jsonl")}
    texts = [one["text"] for one in stream]
    if encoder is None:
        near, threshold = recurring.by_words(texts), recurring.NEAR_BY_WORDS
    else:
        vectors = encoder.encode(texts)
        near, threshold = (vectors @ vectors.T).tolist(), recurring.NEAR_BY_MEANING
    found = recurring.groups(near, threshold=threshold)
    return measures.proposals(
        [{stream[number]["id"] for number in group} for group in found if len(group) >= recurring.ASKINGS], topics
    )


def learning(folder: Path, encoder: Encoder | None) -> Figures:
    """Know answers only, then three confirmed askings of each thread; ask with the sixth to the tenth asking."""
    answers = [
        Item(one["id"], one["thread"], one["text"])
        for one in rows(folder, "faq_corpus.jsonl")
        if one["kind"] == "answer"
    ]
    texts = {one["id"]: one["text"] for one in rows(folder, "faq_queries.jsonl")}
    askings: dict[str, list[str]] = {}
    for one in rows(folder, "faq_gold.jsonl"):
        if one["thread"] and one["id"] in texts:
            askings.setdefault(one["thread"], []).append(texts[one["id"]])
    found: Figures = {}
    for count in (0, LEARNED):
        confirmed = [
            Item(f"{thread}:{number}", thread, text)
            for thread, all_of_it in askings.items()
            for number, text in enumerate(all_of_it[:count])
        ]
        shelf = Shelf([*answers, *confirmed], encoder)
        thread_of = {item.id: item.thread for item in shelf.items}
        cases = [
            (measures.in_order_once(thread_of[one] for one in shelf.ask(text)[0]), {thread})
            for thread, all_of_it in askings.items()
            for text in all_of_it[5:10]
        ]
        found |= {"queries": len(cases), f"mrr_after_{count}": measures.ranks(cases)["mrr"]}
    return found
