"""Pure decisions of planning: roles, horizon, history, what changes and why, what has changed since."""
