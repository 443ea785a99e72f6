"""Pure decisions of monitoring: plain events in, plain answers out; the time is passed in."""
