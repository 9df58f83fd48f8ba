"""Alembic's scripts: how a store of any earlier revision becomes one of ours. Forward only."""
