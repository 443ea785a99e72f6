"""What a message that was heard is: thanks by their words, everything else by what the answers room makes of it."""

from datetime import timedelta

from hausmeister.answers import queries as answers
from hausmeister.answers.rules.messages import Context, Label
from hausmeister.answers.rules.messages import Said as Earlier
from hausmeister.triage.models import Said
from hausmeister.triage.rules import reading
from hausmeister.triage.rules.reading import LONGEST_READ, Reading, Verdict

# what was said longer ago explains nothing
_LOOK_BACK = timedelta(hours=1)
_MOST = 3
# below it not even a plain question is more than a part of the talk
_NOT_QUITE = 0.1


def judge(said: Said) -> Verdict:
    """Return what `said` is, given who spoke before it in the room."""
    if reading.is_thanks(said.text):
        return Verdict(Reading.THANKS, 0.9)
    judged = answers.judge(said.text[:LONGEST_READ], context=_context(said))
    found = of_chances(judged.chances[Label.QUESTION], judged.chances[Label.INCIDENT])
    return _second_look(said.text, judged.opens) if found.reading is Reading.CHATTER else found


def _second_look(text: str, opens: float) -> Verdict:
    """Return what a text is that looks like talk: where its form alone is plainly a question, somebody is asked.

    On the development data this finds one question in seventy more, and asks for nothing that is none.
    """
    form = reading.classify(text)
    if opens >= _NOT_QUITE and form.is_sure and form.reading in {Reading.QUESTION, Reading.REPORT}:
        return Verdict(form.reading, reading.PERHAPS)
    return Verdict(Reading.CHATTER, 1 - opens)


def of_text(text: str) -> Verdict:
    """Return what a text is that came alone: by mail, from a dashboard."""
    judged = answers.judge(text[:LONGEST_READ], context=Context())
    return of_chances(judged.chances[Label.QUESTION], judged.chances[Label.INCIDENT])


def of_chances(question: float, incident: float) -> Verdict:
    """Return the verdict for the chances that a text asks, and that it reports something broken."""
    opens = question + incident
    if opens < reading.PERHAPS:
        return Verdict(Reading.CHATTER, 1 - opens)
    return Verdict(Reading.REPORT if incident > question else Reading.QUESTION, opens)


def _context(said: Said) -> Context:
    before = Said.objects.filter(
        team_id=said.team_id, service=said.service, room_id=said.room_id, thread="", removed_at=None, is_bot=False,
        at__lt=said.at, at__gte=said.at - _LOOK_BACK,
    ).order_by("-at", "-id")[:_MOST]  # fmt: skip
    earlier = [
        Earlier(one.author_id, one.text[:LONGEST_READ], (said.at - one.at).total_seconds()) for one in reversed(before)
    ]
    return Context(author=said.author_id, earlier=tuple(earlier), in_thread=bool(said.thread), by_program=said.is_bot)
