"""How often strangers may try something in a minute, counted in the database so that all nodes share it.

Each try takes a numbered place; two tries at once cannot take the same one, so no guess goes uncounted.
"""

from datetime import datetime

from django.core.cache import cache

from hausmeister.base import signing

KEPT_S = 120


def take(name: str, *, most: int, now: datetime) -> bool:
    """Count one try of `name`; return whether it is among the first `most` of this minute."""
    key = f"limit:{signing.sha256_hex(name)[:32]}:{int(now.timestamp()) // 60}"
    begin = int(cache.get(key, 0))
    for place in range(begin, most):
        if cache.add(f"{key}:{place}", 1, KEPT_S):
            # where the next try begins to look; being behind costs it a step, never a count
            cache.set(key, place + 1, KEPT_S)
            return True
    return False
