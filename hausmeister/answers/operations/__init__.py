"""Writes of the room, one transaction each. None computes a sentence vector: the engine does that afterwards."""

from hausmeister.answers.operations.askings import (
    dismiss,
    note_asking,
    relink,
    relink_all,
    split,
    tend_recurring,
    written,
)
from hausmeister.answers.operations.cards import (
    AnswerRefused,
    add_answer,
    change_answer,
    confirm,
    reject,
    remove_answer,
)
from hausmeister.answers.operations.documents import (
    SourceRefused,
    add_source,
    import_docs,
    read_sources,
    remove_source,
)
from hausmeister.answers.operations.meanings import give_meaning, lacks_meaning, refit_confidence

__all__ = [
    "AnswerRefused", "SourceRefused", "add_answer", "add_source", "change_answer", "confirm", "dismiss", "give_meaning",
    "import_docs", "lacks_meaning", "note_asking", "read_sources", "refit_confidence", "reject", "relink", "relink_all",
    "remove_answer", "remove_source", "split", "tend_recurring", "written",
]  # fmt: skip
