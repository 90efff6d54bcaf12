"""Everything that runs in the measured process. Imports the standard library and ``adapters`` alone."""
