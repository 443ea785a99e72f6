"""Can a person be woken? In words, from what is known of their contact methods; never from a guess."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from hausmeister.team.models import ContactMethod
from hausmeister.team.rules import Channel

# a phone that was last proved to ring so long ago may be another phone by now
STALE_AFTER = timedelta(days=60)
# mail rings nowhere at night
_SILENT = frozenset({Channel.EMAIL})


@dataclass(frozen=True)
class Readiness:
    """How a person can be reached: the methods that count, what is wrong (worst first), the last test."""

    methods: tuple[ContactMethod, ...]
    problem: str
    is_bad: bool
    tested_at: datetime | None

    @property
    def labels(self) -> list[str]:
        """The channels in words, each once."""
        return list(dict.fromkeys(method.label for method in self.methods))


def of_methods(methods: Sequence[ContactMethod], *, now: datetime) -> Readiness:
    """Return the readiness of a person with these contact methods, usable or not."""
    usable = tuple(method for method in methods if method.is_usable)
    tested_at = max((method.tested_at for method in usable if method.tested_at), default=None)
    problem, is_bad = _problem(methods, usable, tested_at, now)
    return Readiness(usable, problem, is_bad, tested_at)


def _problem(
    methods: Sequence[ContactMethod], usable: Sequence[ContactMethod], tested_at: datetime | None, now: datetime
) -> tuple[str, bool]:
    if not methods:
        return _("no contact method is set up"), True
    if not usable:
        return _("no contact method is verified and switched on"), True
    if all(method.channel in _SILENT for method in usable):
        return _("e-mail only, which rings nowhere at night"), False
    if tested_at is None:
        return _("never tested"), False
    if now - tested_at > STALE_AFTER:
        return _("not tested for two months"), False
    return "", False
