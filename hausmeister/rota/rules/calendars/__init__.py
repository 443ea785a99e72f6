"""Calendars as plain values: what a feed tells and how it is written, and what is read from somebody else's file."""
