"""What triage asks of the room of issues below it: an item becomes an issue, with its words and where it was said."""

from datetime import datetime

from hausmeister.base.untrusted import harmless
from hausmeister.issues.operations import working
from hausmeister.issues.operations.storing import IssueRefused
from hausmeister.team.models import Person
from hausmeister.team.operations import as_actor
from hausmeister.triage.models import Item
from hausmeister.triage.operations.acting import NotPossible
from hausmeister.triage.operations.promoting import Wish


class IssueRoom:
    """The issues of this installation, as `promoting.Maker` asks of them."""

    def make(self, item: Item, wish: Wish, *, by: Person, now: datetime) -> int:
        """Make an issue of `item` and return its number. Raises NotPossible."""
        said = [one.text for one in item.said.filter(removed_at=None).order_by("at", "id") if one.text]
        asked = working.Wish(
            title=harmless(item.title),
            text="\n\n".join(filter(None, (*map(harmless, said), item.link)))[:15_000],
            priority=wish.priority,
            why=wish.why,
            subjects=(item.subject,),
            form_key=item.subject,
        )
        try:
            return working.open_issue(item.team, asked, by=as_actor(by), person=by, now=now).pk
        except IssueRefused as error:
            raise NotPossible(str(error)) from error
