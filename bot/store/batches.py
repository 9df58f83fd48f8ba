"""Batches of operations as transactions, in the writer's thread; what cannot be stored is sorted out here."""

from __future__ import annotations

from typing import Any

from bot.errors import StoreFailedError, StoreUnavailableError
from bot.store.connect import is_fatal, is_unavailable
from bot.store.driver import driver
from bot.store.operations import Append, Ledger, Operation


class Batches:
    """Transactions over one connection. Once one failed in a way that leaves in doubt what is on disk, none follows."""

    def __init__(self, connection: driver.Connection, ledger: Ledger) -> None:
        self._connection, self._ledger = connection, ledger
        self._cursor = connection.cursor()
        self._failure: StoreFailedError | None = None

    def write(self, operations: list[Operation]) -> list[Any]:
        """Return each operation's result, or the error it is to be told."""
        if self._failure is not None:
            return [self._failure] * len(operations)
        try:
            results = self._transaction(operations)
        except Exception as error:  # noqa: BLE001 - sorted out below: the waiters must hear of everything
            self._ledger.settle(committed=False)
            return self._sorted_out(error, operations)
        self._ledger.settle(committed=True)
        return results

    def _transaction(self, operations: list[Operation]) -> list[Any]:
        self._cursor.execute("BEGIN IMMEDIATE")
        results = self._ledger.run(self._cursor, operations)
        try:
            self._cursor.execute("COMMIT")
        except driver.Error as error:
            # FULL: the log could not be written to its end, and SQLite has undone it or lets us. Should a crash bring
            # it back all the same, nothing is stored twice: events are known by their ids, saves by their cursor.
            # After any other failure nobody knows what is on disk.
            if is_unavailable(error):
                raise
            raise StoreFailedError(f"a commit failed: {error}") from error
        return results

    def _sorted_out(self, error: Exception, operations: list[Operation]) -> list[Any]:
        if isinstance(error, StoreFailedError) or is_fatal(error) or not self._undone():
            self._failure = _as_failure(error)
            return [self._failure] * len(operations)
        if is_unavailable(error):
            return [StoreUnavailableError(f"the store cannot write right now: {error}")] * len(operations)
        if len(operations) == 1:
            return [StoreUnavailableError(f"cannot be stored: {error}") if type(operations[0]) is Append else error]
        # One of them cannot be stored: alone it hurts no other.
        return [result for operation in operations for result in self.write([operation])]

    def _undone(self) -> bool:
        try:
            if self._connection.in_transaction:
                self._cursor.execute("ROLLBACK")
        except driver.Error:
            return False
        return True


def _as_failure(error: Exception) -> StoreFailedError:
    return error if isinstance(error, StoreFailedError) else StoreFailedError(f"the store failed: {error}")
