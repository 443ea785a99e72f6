"""Pure decisions about silences: whether an alert fits one, until when it is covered, what is too wide."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property

from hausmeister.base.pattern import BadPattern, compiled
from hausmeister.base.priority import Priority
from hausmeister.base.words import duration
from hausmeister.familiarity.rules import Areas, area_of

CONDITIONS_MOST = 10
VALUE_MOST = 200
REASON_MOST = 300
# of a text, so much is looked at
LOOKED_AT = 2_000
LABEL = "label:"
# a silence may be planned so long ahead
PLANNED_MOST = timedelta(days=90)
# from so few alerts on, one that covers all that were seen is taken to cover everything
WIDE_FROM = 5


class Field(StrEnum):
    """What of an alert a condition looks at; a label is written "label:" and its name."""

    SOURCE = "source"
    TITLE = "title"
    TEXT = "text"
    SEVERITY = "severity"
    PRIORITY = "priority"
    WHERE = "where"
    AREA = "area"


class How(StrEnum):
    """How a condition compares. Small and capital letters are the same."""

    IS = "is"
    IS_NOT = "is not"
    CONTAINS = "contains"
    MATCHES = "matches"


class Kind(StrEnum):
    """A silence begins at once, maintenance later; both are one rule."""

    SILENCE = "silence"
    MAINTENANCE = "maintenance"


class Standing(StrEnum):
    """Where a silence is in its life."""

    ACTIVE = "active"
    PLANNED = "planned"
    OVER = "over"


class SilenceRefused(ValueError):
    """What was asked for is no silence: `field` says which part, the message what is allowed."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that must be so of an alert."""

    field: str
    how: How
    value: str

    def __str__(self) -> str:
        return f"{self.field.replace(LABEL, 'label ', 1)} {self.how.value} {self.value}"


@dataclass(frozen=True)
class Facts:
    """What conditions look at of one alert. Its area is worked out only where a silence asks for it."""

    source: str
    title: str
    priority: Priority
    text: str = ""
    severity: str = ""
    where: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    areas: Areas = field(default_factory=dict)

    @cached_property
    def area(self) -> str:
        """The area of the platform that its words name (see `familiarity.rules`)."""
        clues = (self.title, self.text[:LOOKED_AT], self.where, *map(str, self.labels.values()))
        return area_of(clues, self.areas)

    def told(self, name: str) -> str:
        """Return what the field `name` holds, "" for a label that it does not carry."""
        if name.startswith(LABEL):
            return str(self.labels.get(name.removeprefix(LABEL), ""))
        if name == Field.PRIORITY:
            return self.priority.name
        return str(getattr(self, name))


@dataclass(frozen=True)
class Rule:
    """A silence as the intake uses it: from `starts_at` up to `ends_at`, which no longer belongs to it."""

    id: int
    starts_at: datetime
    ends_at: datetime
    conditions: tuple[Condition, ...]
    covers_p4: bool
    reason: str = ""
    by: str = ""


@dataclass(frozen=True)
class Covered:
    """An alert is silent until then; `rule` is the silence that covers it now."""

    until: datetime
    rule: Rule


def read(rows: Sequence[tuple[str, str, str]]) -> tuple[Condition, ...]:
    """Return the conditions that (field, how, value) name; empty values are left out. Raises SilenceRefused."""
    found = tuple(_read_one(*row) for row in rows if row[2].strip())
    if len(found) > CONDITIONS_MOST:
        raise SilenceRefused("conditions", f"{len(found)} conditions came; at most {CONDITIONS_MOST} are allowed.")
    return found


def _read_one(name: str, how: str, value: str) -> Condition:
    value = value.strip()
    label = name.removeprefix(LABEL) if name.startswith(LABEL) else ""
    if name not in set(Field) and not label.strip():
        fields = ", ".join(Field)
        raise SilenceRefused("conditions", f"{name[:60]!r} is nothing that an alert has; write {fields} or label:NAME.")
    if how not in set(How):
        raise SilenceRefused("conditions", f"{how[:40]!r} is no comparison; write one of {', '.join(How)}.")
    if len(value) > VALUE_MOST or len(name) > VALUE_MOST:
        raise SilenceRefused("conditions", f"A condition has at most {VALUE_MOST} characters.")
    if name == Field.PRIORITY:
        value = value.upper()[:2]
        if value not in Priority.__members__ or how not in {How.IS, How.IS_NOT}:
            raise SilenceRefused("conditions", "A priority is, or is not, one of P4, P3, P2, P1.")
    if how == How.MATCHES:
        _check_pattern(value)
    return Condition(name, How(how), value)


