"""The part of a policy that keeps the links of dashboards, by area."""

from collections.abc import Mapping
from dataclasses import dataclass

from hausmeister.team.policy.toml_table import Table

MOST_LINKS = 100


@dataclass(frozen=True)
class DashboardLink:
    """A dashboard of an area. It stands beside alerts that carry all of `match`, and on the boards of `shards`."""

    area: str
    title: str
    url: str
    match: dict[str, tuple[str, ...]]
    shards: tuple[str, ...] = ()

    def fits(self, labels: Mapping[str, object]) -> bool:
        """Say whether an alert with these labels is of the area."""
        given = {name.casefold(): str(value).casefold() for name, value in labels.items()}
        return bool(self.match) and all(
            given.get(name.casefold()) in {one.casefold() for one in allowed} for name, allowed in self.match.items()
        )


def dashboard_links(dashboards: Table, *, shards: tuple[str, ...]) -> tuple[DashboardLink, ...]:
    """Read the links; a policy written before there were any has none."""
    if not dashboards.has("links"):
        return ()
    links = tuple(_link(one, shards) for one in dashboards.tables("links"))
    if len(links) > MOST_LINKS:
        dashboards.complain("links", f"{len(links)} links", f"at most {MOST_LINKS}")
    return links


def _link(table: Table, shards: tuple[str, ...]) -> DashboardLink:
    labels = table.table("match") if table.has("match") else None
    link = DashboardLink(
        area=table.text("area", most=60),
        title=table.text("title", most=100),
        url=table.text("url", most=500),
        match={key: labels.words_of(key) for key in labels.names()} if labels else {},
        shards=table.texts("shards") if table.has("shards") else (),
    )
    if link.url and not link.url.startswith(("http://", "https://")):
        table.complain("url", repr(link.url), "an address that begins with http:// or https://")
    if not link.match and not link.shards:
        table.complain("match", "missing", 'labels such as { service = "kafka" }, or shards: where the link is shown')
    unknown = [one for one in link.shards if one not in shards]
    if unknown:
        table.complain("shards", repr(unknown), f"some of dashboards.shards, {list(shards)}")
    table.done(("area", "title", "url", "match", "shards"))
    return link
