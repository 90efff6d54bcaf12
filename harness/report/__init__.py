"""A run as a table, JSON, CSV or Markdown. Pure: touches no file, prints nothing.

Enters: a run and its trials, findings, what stands. Leaves: text. Imports ``records``, ``scenario``,
``analysis``, and for the types of what it shows ``store`` and ``measure``.
"""

from harness.report.csv_file import to_csv
from harness.report.exporters import FORMATS, for_path
from harness.report.headline import heading
from harness.report.json_document import document, to_json
from harness.report.listings import rows_table, runs_table, trials_table
from harness.report.markdown import to_markdown
from harness.report.terminal import footer, result_tables
from harness.report.text_file import to_text

__all__ = [
    "FORMATS",
    "document",
    "footer",
    "for_path",
    "heading",
    "result_tables",
    "rows_table",
    "runs_table",
    "to_csv",
    "to_json",
    "to_markdown",
    "to_text",
    "trials_table",
]
