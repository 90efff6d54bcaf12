"""The analysis of trials: merged summaries, ratios with intervals, verdicts, warnings.

Enters: records. Leaves: records. Pure: no clock, no file, no process. Imports ``records``,
``scenario``, and, for warnings about them, values of ``clients`` and ``machine``.
"""
