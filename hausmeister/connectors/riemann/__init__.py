"""Riemann, both ways: a server that its senders and dashboards talk to, and a reader of a Riemann that is there.

`wire.py` is its protocol, `server.py` takes events and queries over TCP (also TLS) and UDP, `web.py` answers
websockets and HTTP, `reader.py` asks another Riemann. What the events mean is told in `monitoring`.
"""
