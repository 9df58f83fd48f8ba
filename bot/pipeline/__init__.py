"""From the journal to decisions: the second of the two commits.

The pipeline reads the journal from a durable cursor, folds inputs through the pure core, and saves slices, timers,
alerts, outbox rows and the cursor in one transaction. A start resumes at the cursor, so live running is replay.
"""

from bot.pipeline.patience import patiently as patiently
from bot.pipeline.pipeline import Pipeline as Pipeline
from bot.pipeline.saver import Batch as Batch
