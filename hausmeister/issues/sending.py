"""The way out to a tracker, the same for each: one message is one issue brought up to what it says here.

A message carries no content: what the issue says is read when it is sent, and only what the tracker does not know yet
leaves. Whether making it was tried before is known before the first byte, so a second one is never made.
"""

from collections.abc import Mapping

from hausmeister.base import clock, outgoing
from hausmeister.issues.operations import mirroring
from hausmeister.issues.operations.mirroring import CLOCK_SLACK, Busy, Work
from hausmeister.issues.rules.mirror import Remote
from hausmeister.issues.tracker import Gone, Tracker
from hausmeister.outbox.delivery import NoLongerWanted, NotDelivered, Parcel, Refused, Sender, TryLater

REFUSED_PAUSE_S = 600.0


class TrackerSender:
    """Sends what the outbox holds for one tracker."""

    def __init__(self, tracker: Tracker, others: Mapping[str, Sender] | None = None) -> None:
        """`others` carry the kinds of messages that rooms above send to the same tracker."""
        self._tracker = tracker
        self._others = others or {}

    def send(self, parcel: Parcel) -> str:
        """Bring one issue up to date there; return its place. Raises TryLater or Refused."""
        if parcel.kind in self._others:
            return self._others[parcel.kind].send(parcel)
        if parcel.kind == "comment":
            return self._comment(parcel)
        if parcel.kind != "issue":
            raise Refused(f"{self._tracker.label} carries no messages of the kind {parcel.kind}.")
        try:
            work = mirroring.begin(int(parcel.facts["issue"]), now=clock.now())
        except Busy:
            raise TryLater("Another message of this issue is on its way") from None
        if work is None:
            outgoing.last_look()
            return ""
        try:
            remote = self._carry(work)
        except NoLongerWanted:
            mirroring.release(work)
            raise
        except NotDelivered as error:
            mirroring.failed(work, error, now=clock.now())
            raise
        mirroring.sent(work, remote, now=clock.now())
        place = remote or work
        return f"{place.repository}#{place.number}"

    def _carry(self, work: Work) -> Remote | None:
        if work.is_nothing:
            outgoing.last_look()
            return None
        if work.number is not None:
            return self._tracker.update(work.repository, work.number, work.wanted)
        found = None
        if work.was_tried:
            # an earlier try may have made it although we saw no answer
            found = self._tracker.find(work.repository, work.marker, since=work.made_at - CLOCK_SLACK)
        made = found or self._tracker.create(work.repository, work.wanted)
        if found is not None or work.wanted.is_open is False:
            return self._tracker.update(made.repository, made.number, work.wanted)
        return made

    def _comment(self, parcel: Parcel) -> str:
        """Add a comment to an issue that is there."""
        place = mirroring.place_of(int(parcel.facts["issue"]))
        if place is None:
            raise TryLater("The issue is not in the tracker yet")
        look_first = parcel.is_possible_duplicate or parcel.attempt > 1
        text, marker = str(parcel.facts["text"]), parcel.idempotency_key
        try:
            return self._tracker.comment(*place, text, marker=marker, look_first=look_first)
        except Gone:
            raise
        except Refused as error:
            # a good token may come: what somebody wrote is not lost for a bad one
            raise TryLater(str(error), retry_after_s=REFUSED_PAUSE_S) from error

    def check(self) -> str:
        """Return that the tracker knows us; nothing is made. Raises TryLater or Refused."""
        return self._tracker.check()
