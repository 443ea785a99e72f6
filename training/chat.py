"""Fits the weights by which messages are told apart, and writes them into the room `answers`.

    OPENBLAS_NUM_THREADS=1 .venv/bin/python -m training.chat

Reads `training/chat_seeds.txt`, with the encoder also `training/chat_seeds_meant.txt`, which we wrote for this, and
nothing else. Every seed is seen in several guises: with more or less of what was said before, other pauses, without
capitals or question mark, with a greeting. The seed of the draws is fixed, so the same seeds give the same weights.
With the encoder installed, the second file of weights is fitted too.
"""

import json
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hausmeister.answers import encoder
from hausmeister.answers.rules.messages import LABELS, Context, Label, Said, features

HERE = Path(__file__).parent
WEIGHTS = HERE.parent / "hausmeister" / "answers" / "weights"
_LETTERS = {"q": Label.QUESTION, "i": Label.INCIDENT, "f": Label.FOLLOWUP, "o": Label.OTHER}
GUISES = 6
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Line:
    """One seed message."""

    label: Label
    author: str
    pause_s: float | None
    text: str


def conversations(text: str) -> list[list[Line]]:
    """Return the conversations of the seed file."""
    found: list[list[Line]] = [[]]
    for raw in text.splitlines():
        if raw.startswith("#"):
            continue
        if not raw.strip():
            found.append([])
            continue
        label, author, pause, words = raw.split(" ", 3)
        line = Line(_LETTERS[label], author, None if pause == "-" else float(pause), words.replace("\\n", "\n"))
        found[-1].append(line)
    return [one for one in found if one]


def guises(talks: list[list[Line]], draw: random.Random, times: int) -> Iterator[tuple[str, Context, Label]]:
    """Yield every seed message `times` times, each time a little otherwise."""
    for talk in talks:
        for at, line in enumerate(talk):
            for number in range(times):
                context = _context(talk, at, talks, draw, as_written=number == 0)
                yield _rewritten(line, context, draw, as_written=number == 0), context, line.label


def _context(talk: list[Line], at: int, talks: list[list[Line]], draw: random.Random, *, as_written: bool) -> Context:
    line = talk[at]
    if at == 0:
        if as_written or draw.random() < 0.6 or line.label is Label.OTHER:
            return Context(author=line.author)
        # the end of another conversation stands above it, from a good while ago
        other = draw.choice(talks)[-2:]
        pause = draw.lognormvariate(8.0, 1.3)
        return Context(line.author, tuple(Said(f"x{one.author}", one.text, pause + 30) for one in other))
    if not as_written and draw.random() < 0.04:
        return Context(author=line.author)
    before, total = [], 0.0
    stretch = 1.0 if as_written else draw.lognormvariate(0.0, 0.8)
    pauses = [(one.pause_s or 0.0) * stretch for one in talk[: at + 1]]
    for back in range(1, min(at, 2 if draw.random() < 0.9 else 1) + 1):
        total += pauses[at - back + 1]
        before.append(Said(talk[at - back].author, talk[at - back].text, total))
    return Context(line.author, tuple(reversed(before)))


def _rewritten(line: Line, context: Context, draw: random.Random, *, as_written: bool) -> str:
    text = line.text
    if as_written:
        return text
    opens = line.label in {Label.QUESTION, Label.INCIDENT}
    if draw.random() < 0.3:
        text = text.lower()
    if draw.random() < 0.15:
        text = text.rstrip("?.! ")
    if opens and draw.random() < 0.2:
        text = (
            draw.choice(["Hi, ", "hi all ", "Hello everyone! ", "hey guys, ", "Hey folks, ", "Good morning. "]) + text
        )
    if opens and draw.random() < 0.1:
        text += draw.choice([" Any ideas?", " Thanks in advance", " please help", " thx", " [link]", " [code]"])
    others = [said.author for said in context.earlier if said.author != context.author]
    if others and not opens and draw.random() < 0.25 and not text.startswith("@"):
        text = f"@{others[-1]}: {text}"
    return text


def fit(rows: Array, labels: NDArray[np.int64], strength: Array, *, steps: int = 400) -> Array:
    """Return weights (features by labels): logistic regression, each feature held back by its `strength` (L2)."""
    weights = np.zeros((rows.shape[1], len(LABELS)))
    target = np.eye(len(LABELS))[labels]
    mean, square = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, steps + 1):
        sums = rows @ weights
        powers = np.exp(sums - sums.max(axis=1, keepdims=True))
        gradient = rows.T @ (powers / powers.sum(axis=1, keepdims=True) - target) / len(rows)
        gradient += strength[:, None] * weights
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        weights -= 0.05 * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
    return weights


def design(seen: list[tuple[str, Context, Label]], vectors: Array | None) -> tuple[Array, list[str]]:
    """Return the matrix of features and their names, the bias first."""
    each = [features(text, context) for text, context, _ in seen]
    names = ["bias", *sorted({name for one in each for name in one})]
    number = {name: at for at, name in enumerate(names)}
    rows = np.zeros((len(seen), len(names)))
    rows[:, 0] = 1
    for at, one in enumerate(each):
        for name, value in one.items():
            rows[at, number[name]] = value
    if vectors is None:
        return rows, names
    return np.hstack([rows, vectors * VECTORS_TIMES]), [*names, *(f"v{at}" for at in range(vectors.shape[1]))]


# how strongly features are held back: what the message is built like least, single letters and vectors most
# (chosen by what held on conversations of the seeds that were left out)
STRENGTHS = {"bias": 1e-5, "#": 2e-3, "v": 1e-3, "": 1e-3}
# the numbers of a vector are small beside ones and noughts
VECTORS_TIMES = 4


def strengths(names: list[str]) -> Array:
    """Return the L2 strength of each feature."""

    def of(name: str) -> float:
        if name == "bias":
            return STRENGTHS["bias"]
        if name[0] == "#":
            return STRENGTHS["#"]
        return STRENGTHS["v"] if name[0] == "v" and name[1:].isdigit() else STRENGTHS[""]

    return np.array([of(name) for name in names])


def main() -> None:
    """Fit and write the weights."""
    text = (HERE / "chat_seeds.txt").read_text(encoding="utf-8")
    meant = (HERE / "chat_seeds_meant.txt").read_text(encoding="utf-8")
    for name, model, seeds in (("chat", None, text), ("chat_with_vectors", encoder.best(), f"{text}\n{meant}")):
        if name != "chat" and model is None:
            sys.stderr.write("The encoder is not installed: chat_with_vectors.json stays as it is.\n")
            continue
        seen = list(guises(conversations(seeds), random.Random(11), GUISES))
        labels = np.array([LABELS.index(label) for _, _, label in seen])
        vectors = None if model is None else model.encode([text for text, _, _ in seen]).astype(float)
        rows, names = design(seen, vectors)
        weights = fit(rows, labels, strengths(names))
        weights[[at for at, one in enumerate(names) if one[0] == "v" and one[1:].isdigit()]] *= VECTORS_TIMES
        kept = {
            one: [round(float(value), 3) for value in row]
            for one, row in zip(names, weights, strict=True)
            if np.abs(row).max() > 0.01
        }
        (WEIGHTS / f"{name}.json").write_text(json.dumps(kept, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
