"""Sending an answer back: to the one who pressed, where they pressed, through the outbox as everything else."""

from dataclasses import replace

from django.db import IntegrityError, transaction

from hausmeister.chat.shapes import Answer, Asked
from hausmeister.outbox import chat
from hausmeister.outbox import operations as outbox
from hausmeister.outbox.chat import About, Place
from hausmeister.outbox.models import Message


def send(answer: Answer, asked: Asked) -> None:
    """Put `answer` into the outbox for whoever asked; the same press delivered twice is answered once."""
    key = f"answer-{asked.member.service}-{asked.key}"[:120]
    if Message.objects.filter(dedup_key=key).exists():
        return
    about = About(f"member:{asked.member.id}"[:80], 0, key)
    if asked.place.room:
        draft = chat.whisper(asked.place, asked.member.id, answer.words, about, due_at=asked.now)
    else:
        draft = chat.say(Place(asked.member.id), answer.words, about, due_at=asked.now)
    try:
        with transaction.atomic():
            outbox.enqueue([replace(draft, team_id=None)], now=asked.now)
    except IntegrityError:
        # another node was a moment quicker with the same press
        return
