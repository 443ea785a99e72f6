"""What a message says of a runbook, in sentences; each connector sets them in its own medium, and escapes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hausmeister.base import markdown
from hausmeister.base.markdown import Block
from hausmeister.base.untrusted import lines, one_line
from hausmeister.runbooks.rules import showing


@dataclass(frozen=True)
class RunbookWords:
    """A section in words. `text` is Markdown; `stale` says why it may be old, "" when it is not."""

    heading: str
    how: str
    text: str
    is_whole: bool
    url: str
    place: str
    stale: str
    others: tuple[str, ...]

    @property
    def headline(self) -> str:
        """Which section it is, and how it was found."""
        return f"Runbook: {self.heading} ({self.how})"

    def blocks(self, most: int) -> list[Block]:
        """Return its blocks, as many as fit into `most` characters."""
        return showing.within(self.text, most)[0]

    def plain(self, most: int) -> str:
        """Return its text as it is read, at most `most` characters, cut between lines."""
        return showing.cut_text(markdown.plain(self.text), most)[0]

    def rest(self, most: int) -> str:
        """Return where it stands and what else is to be known, in a sentence each."""
        fits = self.is_whole and len(markdown.plain(self.text)) <= most
        told = [f"{'From' if fits else 'The rest stands in'} {self.place}: {self.url}"]
        if self.others:
            told.append(f"The heading stands more than once, also here: {', '.join(self.others)}")
        if self.stale:
            told.append(f"It may be old: {self.stale}")
        return "\n".join(told)


def words_of(facts: Mapping[str, Any]) -> RunbookWords | None:
    """Return what the facts of a message say of a runbook, None when they say nothing."""
    told = facts.get("runbook")
    if not isinstance(told, Mapping):
        return None
    return RunbookWords(
        heading=one_line(str(told["heading"]), 300),
        how=one_line(str(told["how_words"]), 200),
        text=lines(str(told["text"]), 6_000),
        is_whole=bool(told["is_whole"]),
        url=str(told["url"]),
        place=one_line(str(told["place"]), 300),
        stale=one_line(str(told["stale"]), 300),
        others=tuple(str(one["url"]) for one in told["others"]),
    )
