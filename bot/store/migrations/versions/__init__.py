"""One file per revision, each after the one it names."""
