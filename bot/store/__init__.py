"""Everything that must survive: the journal of inputs, what was decided from it, and what is still to be sent.

| file | job |
|---|---|
| store.py | `Store`: what the other floors call |
| values.py | what goes in and comes out |
| writer.py, batches.py, operations.py | the one thread that writes, what it does, and what it is given |
| journal.py, rows.py, settling.py, tail.py | first commit: rows in order, each event id once, the newest in memory |
| saving.py, memories.py, counting.py | second commit: slices, timers, alerts, outbox rows and the cursor at once |
| absence.py | what the table of memories surely does not hold |
| rulesets.py | which rule set came into force when, and its text |
| explaining.py, replaying.py, comparing.py | what `why` and replay read, and where replay decides into |
| outbox.py | deliveries, as the relay walks them from state to state |
| points.py, quick.py, reads.py, asking.py | reads: by key in the loop's thread, longer ones in a thread of their own |
| retention.py, sweeps.py | what becomes too old or too much |
| connect.py, place.py, migrate.py, migrations/ | settings read back, the lock, the schema |
| schema.py, statements.py | the tables, and statements on them compiled once |

Use `Store.open` in the bot and `open_reading` beside it.
"""

from bot.store.reads import Reads as Reads
from bot.store.reads import open_reading as open_reading
from bot.store.store import Store as Store
