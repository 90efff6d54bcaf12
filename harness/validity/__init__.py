"""Why a result should be read with care. Pure: summaries in, doubts out (DESIGN §7)."""

from harness.validity.barring import barred
from harness.validity.ceiling import ceiling_doubts
from harness.validity.conclusion import concluding_doubts, load_doubts
from harness.validity.disturbance import disturbance_doubts
from harness.validity.load import open_loop_doubts
from harness.validity.preparation import bytes_doubt, differ, unseen_bytes_doubt, work_doubts
from harness.validity.run import (
    contamination_doubts,
    count_doubt,
    instance_doubt,
    processor_doubts,
    target_doubt,
)
from harness.validity.severity import is_grave
from harness.validity.stationarity import stationarity_doubts
from harness.validity.trials import trial_doubts

__all__ = [
    "barred",
    "bytes_doubt",
    "ceiling_doubts",
    "concluding_doubts",
    "contamination_doubts",
    "count_doubt",
    "differ",
    "disturbance_doubts",
    "instance_doubt",
    "is_grave",
    "load_doubts",
    "open_loop_doubts",
    "processor_doubts",
    "stationarity_doubts",
    "target_doubt",
    "trial_doubts",
    "unseen_bytes_doubt",
    "work_doubts",
]
