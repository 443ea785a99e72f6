"""Typed reading of environment variables, with errors that say how to mend them.

`settings.py` is the one caller; each name it reads stands in `docs/settings.md` (a test compares).
"""

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from hausmeister.base import chance
from hausmeister.base.addresses import IPNetwork


class BadSetting(Exception):
    """A deployment setting cannot be used; the text says what came, what is allowed, and where."""


@dataclass(frozen=True)
class ShardAddress:
    """Where events of one shard are taken; websockets and HTTP are on the next port."""

    shard: str
    host: str
    port: int
    tls: bool


@dataclass(frozen=True)
class ShardSource:
    """A Riemann somewhere else whose index is read for a shard: over TCP, or its websocket under `url`."""

    shard: str
    host: str
    port: int
    url: str = ""


class Environment:
    """The process environment, remembering which names were asked for."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values = os.environ if values is None else values
        # each name that was asked for, with its default as the environment would write it
        self.asked: dict[str, str] = {}

    def _raw(self, name: str, default: str = "") -> str | None:
        self.asked[name] = default
        value = self._values.get(name, "").strip()
        return value or None

    def text(self, name: str, default: str = "") -> str:
        """Return the value, or `default` where the name is unset or blank."""
        return self._raw(name, default) or default

    def secret(self, name: str, *, least: int) -> str:
        """Return a secret of at least `least` letters and digits, "" where it is unset. Raises BadSetting.

        Its error does not repeat it.
        """
        value = self._raw(name) or ""
        if value and (len(value) < least or not re.fullmatch("[A-Za-z0-9_-]+", value)):
            raise BadSetting(f"{name} must be at least {least} characters from A-Z, a-z, 0-9, - and _.")
        return value

    def secrets(self, name: str, *, least: int, most: int = 2) -> tuple[str, ...]:
        """Return secrets separated by commas, at most `most`: while one is changed, both are good. Raises BadSetting.

        Its error does not repeat them.
        """
        found = self.words(name)
        if len(found) > most or any(len(one) < least or not re.fullmatch("[A-Za-z0-9_-]+", one) for one in found):
            raise BadSetting(
                f"{name} must be at most {most} secrets, separated by commas, of at least {least} characters from"
                " A-Z, a-z, 0-9, - and _ each."
            )
        return found

    def one_of(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        """Return the value in lower case. Raises BadSetting unless it is one of `allowed`."""
        value = (self._raw(name, default) or default).lower()
        if value not in allowed:
            raise BadSetting(f"{name} is {value!r}; it must be one of {', '.join(allowed)}.")
        return value

    def whole_number(self, name: str, default: int, *, least: int, most: int) -> int:
        """Return a whole number from `least` to `most`. Raises BadSetting otherwise."""
        raw = self._raw(name, str(default))
        if raw is None:
            return default
        if not raw.lstrip("-").isdecimal() or not least <= int(raw) <= most:
            raise BadSetting(f"{name} is {raw!r}; it must be a whole number from {least} to {most}.")
        return int(raw)

    def url(self, name: str, default: str = "", *, schemes: tuple[str, ...] = ("http", "https")) -> str:
        """Return a URL without a slash at its end. Raises BadSetting unless scheme and host are usable."""
        value = (self._raw(name, default) or default).rstrip("/")
        if not value:
            return ""
        wanted = " or ".join(f"{scheme}://" for scheme in schemes)
        try:
            parts = urlsplit(value)
            usable = parts.scheme in schemes and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            usable = False
        if not usable:
            raise BadSetting(f"{name} is {without_password(value)!r}; it must begin with {wanted} and name a host.")
        return value

    def networks(self, name: str) -> tuple[IPNetwork, ...]:
        """Return networks in CIDR form, separated by commas. Raises BadSetting otherwise."""
        raw = self._raw(name) or ""
        found: list[IPNetwork] = []
        for part in filter(None, (piece.strip() for piece in raw.split(","))):
            try:
                found.append(ipaddress.ip_network(part, strict=False))
            except ValueError as error:
                raise BadSetting(
                    f"{name} holds {part!r}; it must be networks such as 10.0.0.0/8, separated by commas."
                ) from error
        return tuple(found)

    def ports(self, name: str) -> tuple[int, ...]:
        """Return port numbers separated by commas. Raises BadSetting otherwise."""
        raw = self._raw(name) or ""
        found: list[int] = []
        for part in filter(None, (piece.strip() for piece in raw.split(","))):
            if not part.isdecimal() or not 1 <= int(part) <= 65535:
                raise BadSetting(f"{name} holds {part!r}; it must be port numbers separated by commas.")
            found.append(int(part))
        return tuple(found)

    def shards(self, name: str) -> tuple[ShardAddress, ...]:
        """Return listening addresses written `s0=127.0.0.1:5555`, with `/tls` for TLS. Raises BadSetting."""
        return tuple(_shard_address(name, part) for part in self.words(name))

    def sources(self, name: str) -> tuple[ShardSource, ...]:
        """Return far Riemanns written `s0=host:5555` or `s0=ws://host:5556`. Raises BadSetting."""
        return tuple(_shard_source(name, part) for part in self.words(name))

    def words(self, name: str) -> tuple[str, ...]:
        """Return a list written with commas."""
        raw = self._raw(name) or ""
        return tuple(filter(None, (piece.strip() for piece in raw.split(","))))

    def secret_keys(self, name: str) -> tuple[str, ...]:
        """Return keys separated by commas, newest first. Raises BadSetting, without quoting it, for a short one."""
        keys = self.words(name)
        if any(len(key) < SHORTEST_KEY for key in keys):
            raise BadSetting(
                f"{name} holds a key of less than {SHORTEST_KEY} characters; make a longer one, at random."
            )
        return keys

    def folder(self, name: str, default: str) -> Path:
        """Return an absolute path; the folder need not exist yet."""
        return Path(self._raw(name, default) or default).expanduser().resolve()

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return True for 1, true, yes, on and False for 0, false, no, off. Raises BadSetting otherwise."""
        raw = self._raw(name, "yes" if default else "no")
        if raw is None:
            return default
        if raw.lower() in {"1", "true", "yes", "on"}:
            return True
        if raw.lower() in {"0", "false", "no", "off"}:
            return False
        raise BadSetting(f"{name} is {raw!r}; it must be yes or no.")


