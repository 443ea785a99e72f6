"""Checking API keys at the door, from memory: a flood of wrong keys costs no queries (S2, S34).

The table of valid keys is small and is read whole, at most once a second; a revoked key is refused within
five seconds on every node.
"""

import asyncio
import contextlib
from datetime import datetime

from django.db import Error as DatabaseError

from hausmeister.base import clock, database, log, signing
from hausmeister.team import queries
from hausmeister.team.queries import KeyHolder
from hausmeister.team.rules import KEY_LENGTH, Scope, covers

_log = log.get(__name__)

# read again in the background after the first, not trusted without a fresh reading after the second
RENEW_AFTER_S = 2.0
TRUST_S = 4.5
RENEW_AT_MOST_EVERY_S = 1.0


class UnknownKey(Exception):
    """No key came, or one that opens nothing."""


class MissingScope(Exception):
    """The key is good, but not for this; the text names the scope."""


class KeysUnavailable(Exception):
    """Whether the key is good cannot be known now: the database does not answer."""


class KeyRing:
    """The valid keys, kept for a few seconds."""

    def __init__(self) -> None:
        self._holders: dict[str, KeyHolder] = {}
        self._read_s = float("-inf")
        self._lock = asyncio.Lock()
        self._renewal: asyncio.Task[None] | None = None

    async def check(self, key: str, wanted: Scope, *, now: datetime) -> KeyHolder:
        """Return what `key` stands for. Raises UnknownKey, MissingScope or KeysUnavailable."""
        # only the right form is worth hashing; the rest is refused alike
        digest = signing.sha256_hex(key) if len(key) == KEY_LENGTH and key.isascii() else ""
        holder = await self._holder(digest, now)
        if holder is None or (holder.expires_at is not None and holder.expires_at <= now):
            raise UnknownKey
        if not covers(holder.scopes, wanted):
            raise MissingScope(wanted.value)
        return holder

    async def _holder(self, digest: str, now: datetime) -> KeyHolder | None:
        age_s = clock.monotonic_s() - self._read_s
        if age_s > TRUST_S or (digest not in self._holders and digest and age_s > RENEW_AT_MOST_EVERY_S):
            await self._renew(now)
        elif age_s > RENEW_AFTER_S and (self._renewal is None or self._renewal.done()):
            self._renewal = asyncio.create_task(self._renew_quietly(now))
        return self._holders.get(digest)

    async def _renew_quietly(self, now: datetime) -> None:
        with contextlib.suppress(KeysUnavailable):
            # nobody waits for this one; once the old reading is no longer trusted, a request asks and is told
            await self._renew(now)

    async def _renew(self, now: datetime) -> None:
        asked_s = clock.monotonic_s()
        async with self._lock:
            if self._read_s >= asked_s:
                return
            try:
                self._holders = await database.ask(queries.valid_keys, now)
            except DatabaseError as error:
                _log.warning("keys.not_read", error=type(error).__name__)
                raise KeysUnavailable from error
            self._read_s = clock.monotonic_s()
