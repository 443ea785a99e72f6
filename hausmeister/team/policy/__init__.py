"""The team's policy: the handbook's rules as one readable TOML file.

`default.toml` is what ships, `shape.py` what a policy is once read, `reading.py` how a file becomes one or a
list of problems. A policy is read whole or not at all.
"""
