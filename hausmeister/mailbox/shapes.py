"""A letter as the connector hands it over: plain values, everything in it untrusted."""

from dataclasses import dataclass
from datetime import datetime

from hausmeister.mailbox.rules import Automatic


@dataclass(frozen=True)
class Letter:
    """One letter. `sender` is what stands in From, which anybody can write; addresses are in small letters.

    `message_id` and `references` are in angle brackets, "" for a letter without one. `arrived_at` is the mail
    server's word. `is_proven`: the server that the operator trusts found the sender's domain to be the true one.
    `is_cut`: more came than was read. `digest` is the same for the same letter, however often it is read.
    """

    digest: str
    message_id: str
    references: tuple[str, ...]
    sender: str
    sender_name: str
    answer_to: str
    recipients: tuple[str, ...]
    subject: str
    text: str
    arrived_at: datetime
    size_bytes: int
    automatic: Automatic = Automatic.NO
    attachments: tuple[str, ...] = ()
    is_proven: bool = False
    is_cut: bool = False


@dataclass(frozen=True)
class Folder:
    """A mail folder as its server numbers it: the letter with the number `next_uid` is not there yet."""

    validity: int
    next_uid: int
