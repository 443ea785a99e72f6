"""A document offered for review, or an issue about it: by somebody's tap alone, once, and followed to its end.

What is sent stands in the pull request's row; the message in the outbox only names it. A refusal loses nothing: it is
shown where the button was, and tried again until somebody takes it back.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction

from hausmeister.answers.models import PullRequest, Recurring
from hausmeister.answers.operations.askings import tell
from hausmeister.answers.rules import drafts
from hausmeister.base import chance, database
from hausmeister.base.priority import Priority
from hausmeister.base.untrusted import cut, harmless, lines, one_line
from hausmeister.issues.operations import letters, storing, working
from hausmeister.issues.rules.mirror import TEXT_MOST, TITLE_MOST
from hausmeister.issues.tracker import Offer, Pull
from hausmeister.journal.rules import ENGINE, Actor
from hausmeister.outbox import operations as outbox
from hausmeister.outbox.delivery import NotDelivered
from hausmeister.outbox.models import Message
from hausmeister.outbox.operations import Draft
from hausmeister.outbox.rules import Lane
from hausmeister.team import queries as team_queries
from hausmeister.team.models import Person
from hausmeister.team.policy.shape import Policy

KIND = "pull"
# how often the tracker is asked what became of it, and told again what it refused
EVERY = timedelta(minutes=10)
_ONCE = 20


class NotOffered(Exception):
    """It cannot be offered. `code` is stable."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Paper:
    """The document as somebody wants it: its first line and its Markdown."""

    title: str
    text: str


def where(policy: Policy) -> str:
    """Return the repository in which documents are offered, "" where this installation can reach none."""
    repository = policy.docs_repository or policy.tracker_repository
    return repository if policy.tracker_kind in settings.HAUSMEISTER_TRACKERS else ""


def _checked(paper: Paper) -> Paper:
    title, text = one_line(paper.title, TITLE_MOST), lines(paper.text, TEXT_MOST + 1)
    if not title or not text.strip():
        raise NotOffered("empty", "A document needs a title and a text.")
    if len(text) > TEXT_MOST:
        raise NotOffered("too_long", f"The document is longer than {TEXT_MOST} characters; shorten it.")
    return Paper(title, text.strip() + "\n")


def _lock(question_id: int) -> Recurring:
    """Return the question, locked. Raises NotOffered unless a document is still called for."""
    question = Recurring.objects.select_for_update(of=("self",)).select_related("team").get(pk=question_id)
    if question.state != "proposed":
        raise NotOffered("not_proposed", "Somebody saw to this question a moment before you; look again.")
    return question


@database.tried_again
@transaction.atomic
def offer(question_id: int, paper: Paper, *, by: Actor, now: datetime) -> PullRequest:
    """Have a pull request opened with the document. Raises NotOffered."""
    checked, question = _checked(paper), _lock(question_id)
    policy = team_queries.policy_of(question.team_id)
    repository = where(policy)
    if not repository:
        raise NotOffered("no_tracker", "No tracker is set up to offer it in; see tracker in the policy.")
    branch = f"hausmeister/question-{question.pk}-{chance.text(12)}"
    pull = PullRequest(
        recurring=question, tracker=policy.tracker_kind, repository=repository, branch=branch,
        path=drafts.path(policy.docs_folder, checked.title, number=question.pk), title=checked.title,
        text=checked.text, asked_by_name=by.name, asked_at=now, next_at=now + EVERY,
    )  # fmt: skip
    try:
        with transaction.atomic():
            pull.save()
    except IntegrityError:
        raise NotOffered("already", "The document is offered already; look again.") from None
    Recurring.objects.filter(pk=question.pk).update(state="written", link="")
    _enqueue(pull, question.team_id, now=now)
    tell(question, "recurring.offered", by, now, repository=repository, path=pull.path)
    return pull


def _enqueue(pull: PullRequest, team_id: int, *, now: datetime) -> None:
    said = Draft(
        channel=pull.tracker,
        kind=KIND,
        subject=pull.subject,
        dedup_key=f"pull-{pull.pk}-{chance.text(8)}",
        to={"repository": pull.repository},
        facts={"pull": pull.pk},
        due_at=now,
        lane=Lane.CHAT,
        team_id=team_id,
        fair_key=f"team:{team_id}",
    )
    outbox.enqueue([said], now=now)


@database.tried_again
@transaction.atomic
def make_issue(question_id: int, paper: Paper, *, person: Person, by: Actor, now: datetime) -> int:
    """Make an issue of the document and return its number; it goes to the tracker like any other. Raises NotOffered."""
    checked, question = _checked(paper), _lock(question_id)
    asked = question.askings.count()
    wish = working.Wish(
        title=harmless(checked.title), text=harmless(checked.text), priority=Priority.P1,
        why=f"Asked {asked} times; a document would answer it.", subjects=(question.subject,),
        form_key=question.subject,
    )  # fmt: skip
    try:
        issue = working.open_issue(question.team, wish, by=by, person=person, now=now)
    except storing.IssueRefused as error:
        raise NotOffered(error.code, str(error)) from error
    Recurring.objects.filter(pk=question.pk).update(state="written", link=letters.address(issue))
    tell(question, "recurring.made_issue", by, now, issue=issue.pk)
    return issue.pk


