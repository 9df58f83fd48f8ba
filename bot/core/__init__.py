"""The pure core: inputs are values, decisions are values; no clock, no randomness, no I/O, no logging."""
