"""From trials to what may be said of them: merged summaries, ratios with intervals, verdicts, doubts.

Enters: records. Leaves: records. Pure: no clock, no file, no process. Imports ``records``, ``scenario``, and
for doubts about them values of ``clients`` and ``machine``.
"""
