"""Hausmeister runs a data-infrastructure team's ops week. Start reading at `wiring.py`."""

__version__ = "0.1.0"
