"""Pure decisions about runs: `states` what is believed, `forecast` when it ends, `levels` whether that is in time."""
