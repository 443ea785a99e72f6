"""Every command by its name; the one way to have one answered; and `help`, made from the table."""

from dataclasses import replace

from hausmeister.base.untrusted import one_line
from hausmeister.chat.acts import table as acts
from hausmeister.chat.commands import duty, handing_over, incidents, items, pages
from hausmeister.chat.commands.command import Command, OpenCommand
from hausmeister.chat.shapes import Answer, Asked, Call, Form, said
from hausmeister.outbox.chat import Words

LISTED: tuple[Command | OpenCommand, ...] = (
    *duty.COMMANDS[:1], *pages.COMMANDS, *duty.COMMANDS[1:], *items.COMMANDS, *incidents.COMMANDS,
    *handing_over.COMMANDS,
)  # fmt: skip
_BY_WORD = {word: one for one in LISTED for word in (one.name, *one.aliases)}


def answer(asked: Asked) -> Answer | Form:
    """Return what the command in `asked.text` is answered; an empty one is `help`."""
    text = " ".join(asked.text.split())
    if text.lower().startswith("who is on call"):
        text = f"oncall{text[len('who is on call') :].lstrip('?')}"
    word, _, rest = text.partition(" ")
    if word.lower() in {"", "help", "?"}:
        return help_words()
    found = _BY_WORD.get(word.lower())
    if found is None:
        return said(f"There is no command {one_line(word, 40)!r}. Say help for those that there are.")
    given = replace(asked, text=rest.strip())
    if isinstance(found, OpenCommand):
        return found.run(given)
    command = found
    return acts.attempt(given, lambda person: command.run(Call(given, person)))


def help_words() -> Answer:
    """Return the list of commands."""
    return Answer(Words("What I answer to:", tuple(f"{one.usage}: {one.what}" for one in LISTED)))