def without_password(url: str) -> str:
    """Return `url` with any password in it replaced by three stars, for messages and logs."""
    try:
        parts = urlsplit(url)
        if parts.password is None:
            return url
        return url.replace(f":{parts.password}@", ":***@", 1)
    except ValueError:
        return "a URL that cannot be read"


def database(url: str, *, data: Path) -> dict[str, Any]:
    """Return Django's database settings for `url`; empty means SQLite in the `data` folder.

    Raises BadSetting for another scheme than sqlite, postgresql and postgres.
    """
    if not url:
        return _sqlite(data / "hausmeister.sqlite3")
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        # four slashes, as other programs write an absolute path, or three: the file is the same
        path = "/" + unquote(parts.path).lstrip("/")
        if path == "/":
            raise BadSetting(
                f"DATABASE_URL is {url!r}; it must name a file, such as sqlite:////srv/hausmeister.sqlite3."
            )
        return _sqlite(Path(path))
    if parts.scheme in {"postgresql", "postgres"}:
        return _postgresql(url)
    raise BadSetting(
        f"DATABASE_URL is {without_password(url)!r}; it must begin with sqlite:// or postgresql://, or be empty"
        " for a SQLite file in the data folder."
    )


def _sqlite(path: Path) -> dict[str, Any]:
    return {
        "ENGINE": "hausmeister.base.sqlite",
        "NAME": str(path),
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            # FULL is part of the promise: with NORMAL, an answered alert can vanish in a power cut
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
            " PRAGMA temp_store=MEMORY; PRAGMA mmap_size=67108864;",
        },
    }


def _postgresql(url: str) -> dict[str, Any]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadSetting(f"DATABASE_URL is {without_password(url)!r}; its port must be a number.") from error
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise BadSetting(f"DATABASE_URL is {without_password(url)!r}; it must end with the database's name.")
    options = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", "") or unquote(parts.hostname or ""),
        "PORT": str(port or ""),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 5, **options},
    }


