"""What will be wrong with the coming duties, found weeks before anybody stands alone in it.

Values in, findings out: who has which post in which stretch of time, who is away, how people outrank each other.
What keeps people from being reached is the pager's to know (`pager.rules.readiness`); it makes findings of the same
kind. A finding's `key` stays the same for as long as the same thing is wrong with the same turn, so that it is told
once however often it is found.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from zoneinfo import ZoneInfo

from hausmeister.rota.rules.slots import Post
from hausmeister.team.rules import Away

WITHIN_A_WEEK, WITHIN_A_DAY = timedelta(days=7), timedelta(hours=24)


class Kind(StrEnum):
    """What is wrong: with duties, with schedules, and with one person's phone."""

    GAP = "gap"
    EMPTY = "empty"
    AWAY = "away"
    OUTRANKED = "outranked"
    CONFLICT = "conflict"
    UNCOVERED = "uncovered"
    NOBODY_ON = "nobody on"
    UNREADABLE = "unreadable"
    NO_METHOD = "no method"
    NO_RUNG = "no rung"
    FAILED = "failed"
    UNANSWERED = "unanswered"
    UNTESTED = "untested"
    OLD_TEST = "old test"


ABOUT_DUTIES = frozenset(
    {
        Kind.GAP, Kind.EMPTY, Kind.AWAY, Kind.OUTRANKED, Kind.CONFLICT, Kind.UNCOVERED, Kind.NOBODY_ON,
        Kind.UNREADABLE,
    }
)  # fmt: skip


class Severity(IntEnum):
    """How soon it hurts: it is told when it is found, and again at each step up."""

    LATER = 1
    WITHIN_A_WEEK = 2
    WITHIN_A_DAY = 3

    @property
    def word(self) -> str:
        """The word for scripts: later, week, day."""
        return {1: "later", 2: "week", 3: "day"}[self.value]


@dataclass(frozen=True)
class Who:
    """A person, as far as duties go. Who left the team has no experience there: None."""

    person_id: int
    name: str
    experience: int | None = None


@dataclass(frozen=True)
class Held:
    """One post in a stretch: who holds it in the end, who was planned, whether an override decides."""

    post: Post
    title: str
    person: Who | None
    planned: Who | None
    is_override: bool = False


@dataclass(frozen=True)
class Way:
    """How a turn is given to somebody else by those who have it: "a swap" or "cover", and where it is asked for."""

    word: str
    path: str


@dataclass(frozen=True)
class Stretch:
    """A stretch of one turn in which both posts stay with the same people. `turn` names the turn in keys.

    `ways` are how each post of the turn is given away, where that can be asked for.
    """

    team_id: int
    team: str
    slug: str
    turn_starts_at: datetime
    turn_ends_at: datetime
    starts_at: datetime
    ends_at: datetime
    primary: Held
    backstop: Held
    ways: Mapping[Post, Way] = field(default_factory=dict)

    @property
    def posts(self) -> tuple[Held, Held]:
        """Both posts, the duty's first."""
        return self.primary, self.backstop

    def mark(self, post: Post) -> str:
        """Return what stands for turn and post in keys: the team, when the turn begins, and which post."""
        return f"{self.team_id}.{self.turn_starts_at:%y%m%d%H%M}.{post.value}"

    def held_by(self, person_id: int) -> list[Held]:
        """Return the posts that the person holds here."""
        return [held for held in self.posts if held.person is not None and held.person.person_id == person_id]


@dataclass(frozen=True)
class OnNext:
    """A span in which a person may be called, in a duty or by a schedule."""

    person_id: int
    team_id: int
    slug: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, from when to when, in words; `people` are the ones whom it concerns.

    `about` is the person whose phone it is, "" for what is wrong with a duty; `at` is a moment that `text` names
    as {at}. `link` is where it is mended, "" for the usual place. What `is_in_hand` is shown, and told by others.
    """

    kind: Kind
    key: str
    team_id: int
    slug: str
    starts_at: datetime
    ends_at: datetime
    text: str
    people: tuple[int, ...] = ()
    about: str = ""
    at: datetime | None = None
    link: str = ""
    is_in_hand: bool = False

    @property
    def is_about_duties(self) -> bool:
        """Whether a duty is at fault, and not somebody's phone."""
        return self.kind in ABOUT_DUTIES

    @property
    def mender(self) -> str:
        """Who can mend it: the person, or a lead of the team."""
        return self.about or "a lead"

    @property
    def is_theirs_to_mend(self) -> bool:
        """Whether those whom it concerns can mend it: their phone, or a turn that they can ask others for."""
        return not self.is_about_duties or (self.kind is Kind.CONFLICT and bool(self.link))

    @property
    def path(self) -> str:
        """Where it is mended, below the installation's address."""
        return self.link or f"/rota/override?team={self.slug}" if self.is_about_duties else "/profile"

    def severity(self, now: datetime) -> Severity:
        """Return how soon it hurts."""
        ahead = self.starts_at - now
        if ahead <= WITHIN_A_DAY:
            return Severity.WITHIN_A_DAY
        return Severity.WITHIN_A_WEEK if ahead <= WITHIN_A_WEEK else Severity.LATER

    def says(self, zone: ZoneInfo, *, now: datetime) -> str:
        """Return the whole sentence, with times on the clocks of `zone`."""
        text = self.text.replace("{at}", clock_time(self.at, zone)) if self.at else self.text
        if self.is_about_duties:
            return f"{clock_time(max(self.starts_at, now), zone)} to {clock_time(self.ends_at, zone)}: {text}"
        begins = f"from {clock_time(self.starts_at, zone)}" if self.starts_at > now else "now"
        return f"{self.about}: {text}; on duty {begins}"


