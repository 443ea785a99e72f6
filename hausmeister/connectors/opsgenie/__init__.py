"""Opsgenie, both ways: we speak its alert API to senders, and page through it while it lasts (H6)."""
