"""Run by Alembic: one connection of ours, one transaction for everything."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context

from bot.store.connect import open_writing
from bot.store.driver import driver


def _begin(connection: sa.Connection) -> None:
    # The driver would begin only before the first INSERT, and a killed migration would leave half a schema.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def migrate() -> None:
    """Bring the store that `config.attributes` names to the wanted revision, all of it or nothing."""
    path = context.config.attributes["path"]
    engine = sa.create_engine("sqlite://", module=driver, creator=lambda: open_writing(path), poolclass=sa.NullPool)
    sa.event.listen(engine, "begin", _begin)
    with engine.connect() as connection:
        # Alembic takes SQLite for unable to undo DDL and would commit after each step unless told otherwise.
        context.configure(connection=connection, transactional_ddl=True)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


migrate()