def row_of(text: str) -> tuple[str, str, str]:
    """Return (field, how, value) of a condition written as a sentence: "label:shard is s0". Raises SilenceRefused."""
    name, _, rest = text.strip().partition(" ")
    if name == "label":
        label, _, rest = rest.strip().partition(" ")
        name = f"{LABEL}{label}"
    for how in sorted(How, key=len, reverse=True):
        if rest.strip().startswith(f"{how.value} "):
            return name, how.value, rest.strip().removeprefix(how.value).strip()
    raise SilenceRefused(
        "conditions",
        f"{text[:80]!r} is no condition; write it as FIELD is, is not, contains or matches VALUE:"
        ' "title contains disk", "label:shard is s0".',
    )


def _check_pattern(value: str) -> None:
    try:
        compiled(value)
    except BadPattern as error:
        raise SilenceRefused("conditions", f"The expression {value[:60]!r} cannot be read: {error}.") from error


_COMPARES: dict[How, Callable[[str, str], bool]] = {
    How.IS: lambda told, value: told.strip().casefold() == value.casefold(),
    How.IS_NOT: lambda told, value: told.strip().casefold() != value.casefold(),
    How.CONTAINS: lambda told, value: value.casefold() in told.casefold(),
    How.MATCHES: lambda told, value: compiled(value).is_in(told),
}


def fits(rule: Rule, facts: Facts) -> bool:
    """Say whether every condition of `rule` is so of an alert. A P4 fits only a rule that says it covers P4 too."""
    if facts.priority is Priority.P4 and not rule.covers_p4:
        return False
    return all(_COMPARES[one.how](facts.told(one.field)[:LOOKED_AT], one.value) for one in rule.conditions)


def covered(rules: Iterable[Rule], facts: Facts, *, at: datetime) -> Covered | None:
    """Return until when an alert that comes at `at` is silent, None when no silence covers it then.

    Silences that follow each other without a gap count as one: nobody is called between them. What matters is the
    moment itself: a silence that begins later changes nothing for an alert that calls now.
    """
    ahead = [one for one in rules if one.ends_at > at and fits(one, facts)]
    now = [one for one in ahead if one.starts_at <= at]
    if not now:
        return None
    rule = max(now, key=lambda one: (one.ends_at, one.id))
    until = rule.ends_at
    for one in sorted(ahead, key=lambda one: one.starts_at):
        if one.starts_at <= until < one.ends_at:
            until = one.ends_at
    return Covered(until, rule)


def is_wide(rule: Rule, seen: Sequence[Facts]) -> bool:
    """Say whether `rule` covers everything: without conditions, or because every alert seen lately fits it."""
    if not rule.conditions:
        return True
    everything = Rule(0, rule.starts_at, rule.ends_at, rule.conditions, covers_p4=True)
    return len(seen) >= WIDE_FROM and all(fits(everything, one) for one in seen)


def check_times(starts_at: datetime, ends_at: datetime, *, longest: timedelta, now: datetime) -> None:
    """Raise SilenceRefused unless the silence ends after it begins, after now, and is no longer than `longest`."""
    begins = max(starts_at, now)
    if ends_at <= begins:
        raise SilenceRefused("ends_at", "A silence ends after it begins, and later than now.")
    if ends_at - begins > longest:
        raise SilenceRefused(
            "ends_at", f"A silence lasts at most {duration(longest)}, says the policy; make a new one when it is over."
        )
    if starts_at > now + PLANNED_MOST:
        raise SilenceRefused("starts_at", f"A silence is planned at most {duration(PLANNED_MOST)} ahead.")
