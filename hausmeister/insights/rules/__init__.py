"""Pure counting: plain values in, figures out. No Django, no clock."""
