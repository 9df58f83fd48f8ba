"""The clock times of digests: which local dates are due."""
