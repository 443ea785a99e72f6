"""Cover that is asked for, among what is wrong ahead: shown with everything else, and told by the ask itself."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from hausmeister.rota.rules.foresight import Finding, Kind, Stretch, Who, in_order
from hausmeister.rota.rules.slots import Post


@dataclass(frozen=True)
class Asked:
    """Somebody asks to be covered in a post for a span, and nobody has agreed."""

    ask_id: int
    asker: Who
    post: Post
    starts_at: datetime
    ends_at: datetime


def with_asks(
    findings: Iterable[Finding], asks: Iterable[Asked], stretches: Sequence[Stretch], *, now: datetime
) -> list[Finding]:
    """Return `findings` with the open asks of one team in them, the soonest first.

    An absence for which cover is asked for is one thing, not two.
    """
    found = list(findings)
    for ask in asks:
        if ask.ends_at <= now:
            continue
        mine = [one for one in found if _is_about(one, ask)]
        for one in mine:
            text = f"{one.text}; cover is asked for"
            found[found.index(one)] = replace(one, text=text, link=_link(ask), is_in_hand=True)
        held = next((held for held in _posts(stretches, ask) if held is not None), None)
        if not mine and held is not None:
            found.append(held)
    return in_order(found)


def _is_about(one: Finding, ask: Asked) -> bool:
    return (
        one.kind is Kind.AWAY
        and ask.asker.person_id in one.people
        and f".{ask.post.value}" in one.key
        and one.starts_at < ask.ends_at
        and ask.starts_at < one.ends_at
    )


def _posts(stretches: Sequence[Stretch], ask: Asked) -> Iterable[Finding | None]:
    for one in stretches:
        if not (one.starts_at < ask.ends_at and ask.starts_at < one.ends_at):
            continue
        held = one.primary if ask.post is Post.PRIMARY else one.backstop
        yield Finding(
            kind=Kind.UNCOVERED,
            key=f"{Kind.UNCOVERED.value}:{ask.ask_id}",
            team_id=one.team_id,
            slug=one.slug,
            starts_at=ask.starts_at,
            ends_at=ask.ends_at,
            text=f"{ask.asker.name} cannot be {held.title.lower()}, and nobody has agreed to cover",
            people=(ask.asker.person_id,),
            link=_link(ask),
            is_in_hand=True,
        )


def _link(ask: Asked) -> str:
    return f"/rota/asks/{ask.ask_id}"