@dataclass(frozen=True)
class MailServer:
    """Where e-mail is handed over: `tls` is "none", "starttls" or "tls"."""

    host: str
    port: int
    user: str
    password: str
    tls: str


@dataclass(frozen=True)
class Mailbox:
    """A mail folder that is read: `tls` is "opportunistic", "starttls" or "tls"."""

    host: str
    port: int
    user: str
    password: str
    tls: str
    folder: str


_SHARD = re.compile(r"(?P<shard>[a-z0-9][a-z0-9-]{0,39})=\[?(?P<host>[^\s/\[\]=]+?)\]?:(?P<port>\d{1,5})(?P<tls>/tls)?")


def _shard_address(name: str, part: str) -> ShardAddress:
    found = _SHARD.fullmatch(part)
    # one port more is needed for websockets
    if found is None or not int(found["port"]) < 65535:
        raise BadSetting(
            f"{name} holds {part!r}; it must be shards and where they listen, such as s0=127.0.0.1:5555, separated by"
            " commas; s0=0.0.0.0:5554/tls for TLS."
        )
    return ShardAddress(found["shard"], found["host"], int(found["port"]), tls=bool(found["tls"]))


def _shard_source(name: str, part: str) -> ShardSource:
    shard, _, url = part.partition("=")
    if re.fullmatch("[a-z0-9][a-z0-9-]{0,39}", shard) and re.match(r"wss?://[^\s/]+", url):
        return ShardSource(shard, "", 0, url.rstrip("/"))
    found = _SHARD.fullmatch(part)
    if found is None or found["tls"] or not 0 < int(found["port"]) <= 65535:
        raise BadSetting(
            f"{name} holds {part!r}; it must be shards and the Riemann to read, such as s0=riemann.example:5555 or"
            " s0=ws://riemann.example:5556, separated by commas."
        )
    return ShardSource(found["shard"], found["host"], int(found["port"]))


def certificate(name: str, files: tuple[str, ...], *, is_needed: bool) -> tuple[str, ...]:
    """Return certificate, key and, where clients must show one too, the authority's file. Raises BadSetting."""
    if not files and not is_needed:
        return ()
    if len(files) not in {2, 3}:
        raise BadSetting(
            f"{name} names {len(files)} files; it must be a certificate and its key, and a third one, the authority of"
            " clients, where they must show a certificate: cert.pem, key.pem, clients.pem."
        )
    missing = [one for one in files if not Path(one).is_file()]
    if missing:
        raise BadSetting(f"{name} names {missing[0]!r}, which is no file.")
    return files


def mail_server(url: str) -> MailServer | None:
    """Return the mail server that `url` names, or None for an empty one.

    `smtp://` uses STARTTLS where the server offers it; `smtp+starttls://` insists on it; `smtps://` is TLS
    from the first byte. Raises BadSetting for anything else.
    """
    if not url:
        return None
    allowed = {"smtp": "opportunistic", "smtp+starttls": "starttls", "smtps": "tls"}
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadSetting(f"HAUSMEISTER_EMAIL_URL is {without_password(url)!r}; its port must be a number.") from error
    if parts.scheme not in allowed or not parts.hostname:
        raise BadSetting(
            f"HAUSMEISTER_EMAIL_URL is {without_password(url)!r}; it must look like smtp://user:password@host:port"
            " (or smtps://, smtp+starttls://)."
        )
    return MailServer(
        host=parts.hostname,
        port=port or (465 if parts.scheme == "smtps" else 587 if parts.username else 25),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        tls=allowed[parts.scheme],
    )


def mail_folder(url: str) -> Mailbox | None:
    """Return the mail folder that `url` names, or None for an empty one.

    `imaps://` is TLS from the first byte, `imap+starttls://` insists on STARTTLS, `imap://` uses it where the server
    offers it. The path is the folder, INBOX without one. Raises BadSetting for anything else.
    """
    if not url:
        return None
    allowed = {"imap": "opportunistic", "imap+starttls": "starttls", "imaps": "tls"}
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadSetting(f"HAUSMEISTER_MAILBOX_URL is {without_password(url)!r}; its port must be a number.") from error
    folder = unquote(parts.path.strip("/")) or "INBOX"
    is_good = parts.scheme in allowed and parts.hostname and parts.username and folder.isascii()
    if not is_good or not folder.isprintable():
        raise BadSetting(
            f"HAUSMEISTER_MAILBOX_URL is {without_password(url)!r}; it must look like"
            " imaps://user:password@host:993/INBOX (or imap+starttls://, imap://)."
        )
    return Mailbox(
        host=str(parts.hostname),
        port=port or (993 if parts.scheme == "imaps" else 143),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        tls=allowed[parts.scheme],
        folder=folder,
    )


