"""What a change of duty is, where a hand-off stands, to whom each thing goes, and what letters and reports say."""
