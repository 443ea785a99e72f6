"""What of a runbook goes along with a message about a page. A page never waits for it, and never fails by it."""

from typing import Any

from django.db import DatabaseError, connection

from hausmeister.base import log
from hausmeister.pager import queries as pager
from hausmeister.runbooks import queries
from hausmeister.runbooks.queries import Guidance
from hausmeister.runbooks.rules import showing
from hausmeister.runbooks.rules.matching import How
from hausmeister.team import queries as team_queries

_log = log.get(__name__)
# messages about pages; all others carry nothing
KINDS = frozenset({"page", "post", "update"})
MESSAGE_MOST = 4_000

_HOW = {
    (How.VERBATIM, "title"): "its heading is this alert's title",
    (How.VERBATIM, "name"): "its heading is this alert's name",
    (How.VERBATIM, "text"): "its heading is this alert's text",
    (How.NORMALISED, "title"): "its heading is this alert's title but for case, punctuation, numbers and hosts",
    (How.NORMALISED, "name"): "its heading is this alert's name but for case and punctuation",
    (How.NORMALISED, "text"): "its heading is this alert's text but for case, punctuation, numbers and hosts",
}


def how_words(guidance: Guidance) -> str:
    """Return how the section was found, in words: what is only similar is told as that."""
    if guidance.how is How.SIMILAR:
        return f"only similar ({guidance.likeness:.0%}): look whether it fits"
    return _HOW[guidance.how, guidance.what]


def facts_for(kind: str, facts: dict[str, Any], team_id: int | None) -> dict[str, Any]:
    """Return what a message of this kind carries besides its facts, nothing where there is no section.

    Whatever fails is logged, and the message goes out without.
    """
    if kind not in KINDS or team_id is None or facts.get("test") or facts.get("state") == "closed":
        return {}
    try:
        guidance = _guidance(int(facts["page"]), team_id)
    except Exception as error:  # noqa: BLE001 - a runbook must not hold up the page it is for
        if isinstance(error, DatabaseError) and not connection.in_atomic_block:
            connection.close()
        _log.error("runbooks.not_looked_up", page=facts.get("page"), error=f"{type(error).__name__}: {error}"[:300])
        return {}
    return {"runbook": told(guidance)} if guidance else {}


def _guidance(page_id: int, team_id: int) -> Guidance | None:
    policy = team_queries.policy_of(team_id)
    # where messages may hold no more than that there is a page, nothing goes along
    if not policy.runbooks.folders or not policy.pager.links_show_details:
        return None
    page = pager.find(page_id)
    return None if page is None else queries.of_page(page, policy=policy)


def told(guidance: Guidance) -> dict[str, Any]:
    """Return the guidance as plain values, as long as a message may be."""
    first = guidance.first
    text, fits = showing.cut_text(first.text, MESSAGE_MOST)
    return {
        "heading": first.section.words,
        "how": guidance.how.value,
        "how_words": how_words(guidance),
        "text": text,
        "is_whole": fits and first.is_whole,
        "url": first.url,
        "web_url": first.web_url,
        "place": first.place,
        "stale": first.stale,
        "others": [{"place": one.place, "url": one.url} for one in guidance.sections[1:]],
    }
