"""Pure decisions of the triage: what a text is, what it joins, which state follows, until when it must be answered."""
