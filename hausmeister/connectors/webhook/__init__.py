"""A signed webhook, out: JSON to an address of a person's own. What it holds stands in `docs/connectors.md`.

`sender.py` is the way out, `wire.py` the shape, `fake.py` a receiver that checks what a receiver should.
"""
