"""The way to a tracker for documents, and back: opening a pull request, and asking what became of it."""

from collections.abc import Mapping
from datetime import datetime

from hausmeister.answers.models import PullRequest
from hausmeister.answers.operations import offering
from hausmeister.base import clock, outgoing
from hausmeister.issues.tracker import Gone, PullRequests
from hausmeister.outbox.delivery import NoLongerWanted, NotDelivered, Parcel


class PullSender:
    """Opens what the outbox holds for one tracker."""

    def __init__(self, pulls: PullRequests) -> None:
        self._pulls = pulls

    def send(self, parcel: Parcel) -> str:
        """Open one pull request; return its place. Raises TryLater or Refused."""
        pull_id = int(parcel.facts["pull"])
        wanted = offering.offered(pull_id)
        if wanted is None:
            outgoing.last_look()
            return ""
        repository, offer = wanted
        try:
            found = self._pulls.offer(repository, offer)
        except NoLongerWanted:
            raise
        except NotDelivered as error:
            offering.failed(pull_id, error)
            raise
        offering.opened(pull_id, found, now=clock.now())
        return f"{repository}#{found.number}"


class Following:
    """Rounds over the pull requests that are open, or could not be opened yet."""

    def __init__(self, pulls: Mapping[str, PullRequests]) -> None:
        self._pulls = pulls

    def run(self, now: datetime) -> int:
        """Ask about those that are due and send again what was refused; return how many."""
        count = offering.send_again(now)
        for pull in offering.due(now):
            if pull.tracker in self._pulls:
                self._look(pull, self._pulls[pull.tracker])
                count += 1
        return count

    def _look(self, pull: PullRequest, pulls: PullRequests) -> None:
        """Look at one; a tracker that does not answer is asked again later, like any other reading."""
        try:
            found = pulls.look(pull.repository, int(pull.number or 0))
        except Gone:
            offering.seen(pull.pk, "closed", now=clock.now())
        except NotDelivered:
            offering.put_off(pull.pk, now=clock.now())
        else:
            offering.seen(pull.pk, found.state, now=clock.now())


def may_be_due() -> bool:
    """Say whether there is anything to follow."""
    return PullRequest.objects.filter(next_at__isnull=False).exists()
