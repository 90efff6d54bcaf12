"""A run as a table, JSON, CSV or Markdown. Pure: touches no file, prints nothing.

Enters: a run and its trials, findings, what stands. Leaves: text. Imports ``records``, ``scenario``,
``analysis``, and for the types of what it shows ``store`` and ``measure``.
"""
