"""Writes of monitoring: `hits` are rules that are on or over, `heartbeats` what says that it is well."""
