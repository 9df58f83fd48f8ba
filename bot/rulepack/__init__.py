"""The rule language: files of rules to a rule set, their lint, and the examples by which each rule is tried."""
