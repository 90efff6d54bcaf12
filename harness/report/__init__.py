"""A run as a table, JSON, CSV or Markdown. Pure: touches no file, prints nothing.

Enters: a run and its trials, findings, standing targets. Leaves: text. Imports ``records``,
``scenario``, ``analysis``, and, for types, ``store`` and ``measure``.
"""
