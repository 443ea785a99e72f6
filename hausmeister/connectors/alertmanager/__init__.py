"""Prometheus' Alertmanager, by its webhook (payload version 4)."""
