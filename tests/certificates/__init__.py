"""Certificates for tests alone: an authority whose key was thrown away, and two servers it vouches for.

Made with openssl, valid for a hundred years. They protect nothing.
"""

import ssl
from pathlib import Path

_FOLDER = Path(__file__).parent


def server_context(name: str = "hooks.test") -> ssl.SSLContext:
    """Return the TLS context of a server called `name`: hooks.test or localhost."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_FOLDER / f"{name}.pem")
    return context


def client_context() -> ssl.SSLContext:
    """Return the TLS context of a client that trusts the test authority and nobody else."""
    return ssl.create_default_context(cafile=str(_FOLDER / "authority.pem"))
