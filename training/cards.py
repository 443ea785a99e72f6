"""Fits how sure a suggestion is, and writes the weights into the room `answers`.

    OPENBLAS_NUM_THREADS=1 .venv/bin/python -m training.cards

Reads `training/card_seeds.txt` and `training/chat_seeds.txt`, which we wrote, and nothing else. Again and again some
topics are taken away, one asking of each of the rest is put beside its answers, and the other askings are asked, those
of the absent topics too, and questions of the chat's seeds that no card is about: most of what a channel asks has no
card yet. Whether the first card was right is what the logistic model learns from.
"""

import json
import random
from pathlib import Path

import numpy as np

from hausmeister.answers import encoder
from hausmeister.answers.evaluation import Item, Shelf
from hausmeister.answers.rules import ranking
from hausmeister.answers.rules.messages import Label
from training.chat import WEIGHTS, conversations

HERE = Path(__file__).parent
ROUNDS, ABSENT = 15, 0.25
# questions of the chat, to each asking of a topic; by words they score nothing, and teach nothing
FOREIGN = {"words": 0.0, "meaning": 0.4}
# held back a little towards nothing, the bias not
STRENGTH = 1e-3
# The seeds are terse, and their topics close to one another on purpose: less can be told from a score there than where
# people write whole sentences. So the fitted line is made steeper by this: what was least wrong on average over eight
# kinds of the development data (whole, answers alone, one asking each, a quarter of the threads taken away three times,
# questions cut to six words, questions with letters swapped), not on the one where it looks best.
SHARPER = {"words": 1.5, "meaning": 2.0}


def topics() -> list[tuple[list[str], list[str]]]:
    """Return each topic's answers and askings."""
    found = []
    for block in (HERE / "card_seeds.txt").read_text(encoding="utf-8").split("\n\n"):
        lines = [line for line in block.splitlines() if line[:2] in {"a ", "q "}]
        if lines:
            texts = {letter: [line[2:] for line in lines if line[0] == letter] for letter in "aq"}
            found.append((texts["a"], texts["q"]))
    return found


def cases(model: encoder.Encoder | None, draw: random.Random, *, tier: str) -> list[tuple[dict[str, float], bool]]:
    """Return the signs of every suggestion that was made, and whether it was right."""
    known = topics()
    talks = conversations((HERE / "chat_seeds.txt").read_text(encoding="utf-8"))
    foreign = [line.text for talk in talks for line in talk if line.label in {Label.QUESTION, Label.INCIDENT}]
    found = []
    for _ in range(ROUNDS):
        items, asked = [], []
        chosen = draw.sample(range(len(known)), draw.randint(15, len(known)))
        for number in chosen:
            answers, askings = known[number]
            is_absent = draw.random() < ABSENT
            first = draw.randrange(len(askings))
            if not is_absent:
                texts = [*answers, askings[first]] if draw.random() < 0.8 else answers
                items += [Item(f"{number}:{at}", str(number), text) for at, text in enumerate(texts)]
            asked += [(text, "" if is_absent else str(number)) for at, text in enumerate(askings) if at != first]
        asked += [(text, "") for text in draw.sample(foreign, min(len(foreign), int(len(asked) * FOREIGN[tier])))]
        shelf = Shelf(items, model)
        for text, thread in asked:
            fits, named = shelf.fits(text)
            best = ranking.rank(((items[at].thread, at, fit) for at, fit in fits), named=named)[0]
            found.append((ranking.signs(best), best.card == thread))
    return found


def fit(seen: list[tuple[dict[str, float], bool]], *, tier: str) -> dict[str, float]:
    """Return the weights of the logistic model, by Newton's method."""
    names = ranking.SIGNS[tier]
    rows = np.array([[signs[name] for name in names] for signs, _ in seen])
    right = np.array([float(is_right) for _, is_right in seen])
    weights = np.zeros(len(names))
    held = STRENGTH * len(rows) * np.array([name != "bias" for name in names])
    for _ in range(30):
        chances = 1 / (1 + np.exp(-rows @ weights))
        gradient = rows.T @ (chances - right) + held * weights
        curvature = (rows * (chances * (1 - chances))[:, None]).T @ rows + np.diag(held + 1e-9)
        weights -= np.linalg.solve(curvature, gradient)
    return {name: round(float(value) * SHARPER[tier], 3) for name, value in zip(names, weights, strict=True)}


def main() -> None:
    """Fit and write the weights."""
    path = WEIGHTS / "confidence.json"
    found = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    for name, model in (("words", None), ("meaning", encoder.best())):
        if name == "words" or model is not None:
            found[name] = fit(cases(model, random.Random(5), tier=name), tier=name)
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
