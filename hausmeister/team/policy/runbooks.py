"""The part of a policy that says where the runbooks are."""

from dataclasses import dataclass

from hausmeister.team.policy.toml_table import Table

MOST_FOLDERS = 20


@dataclass(frozen=True)
class RunbookFolder:
    """A folder of Markdown files on the server; `web` is where people read them, "" for nowhere."""

    path: str
    web: str = ""


@dataclass(frozen=True)
class RunbooksRule:
    """Where the runbooks are, and from what likeness on a heading is similar to an alert; 0 for never."""

    folders: tuple[RunbookFolder, ...] = ()
    similar_percent: int = 60


def runbooks(root: Table) -> RunbooksRule:
    """Read the table `runbooks`; a policy written before there was any has no folders."""
    if not root.has("runbooks"):
        return RunbooksRule()
    table = root.table("runbooks")
    folders = tuple(_folder(one) for one in table.tables("folders")) if table.has("folders") else ()
    rule = RunbooksRule(
        folders,
        table.whole_number("similar_percent", least=0, most=100)
        if table.has("similar_percent")
        else RunbooksRule.similar_percent,
    )
    paths = [one.path for one in folders]
    if len(folders) > MOST_FOLDERS or len(set(paths)) < len(paths):
        table.complain("folders", f"{len(folders)} folders", f"at most {MOST_FOLDERS}, each once")
    table.done(("folders", "similar_percent"))
    return rule


def _folder(table: Table) -> RunbookFolder:
    folder = RunbookFolder(table.text("path", most=500), table.text("web", most=500) if table.has("web") else "")
    if folder.path and not folder.path.startswith("/"):
        table.complain("path", repr(folder.path), "an absolute path on the server, such as /srv/runbooks")
    if folder.web and not folder.web.startswith(("http://", "https://")):
        table.complain("web", repr(folder.web), "an address that begins with http:// or https://")
    table.done(("path", "web"))
    return folder
