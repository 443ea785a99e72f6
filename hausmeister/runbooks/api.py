"""Runbooks over the JSON API, by a key that may read: headings, the section of an alert, what is missing."""

from datetime import datetime, timedelta
from typing import Annotated

from ninja import Query, Router, Schema

from hausmeister.base import clock
from hausmeister.runbooks import queries
from hausmeister.runbooks.models import Section
from hausmeister.runbooks.queries import Guidance, Missing, Shown
from hausmeister.runbooks.rules import showing
from hausmeister.runbooks.rules.matching import Alerting, Saying
from hausmeister.runbooks.travelling import how_words
from hausmeister.team.asking import REFUSALS, ApiRequest, Id, Key, ProblemOut, not_found
from hausmeister.team.models import Team
from hausmeister.team.rules import Scope

router = Router(tags=["runbooks"])


class HeadingOut(Schema):
    """A heading: which file and line it stands in, below which headings, and where it is shown."""

    id: int
    heading: str
    level: int
    folder: str
    file: str
    line: int
    above: str
    url: str

    @staticmethod
    def of(one: Section) -> "HeadingOut":
        """Return `one` as the API words it."""
        return HeadingOut(
            id=one.pk, heading=one.words, level=one.level, folder=one.file.folder.path, file=one.file.path,
            line=one.line, above=one.above, url=Shown(one, "", is_whole=True).url,
        )  # fmt: skip


class HeadingsOut(Schema):
    """Headings in the order of the files."""

    items: list[HeadingOut]


class SectionOut(Schema):
    """A section with everything below it, as Markdown. `whole` is false where it was too long to be given."""

    heading: HeadingOut
    text: str
    whole: bool
    stale: str

    @staticmethod
    def of(one: Shown) -> "SectionOut":
        """Return `one` as the API words it."""
        return SectionOut(
            heading=HeadingOut.of(one.section), text=one.text, whole=one.is_whole, stale=one.stale
        )  # fmt: skip


class GuidanceOut(Schema):
    """The sections that mean an alert. `how` is verbatim, normalised or similar; more than one when repeated."""

    how: str
    how_words: str
    likeness: float
    sections: list[SectionOut]

    @staticmethod
    def of(one: Guidance) -> "GuidanceOut":
        """Return `one` as the API words it."""
        sections = [SectionOut.of(section) for section in one.sections]
        return GuidanceOut(how=one.how, how_words=how_words(one), likeness=one.likeness, sections=sections)


class MissingOut(Schema):
    """Alerts of one kind that no heading means, and the beginnings of a section for them."""

    title: str
    times: int
    open: int
    first_at: datetime
    last_at: datetime
    skeleton: str

    @staticmethod
    def of(one: Missing) -> "MissingOut":
        """Return `one` as the API words it."""
        return MissingOut(
            title=one.title, times=one.times, open=one.open, first_at=one.first_at, last_at=one.last_at,
            skeleton=showing.skeleton(one.title),
        )  # fmt: skip


class MissingListOut(Schema):
    """The kinds of alerts without a section, the commonest first."""

    items: list[MissingOut]


@router.get(
    "/runbooks/headings", auth=Key(Scope.READ), response={200: HeadingsOut, REFUSALS: ProblemOut},
    summary="Headings of the runbooks",
)  # fmt: skip
def headings(
    request: ApiRequest,
    find: Annotated[str, Query(max_length=200, description="Only those that hold all of these words.")] = "",
) -> HeadingsOut:
    """The headings of the key's team, at most 1,000."""
    team = Team.objects.get(pk=request.auth.team_id)
    found = queries.find([team], find, most=1_000) if find.strip() else queries.of_teams([team])[:1_000]
    return HeadingsOut(items=[HeadingOut.of(one) for one in found])


@router.get(
    "/runbooks/sections/{section_id}", auth=Key(Scope.READ), response={200: SectionOut, REFUSALS: ProblemOut},
    summary="A section",
)  # fmt: skip
def section(request: ApiRequest, section_id: Id) -> SectionOut:
    """One section with everything below it. Ids change when its file does."""
    team = Team.objects.get(pk=request.auth.team_id)
    found = queries.of_teams([team]).filter(pk=section_id).first()
    if found is None:
        raise not_found("section")
    return SectionOut.of(queries.shown(found))


@router.get(
    "/runbooks/match", auth=Key(Scope.READ), response={200: GuidanceOut, REFUSALS: ProblemOut},
    summary="The section of an alert",
)  # fmt: skip
def match(
    request: ApiRequest, text: Annotated[str, Query(max_length=300, description="The alert's text or name.")]
) -> GuidanceOut:
    """What the runbooks say to an alert with this text; 404 when nothing is like it."""
    found = queries.look_up(request.auth.team_id, Alerting((Saying(text, "title"),)))
    if found is None:
        raise not_found("section for this text")
    return GuidanceOut.of(found)


@router.get(
    "/runbooks/missing", auth=Key(Scope.READ), response={200: MissingListOut, REFUSALS: ProblemOut},
    summary="Alerts without a runbook",
)  # fmt: skip
def missing(
    request: ApiRequest, days: Annotated[int, Query(ge=1, le=400, description="Of the last so many days.")] = 90
) -> MissingListOut:
    """The kinds of alerts that no heading means, the commonest first."""
    team = Team.objects.get(pk=request.auth.team_id)
    found = queries.missing(team, since=clock.now() - timedelta(days=days))
    return MissingListOut(items=[MissingOut.of(one) for one in found[:500]])