# not strftime: its names follow the machine's locale
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def clock_time(moment: datetime, zone: ZoneInfo) -> str:
    """Return `moment` as a clock in `zone` shows it, with its date: Mon 30 Nov 11:00."""
    local = moment.astimezone(zone)
    return f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]} {local:%H:%M}"


def duty_findings(
    stretches: Iterable[Stretch], away: Mapping[int, Sequence[Away]], *, strictly: bool, now: datetime
) -> list[Finding]:
    """Return what is wrong with the duties of one team that are not over, the soonest first.

    `strictly` says whether a backstop must have more experience than the person backed, or as much at least.
    Stretches of one turn in which the same is wrong make one finding.
    """
    found: list[Finding] = []
    for stretch in stretches:
        if stretch.ends_at <= now:
            continue
        wrong = [one for held in stretch.posts if (one := _wrong_with(stretch, held, away)) is not None]
        if stretch.primary.person is not None and _stood_in(stretch.primary, stretch, away):
            # that the backstop's place is then filled by somebody else is the same trouble, not another one
            wrong = [one for one in wrong if one.kind is Kind.GAP or one.key.endswith(Post.PRIMARY.value)]
        found += wrong or _outranked(stretch, strictly=strictly)
    return joined(found)


def _stood_in(held: Held, stretch: Stretch, away: Mapping[int, Sequence[Away]]) -> bool:
    return not held.is_override and (held.planned is None or _is_away(held.planned, stretch, away))


def _is_away(who: Who, stretch: Stretch, away: Mapping[int, Sequence[Away]]) -> bool:
    return any(span.touches(stretch.starts_at, stretch.ends_at) for span in away.get(who.person_id, ()))


def _wrong_with(stretch: Stretch, held: Held, away: Mapping[int, Sequence[Away]]) -> Finding | None:
    title = held.title.lower()
    if held.person is None:
        return _finding(Kind.GAP, stretch, held, f"there is no {title}, and nobody to stand in")
    if held.is_override:
        if not _is_away(held.person, stretch, away):
            return None
        text = f"{held.person.name} is {title} by an override, and away"
        return _finding(Kind.AWAY, stretch, held, text, held.person)
    if held.planned is not None and _is_away(held.planned, stretch, away):
        text = f"{held.planned.name} is planned as {title} and away, {held.person.name} stands in"
        return _finding(Kind.AWAY, stretch, held, text, held.planned)
    if held.planned is None or held.planned.person_id != held.person.person_id:
        return _finding(Kind.EMPTY, stretch, held, f"no {title} by plan, {held.person.name} stands in")
    return None


def _finding(kind: Kind, stretch: Stretch, held: Held, text: str, concerned: Who | None = None) -> Finding:
    who = f"{concerned.person_id}:" if concerned else ""
    return Finding(
        kind=kind,
        key=f"{kind.value}:{who}{stretch.mark(held.post)}",
        team_id=stretch.team_id,
        slug=stretch.slug,
        starts_at=stretch.starts_at,
        ends_at=stretch.ends_at,
        text=text,
        people=(concerned.person_id,) if concerned else (),
    )


def _outranked(stretch: Stretch, *, strictly: bool) -> list[Finding]:
    backed, behind = stretch.primary.person, stretch.backstop.person
    if backed is None or behind is None or backed.experience is None or behind.experience is None:
        return []
    if behind.experience - backed.experience >= (1 if strictly else 0):
        return []
    rank = "more" if strictly else "as much"
    text = f"{behind.name} backs {backed.name} without having {rank} experience"
    found = _finding(Kind.OUTRANKED, stretch, stretch.backstop, text, behind)
    return [replace(found, people=(behind.person_id, backed.person_id))]


def conflicts(mine: Iterable[Stretch], others: Sequence[Stretch], *, now: datetime) -> list[Finding]:
    """Return where a person of `mine`, one team's stretches, has a duty of `others` at the same time (L10)."""
    found: list[Finding] = []
    for here in mine:
        if here.ends_at <= now:
            continue
        for there in others:
            starts_at, ends_at = max(here.starts_at, there.starts_at), min(here.ends_at, there.ends_at)
            if starts_at < ends_at and ends_at > now:
                found += _twice(here, there, starts_at, ends_at)
    return joined(found)


def _twice(here: Stretch, there: Stretch, starts_at: datetime, ends_at: datetime) -> list[Finding]:
    found = []
    for one in here.posts:
        for other in there.held_by(one.person.person_id) if one.person is not None else ():
            assert one.person is not None  # noqa: S101 - nobody holds no post there # nosec B101
            text = (
                f"{one.person.name} is {one.title.lower()} of {here.team}"
                f" and {other.title.lower()} of {there.team} at the same time"
            )
            way = here.ways.get(one.post)
            text += f"; {way.word} would settle it" if way else ""
            marks = ":".join(sorted((here.mark(one.post), there.mark(other.post))))
            finding = _finding(Kind.CONFLICT, here, one, text, one.person)
            key = f"{Kind.CONFLICT.value}:{one.person.person_id}:{marks}"
            link = way.path if way else ""
            found.append(replace(finding, key=key, starts_at=starts_at, ends_at=ends_at, link=link))
    return found


def joined(findings: Iterable[Finding]) -> list[Finding]:
    """Return one finding for each key, over the whole time in which it holds; the soonest first."""
    by_key: dict[str, Finding] = {}
    for one in findings:
        before = by_key.setdefault(one.key, one)
        by_key[one.key] = replace(
            before, starts_at=min(before.starts_at, one.starts_at), ends_at=max(before.ends_at, one.ends_at)
        )
    return in_order(by_key.values())


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Return `findings`, the soonest first; at one moment duties before phones."""
    return sorted(findings, key=lambda one: (one.starts_at, not one.is_about_duties, one.key))
