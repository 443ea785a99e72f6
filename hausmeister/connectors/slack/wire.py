"""Slack messages as blocks (Block Kit), within its limits and with nothing of an alert left that could act.

Source: Slack's reference of blocks and of text formatting. Everything from outside goes through `escaped`: the
three characters that begin entities are written out, so no `<!channel>`, no link and no mention comes to be,
and the words that Slack might still turn into one are taken apart (S42).
"""

import re
from collections.abc import Mapping
from typing import Any

from hausmeister.base.untrusted import CUT_MARK, one_line, storable
from hausmeister.pager.rules.words import PostWords, Words
from hausmeister.runbooks.rules.words import RunbookWords
from hausmeister.team.rules import code_told

# a section's text may have 3,000 characters, a context's element 2,000; the text beside the blocks 4,000
SECTION_MOST = 3_000
SUMMARY_MOST = 1_000
RUNBOOK_MOST = 2_000

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_CALLS_MANY = re.compile("@(?=(?:here|channel|everyone|group)\\b)", re.IGNORECASE)
_CIRCLES = {"firing": ":red_circle:", "acknowledged": ":large_yellow_circle:", "closed": ":large_green_circle:"}


def escaped(text: str, most: int) -> str:
    """Return `text` for a Slack message, at most `most` characters as Slack counts them: after escaping."""
    # a zero-width space after the @ leaves the word readable and calls nobody
    clean = _CALLS_MANY.sub("@\u200b", storable(text))
    pieces = [_ENTITIES.get(character, character) for character in clean]
    if sum(map(len, pieces)) <= most:
        return "".join(pieces)
    room, kept = most - len(CUT_MARK), 0
    for piece in pieces:
        room -= len(piece)
        if room < 0:
            break
        kept += 1
    return "".join(pieces[:kept]) + CUT_MARK


def link_to(url: str, label: str) -> str:
    return f"<{escaped(url, 2_000)}|{escaped(label, 100) or 'link'}>"


def section(text: str) -> dict[str, Any]:
    # verbatim: Slack makes no link, channel or mention out of words by itself
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}


def context(text: str) -> dict[str, Any]:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": text, "verbatim": True}]}


def message(summary: str, blocks: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        # what notifications show; Slack shows the blocks in the channel
        "text": summary,
        "blocks": blocks,
        "parse": "none",
        "link_names": False,
        # the links are one person's: no preview may fetch or spread them (S15)
        "unfurl_links": False,
        "unfurl_media": False,
    }


def page_message(words: Words, link: str, runbook: RunbookWords | None = None) -> dict[str, Any]:
    """Return the direct message that calls somebody."""
    called = escaped(words.called_as, 300)
    title, origin = escaped(words.title, 1_600), escaped(words.origin, 600)
    then = escaped(" ".join(filter(None, (words.then, words.clocks, words.again))), 1_500)
    blocks = [section(f"*{words.headline}*\n{title}\n{origin}")]
    if words.text:
        blocks.append(section(escaped(words.text, SECTION_MOST)))
    blocks.append(section(f"{called}\n*{link_to(link, f'Answer page {words.number}')}*"))
    if then:
        blocks.append(context(then))
    return message(escaped(words.subject, SUMMARY_MOST), [*blocks, *runbook_blocks(runbook)])


def runbook_blocks(runbook: RunbookWords | None) -> list[dict[str, Any]]:
    """Return the section that goes with a page, below everything else; nothing where there is none."""
    if runbook is None:
        return []
    head, text = escaped(runbook.headline, 600), escaped(runbook.plain(RUNBOOK_MOST), SECTION_MOST - 700)
    return [
        section("\n".join(filter(None, (f"*{head}*", text)))),
        context(escaped(runbook.rest(RUNBOOK_MOST), 2_000)),
    ]


def code_message(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the direct message with a verification code."""
    told = escaped(code_told(facts), 1_000)
    return message(told, [section(told)])


def notice_message(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the direct message of a notice that calls nobody."""
    subject = escaped(facts["subject"], SUMMARY_MOST)
    return message(subject, [section(f"*{subject}*"), section(escaped(facts["text"], SECTION_MOST))])


def post_message(words: PostWords, state: str, url: str, runbook: RunbookWords | None = None) -> dict[str, Any]:
    """Return a soft page's post as it stands now; `url` is the page's own address."""
    circle = _CIRCLES.get(state, ":white_circle:")
    title, origin = escaped(words.title, 1_600), escaped(words.origin, 600)
    headline = escaped(words.headline, 600)
    blocks = [section(f"{circle} *{headline}*\n{title}\n{origin}")]
    if words.text and state != "closed":
        blocks.append(section(escaped(words.text, SECTION_MOST)))
    blocks.append(context(link_to(url, f"Page {words.number}")))
    blocks += runbook_blocks(runbook)
    return message(escaped(f"{words.headline}: {words.title}", SUMMARY_MOST), blocks)


def reference(answer: Mapping[str, Any]) -> str:
    """Return "channel:ts" of a message that Slack says it has, "" when it does not say so."""
    channel, stamp = answer.get("channel"), answer.get("ts")
    if not isinstance(channel, str) or not isinstance(stamp, str) or not channel or not stamp:
        return ""
    return f"{channel}:{stamp}"


def next_cursor(answer: Mapping[str, Any]) -> str:
    """Return where the next page of a long answer begins, "" at its end."""
    more = answer.get("response_metadata")
    return str(more.get("next_cursor") or "") if isinstance(more, dict) else ""


_ERROR = re.compile("[a-z0-9_]{1,60}")


def error_word(answer: Mapping[str, Any]) -> str:
    """Return Slack's word for what went wrong, "an unknown error" for anything that is no such word."""
    word = one_line(str(answer.get("error", "")), 100)
    return word if _ERROR.fullmatch(word) else "an unknown error"