def address(name: str, value: str, *, is_needed: bool, most: int = 100) -> str:
    """Return `value`, one bare e-mail address without a "+", in small letters. Raises BadSetting for anything else."""
    if not value and not is_needed:
        return ""
    told = value.strip().lower()
    if not re.fullmatch(r"[a-z0-9._-]{1,20}@[a-z0-9.-]{1,80}", told) or len(told) > most:
        raise BadSetting(
            f"{name} is {value!r}; it must be the mailbox's own address, such as ops@example.org, with at most 20"
            " characters before the @: teams and heartbeats get theirs by what stands behind a +."
        )
    return told


def mailbox(name: str, value: str) -> str:
    """Return `value`, a sender such as "Hausmeister <pager@example.org>". Raises BadSetting for anything else."""
    address = parseaddr(value)[1]
    if not address.isascii() or address.count("@") != 1 or address.startswith("@") or address.endswith("@"):
        raise BadSetting(f"{name} is {value!r}; it must look like Hausmeister <pager@example.org>.")
    return value


def bare(name: str, url: str) -> str:
    """Return `url` if it is scheme, host and port and nothing more. Raises BadSetting."""
    parts = urlsplit(url)
    if parts.path or parts.query or parts.fragment or parts.username is not None or parts.password is not None:
        raise BadSetting(
            f"{name} is {without_password(url)!r}; it must be scheme and host alone, such as"
            " https://hausmeister.example.org: screens and links stand at the root of their host."
        )
    return url


def somebody_else(name: str, url: str, *, ourselves: str) -> str:
    """Return `url` unless it is `ourselves`: a message sent to oneself would come back as an alert, for ever.

    Raises BadSetting.
    """
    if urlsplit(url).netloc.lower() == urlsplit(ourselves).netloc.lower():
        raise BadSetting(f"{name} is {url!r}, this installation itself; it must be the other system's address.")
    return url


SHORTEST_KEY = 50


def _cannot_be_written(folder: Path, why: str) -> BadSetting:
    return BadSetting(f"The data folder {folder} cannot be written ({why}); set HAUSMEISTER_DATA to one that can.")


def kept_secret_keys(path: Path) -> tuple[str, ...]:
    """Return the keys in the file at `path`, newest first, one a line; made at the first start, mode 0600.

    Raises BadSetting when the file is readable by others or holds a short key, or the folder cannot be
    written.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError as error:
        raise _cannot_be_written(path.parent, "it is a file") from error
    except OSError as error:
        raise BadSetting(
            f"The data folder {path.parent} cannot be made ({error.strerror}); set HAUSMEISTER_DATA to one that can."
        ) from error
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(chance.text(64) + "\n")
    except FileExistsError:
        # made at an earlier start
        pass
    except OSError as error:
        raise _cannot_be_written(path.parent, str(error.strerror)) from error
    if path.stat().st_mode & 0o077:
        raise BadSetting(f"{path} can be read by others; run: chmod 600 {path}")
    try:
        keys = tuple(filter(None, path.read_text(encoding="ascii").split()))
    except OSError as error:
        raise BadSetting(
            f"{path} cannot be read ({error.strerror}); run this as the user who runs Hausmeister."
        ) from error
    except UnicodeDecodeError:
        keys = ()
    if not keys or min(map(len, keys)) < SHORTEST_KEY:
        raise BadSetting(f"{path} must hold keys of at least {SHORTEST_KEY} characters, one a line.")
    return keys


def hosts_of(url: str) -> list[str]:
    """Return the host names under which the site may be asked for: that of `url`, and loopback with it."""
    host = urlsplit(url).hostname or "localhost"
    return [host, "localhost", "127.0.0.1", "[::1]"] if host in {"localhost", "127.0.0.1", "::1"} else [host]