@database.tried_again
@transaction.atomic
def take_back(question_id: int, *, by: Actor, now: datetime) -> None:
    """Take back what the tracker has not opened yet. Raises NotOffered when it has."""
    question = Recurring.objects.select_for_update(of=("self",)).get(pk=question_id)
    asked = PullRequest.objects.filter(recurring=question, state="asked")
    subjects = [one.subject for one in asked]
    if not asked.update(state="taken back", next_at=None):
        raise NotOffered("not_asked", "There is nothing to take back: it is open, or was taken back before.")
    outbox.cancel(subjects, now=now)
    Recurring.objects.filter(pk=question.pk).update(state="proposed")
    tell(question, "recurring.taken_back", by, now)


# ---- what the sender and the tracker say ----


def offered(pull_id: int) -> tuple[str, Offer] | None:
    """Return repository and content of what is to be opened, None when nobody wants it any more."""
    pull = PullRequest.objects.filter(pk=pull_id, state="asked").first()
    if pull is None:
        return None
    body = drafts.cover_letter(
        by=pull.asked_by_name, link=f"{settings.HAUSMEISTER_BASE_URL}/triage/recurring/{pull.recurring_id}"
    )
    return pull.repository, Offer(pull.branch, pull.path, pull.text, harmless(pull.title), harmless(body))


@database.tried_again
@transaction.atomic
def opened(pull_id: int, found: Pull, *, now: datetime) -> None:
    """Note where it is, and show it: also when it was taken back while it was on its way."""
    pull = _locked(pull_id)
    PullRequest.objects.filter(pk=pull.pk).update(
        number=found.number, url=found.url[:1000], problem="", state="open", next_at=now + EVERY
    )
    Recurring.objects.filter(pk=pull.recurring_id).update(state="written", link=found.url[:1000])
    tell(pull.recurring, "recurring.opened", ENGINE, now, link=found.url[:200])
    if found.state != "open":
        _moved(pull, found.state, now=now)


def failed(pull_id: int, error: NotDelivered) -> None:
    """Note why it could not be opened so far."""
    PullRequest.objects.filter(pk=pull_id, state="asked").update(problem=cut(str(error), 500))


@database.tried_again
@transaction.atomic
def seen(pull_id: int, state: str, *, now: datetime) -> None:
    """Note what a look brought: open, merged or closed."""
    pull = _locked(pull_id)
    if pull.state not in {"asked", "taken back"} and state != pull.state:
        _moved(pull, state, now=now)
    if state == "open":
        PullRequest.objects.filter(pk=pull.pk).update(next_at=now + EVERY)


def take(tracker: str, repository: str, found: Pull, *, now: datetime) -> bool:
    """Take what a webhook told of a pull request; return whether it is one of ours."""
    mine = PullRequest.objects.filter(tracker=tracker, repository__iexact=repository, number=found.number).first()
    if mine is None:
        return False
    seen(mine.pk, found.state, now=now)
    return True


def _locked(pull_id: int) -> PullRequest:
    return PullRequest.objects.select_for_update(of=("self",)).select_related("recurring").get(pk=pull_id)


def _moved(pull: PullRequest, state: str, *, now: datetime) -> None:
    """Write the new state; one that was closed unmerged leaves the question calling for a document again."""
    is_open = state == "open"
    others = PullRequest.objects.filter(recurring_id=pull.recurring_id, state__in=["asked", "open"]).exclude(pk=pull.pk)
    if is_open and others.exists():
        return
    PullRequest.objects.filter(pk=pull.pk).update(state=state, next_at=now + EVERY if is_open else None)
    tell(pull.recurring, "recurring.opened" if is_open else f"recurring.{state}", ENGINE, now, link=pull.url[:200])
    if state == "closed":
        Recurring.objects.filter(pk=pull.recurring_id, state="written").update(state="proposed", link="")
    elif is_open:
        Recurring.objects.filter(pk=pull.recurring_id).update(state="written", link=pull.url)


def due(now: datetime) -> list[PullRequest]:
    """Return the open ones that the tracker is to be asked about, the longest waiting first."""
    return list(PullRequest.objects.filter(state="open", next_at__lte=now).order_by("next_at", "id")[:_ONCE])


def put_off(pull_id: int, *, now: datetime) -> None:
    """Ask about it later."""
    PullRequest.objects.filter(pk=pull_id, state="open").update(next_at=now + EVERY)


def send_again(now: datetime) -> int:
    """Send again what the tracker refused or never heard, once its message is at its end; return how many."""
    waiting = PullRequest.objects.filter(state="asked", next_at__lte=now, tracker__in=settings.HAUSMEISTER_TRACKERS)
    count = 0
    for pull_id in waiting.order_by("next_at", "id").values_list("pk", flat=True)[:_ONCE]:
        count += _send_again(pull_id, now=now)
    return count


@database.tried_again
@transaction.atomic
def _send_again(pull_id: int, *, now: datetime) -> bool:
    pull = _locked(pull_id)
    PullRequest.objects.filter(pk=pull_id, state="asked").update(next_at=now + EVERY)
    if pull.state != "asked" or Message.objects.undecided().filter(subject=pull.subject).exists():
        return False
    _enqueue(pull, pull.recurring.team_id, now=now)
    return True
