"""Schedules that are ready to be used: our week, follow-the-sun, daily support, primary and secondary."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

from hausmeister.base.wall_time import instant
from hausmeister.rota.rules.definitions import BadDefinition, Content, LayerDraft, ScheduleDraft
from hausmeister.rota.rules.restrictions import Window
from hausmeister.rota.rules.rotations import Unit, Who
from hausmeister.rota.rules.slots import Post
from hausmeister.rota.rules.wall import WallMoment

WORK_BEGINS = time(9)


@dataclass(frozen=True)
class Template:
    """A ready-made schedule. `takes_people` says whether it is filled with people, in order."""

    name: str
    title: str
    says: str
    takes_people: bool = True


OUR_WEEK = Template(
    "our-week",
    "Our week",
    "One schedule for each of the team's duties and one for its backstop. They follow the rota as it is planned.",
    takes_people=False,
)
FOLLOW_THE_SUN = Template(
    "follow-the-sun",
    "Follow the sun",
    "People in several zones: each group takes a part of the day from nine in its own morning, by weekly turns.",
)
DAILY_SUPPORT = Template(
    "daily-support",
    "Daily support",
    "One person a week, on working days and in working hours only.",
)
PRIMARY_SECONDARY = Template(
    "primary-secondary",
    "Primary and secondary",
    "Two schedules by weekly turns, at any hour: who is second now is first next week.",
)
TEMPLATES = {one.name: one for one in (OUR_WEEK, FOLLOW_THE_SUN, DAILY_SUPPORT, PRIMARY_SECONDARY)}


@dataclass(frozen=True)
class Somebody:
    """A person to fill a template with, and the zone they live in."""

    person_id: int
    zone: ZoneInfo


@dataclass(frozen=True)
class NamedDuty:
    """One of the team's duties, and how it and its backstop are called."""

    name: str
    title: str


@dataclass(frozen=True)
class Given:
    """What a template is filled with. `slug` and `name` may be empty: the template's own are taken then."""

    zone: ZoneInfo
    begins_on: date
    people: tuple[Somebody, ...] = ()
    duties: tuple[NamedDuty, ...] = ()
    backstop_title: str = "Backstop"
    working_days: tuple[int, ...] = (0, 1, 2, 3, 4)
    working_starts: time = time(9)
    working_ends: time = time(18)
    hand_off: time = time(9)
    slug: str = ""
    name: str = ""


def schedules_of(template: Template, given: Given) -> list[ScheduleDraft]:
    """Return the schedules that `template` makes of what is `given`. Raises BadDefinition."""
    if template.takes_people and not given.people:
        raise BadDefinition(f"{template.title} needs people; name at least one.", "people")
    return _MAKERS[template.name](given)


def _our_week(given: Given) -> list[ScheduleDraft]:
    made = []
    for duty in given.duties:
        for post, slug, name in (
            (Post.PRIMARY, duty.name, duty.title),
            (Post.BACKSTOP, f"{duty.name}-backstop", f"{duty.title}, {given.backstop_title.lower()}"),
        ):
            before = f"{given.slug}-" if given.slug else ""
            layer = LayerDraft("The rota", Content.DUTY, duty=duty.name, post=post)
            made.append(ScheduleDraft(f"{before}{_as_slug(slug)}", name, given.zone.key, "Follows the rota.", (layer,)))
    return made


def _as_slug(name: str) -> str:
    return "-".join("".join(one if one.isascii() and one.isalnum() else " " for one in name.lower()).split())


def _weekly(name: str, people: Sequence[Somebody], given: Given, windows: tuple[Window, ...] = ()) -> LayerDraft:
    return LayerDraft(
        name,
        Content.ROTATION,
        starts=WallMoment(given.begins_on, given.hand_off),
        windows=windows,
        unit=Unit.WEEKLY,
        hand_off=given.hand_off,
        participants=tuple(Who(one.person_id) for one in people),
    )


def _daily_support(given: Given) -> list[ScheduleDraft]:
    windows = tuple(Window(given.working_starts, given.working_ends, day, day) for day in sorted(given.working_days))
    layer = _weekly("Working days", given.people, given, windows)
    return [_named(DAILY_SUPPORT, given, (layer,))]


def _primary_secondary(given: Given) -> list[ScheduleDraft]:
    if len(given.people) < 2:
        raise BadDefinition("Primary and secondary needs two people at least.", "people")
    slug, name = given.slug or "on-call", given.name or "On call"
    turned = (*given.people[1:], given.people[0])
    return [
        ScheduleDraft(
            f"{slug}-primary", f"{name}, primary", given.zone.key, "Called first.",
            (_weekly("Weeks", given.people, given),),
        ),
        ScheduleDraft(
            f"{slug}-secondary", f"{name}, secondary", given.zone.key, "Called when the primary does not answer.",
            (_weekly("Weeks", turned, given),),
        ),
    ]  # fmt: skip


def _follow_the_sun(given: Given) -> list[ScheduleDraft]:
    groups: dict[time, list[Somebody]] = {}
    for one in given.people:
        groups.setdefault(_morning(one.zone, given), []).append(one)
    if len(groups) < 2:
        raise BadDefinition("Follow the sun needs people whose mornings are at different times.", "people")
    begins = sorted(groups)
    layers = tuple(
        _weekly(groups[at][0].zone.key, groups[at], given, (Window(at, begins[(place + 1) % len(begins)]),))
        for place, at in enumerate(begins)
    )
    return [_named(FOLLOW_THE_SUN, given, layers)]


def _morning(zone: ZoneInfo, given: Given) -> time:
    """Return what clocks of the schedule show when work begins in `zone`, on the first day."""
    there = instant(given.begins_on + timedelta(days=1), WORK_BEGINS, zone).astimezone(given.zone)
    return time(there.hour, there.minute)


def _named(template: Template, given: Given, layers: tuple[LayerDraft, ...]) -> ScheduleDraft:
    return ScheduleDraft(
        given.slug or template.name, given.name or template.title, given.zone.key, template.says, layers
    )  # fmt: skip


_MAKERS = {
    OUR_WEEK.name: _our_week,
    FOLLOW_THE_SUN.name: _follow_the_sun,
    DAILY_SUPPORT.name: _daily_support,
    PRIMARY_SECONDARY.name: _primary_secondary,
}
