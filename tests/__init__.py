"""Settings for every hypothesis test: no deadline, because the machine may be busy measuring."""

from hypothesis import settings

settings.register_profile("clientbench", deadline=None)
settings.load_profile("clientbench")
