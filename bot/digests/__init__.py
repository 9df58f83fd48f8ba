"""What a digest says: the period it is about, numbers from stored facts, and the words for them.

| file | job |
|---|---|
| plan.py | a digest of the config, ready to be followed: its zone, its conditions, its hours |
| window.py | the period of one local date, and the days before it |
| numbers.py | what a digest knows, as values: kept with its row, and printed by `tocsin digest --json` |
| collecting.py | reads the numbers of a period: events, failures, reviews, alerts |
| counts.py, groups.py, waiting.py, standing.py | the parts of that |
| writing.py | the message and the replies in its thread |
| headline.py, sections.py, tables.py | the parts of that |
"""
