"""Decisions of the room: which heading means an alert, and what is missing."""
