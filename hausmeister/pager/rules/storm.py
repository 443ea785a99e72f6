"""A storm: one source opens so many pages in so short a time that they are gathered in one."""

from collections.abc import Sequence


def split(count: int, *, recent: int, storm_pages: int) -> int:
    """Return how many of `count` new alerts get a page of their own; the rest share the storm's page.

    `recent` pages were opened by the same source within the policy's time, `storm_pages` are allowed.
    """
    return max(0, min(count, storm_pages - recent))


def title(source: str, titles: Sequence[str]) -> str:
    """Return the title of a storm's page."""
    return f"Storm from {source}: {titles[0]}" + (" and more" if len(titles) > 1 else "")
