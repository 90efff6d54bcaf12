"""What this machine does to measurements: readings, judgements on them, and how to mend what is bad."""
