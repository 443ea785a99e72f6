"""Pure decisions about issues."""
