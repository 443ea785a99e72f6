"""Static files: our style sheets and scripts as one file each, gathered once for every version at start.

`css/` and `js/` hold one file a topic; what a browser fetches is `web/house.css` and `web/house.js`, put
together here in the order of the layers. Every file is served under the name of its content, for a year.
"""

import fcntl
import hashlib
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder, get_finders
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage
from django.core.files.storage import Storage as AnyStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

_FOLDER = Path(__file__).resolve().parent / "static" / "web"

# the order is the order of the cascade
STYLES = (
    "tokens", "base", "shell", "buttons", "badges", "steps", "components", "lists", "forms", "page", "triage", "rota",
    "plan", "monitoring", "issues", "handoff", "print",
)  # fmt: skip
SCRIPTS = ("live", "house", "keys", "rota", "inbox")

_CSS_NOISE = re.compile(r"/\*.*?\*/|(?<=[;{}:,>])\s+|\s+(?=[{}>])|\n\s*", re.DOTALL)
_JS_NOISE = re.compile(r"^\s*//.*\n|^\s+|\n(?=\n)", re.MULTILINE)

# source maps, the documentation browser we do not offer, and other generations of htmx
NOT_SERVED = ("*.map", "redoc*", "htmax*", "htmx-4*", "htmx-2.js", "*-4.js", "*-4.min.js", "ext")


def style_sheet(names: Iterable[str] = STYLES) -> str:
    """Return the style sheets called `names` as one, without comments and spare blanks."""
    text = "\n".join((_FOLDER / "css" / f"{name}.css").read_text(encoding="utf-8") for name in names)
    return _CSS_NOISE.sub("", text)


def script() -> str:
    """Return our scripts as one, without whole-line comments and indentation."""
    text = "\n".join((_FOLDER / "js" / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS)
    return without_comments(text)


def without_comments(text: str) -> str:
    """Return a script without whole-line comments and indentation."""
    return _JS_NOISE.sub("", text)


@lru_cache(maxsize=1)
def bundles() -> dict[str, str]:
    """Return the text of each file that is put together, by its name under /static/."""
    return {"web/house.css": style_sheet(), "web/house.js": script()}


class Bundles(BaseFinder):
    """Offers the files that are put together, and hides the pieces they are made of."""

    def find(self, path: str, find_all: bool = False, **_kwargs: Any) -> Any:  # noqa: ARG002 - Django's signature
        """Return nothing: a bundle has no place on the disk; `Storage` serves it once it is collected."""
        return [] if find_all else None

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, AnyStorage]]:  # noqa: ARG002
        """Yield each bundle with a storage that holds it."""
        storage = InMemoryStorage()
        for name, text in bundles().items():
            storage.save(name, ContentFile(text.encode()))
            yield name, storage


class Storage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise is untyped
    """Names every file by its content. Nothing of ours refers to another file, so nothing is rewritten."""

    patterns = ()


def collect() -> bool:
    """Gather all static files unless this version has done so; return whether it did.

    The mark is written last, so that a start that was cut off is done again; processes that start at once on
    one data folder take turns.
    """
    from django.core.management import call_command

    root = Path(settings.STATIC_ROOT)
    root.mkdir(parents=True, exist_ok=True)
    mark, wanted = root / ".collected", _fingerprint()
    if _read(mark) == wanted:
        return False
    with (root / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _read(mark) == wanted:
            return False
        call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=[*NOT_SERVED, "css", "js"])
        mark.write_text(wanted, encoding="ascii")
    return True


def _read(mark: Path) -> str:
    return mark.read_text(encoding="ascii") if mark.exists() else ""


def _fingerprint() -> str:
    """Return what changes when any file to be served changes."""
    digest = hashlib.sha256()
    for name, text in bundles().items():
        digest.update(f"{name}{text}".encode())
    for finder in get_finders():
        if isinstance(finder, Bundles):
            continue
        for name, storage in finder.list(list(NOT_SERVED)):
            digest.update(f"{name}{storage.size(name)}{storage.get_modified_time(name).timestamp()}".encode())
    return digest.hexdigest()
