"""Reading the documentation as the house tests need it: files of the repository, tables, links."""

import re
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@cache
def files() -> tuple[Path, ...]:
    """Return every file of the repository: those under version control and those about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return tuple(path for name in listed.split("\0") if name and (path := ROOT / name).is_file())


def pages() -> list[Path]:
    """Return every page of documentation."""
    return [path for path in files() if path.suffix == ".md"]


def table_rows(text: str) -> list[list[str]]:
    """Return the cells of each row of every table in `text`, without heads and rules."""
    rows = []
    lines = text.splitlines()
    for place, line in enumerate(lines):
        is_head = place + 1 < len(lines) and re.fullmatch(r"\|[-| :]+\|", lines[place + 1].strip())
        if line.startswith("|") and not is_head and not re.fullmatch(r"\|[-| :]+\|", line.strip()):
            rows.append([cell.strip() for cell in line.strip().strip("|").split("|")])
    return rows


def anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings, as the usual renderers make them."""
    found = set()
    for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE):
        plain = re.sub(r"[^\w\- ]", "", heading.strip().lower())
        found.add(plain.replace(" ", "-"))
    return found


def links(text: str) -> list[str]:
    """Return the targets of the links and pictures in `text`; code is left out."""
    without_code = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)
    return re.findall(r"\]\(([^)\s]+)\)", without_code)
