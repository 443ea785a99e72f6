"""Letters of a demo without a mail server: one file each, for the person who tries Hausmeister out."""

import os
from email.message import EmailMessage
from pathlib import Path

from hausmeister.base import outgoing
from hausmeister.outbox.delivery import TryLater


def keep(message: EmailMessage, *, folder: Path, name: str) -> str:
    """Write `message` to `folder` as `name`.eml, whole or not at all, for its owner alone; return the file's name.

    Raises TryLater when it cannot be written.
    """
    part, whole = folder / f".{name}.part", folder / f"{name}.eml"
    outgoing.last_look()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(message.as_bytes())
        part.replace(whole)
    except OSError as error:
        raise TryLater(f"The mail could not be written to the data folder: {error.strerror}") from error
    return whole.name
