"""Pure decisions: words and their stems, how well texts fit, what a message is, what keeps coming, how good it is."""
