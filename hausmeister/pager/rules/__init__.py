"""Pure decisions of the pager: which step is next, which rung is due, what the plan looks like."""
