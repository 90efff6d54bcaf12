"""A run as a table, JSON, CSV, Markdown, a page or a picture. Writes no file, prints nothing.

Enters: a run and its trials, findings, standing targets. Leaves: text, bytes. Imports ``records``,
``scenario``, ``analysis``, and, for types, ``store`` and ``measure``.
"""
