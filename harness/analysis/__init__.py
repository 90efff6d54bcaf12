"""From trials to what may be said of them: merged summaries, ratios with intervals, verdicts, doubts.

Enters: records. Leaves: records. Pure: no clock, no file, no process. Imports ``clients`` and what it imports.
"""
