"""The one place where hashes and signatures are made and compared."""

import hashlib
import hmac


def sha256_hex(text: str) -> str:
    """Return the SHA-256 of `text` (UTF-8), in lower-case hex. How keys and codes are stored (S34)."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def hmac_sha256_hex(secret: str, body: bytes) -> str:
    """Return the HMAC-SHA256 of `body` under `secret`, in lower-case hex."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def same(one: str, other: str) -> bool:
    """Compare two secrets in constant time; texts that are not ASCII are never the same."""
    if not (one.isascii() and other.isascii()):
        return False
    return hmac.compare_digest(one, other)


def webhook_signature(secret: str, body: bytes, *, at_s: int) -> str:
    """Return the value of our signature header: `t=…,v1=HMAC-SHA256("t.body")` (S46)."""
    return f"t={at_s},v1={hmac_sha256_hex(secret, f'{at_s}.'.encode() + body)}"
