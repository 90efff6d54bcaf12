"""Why a result should be read with care. Pure: summaries in, doubts out (DESIGN §7)."""

from harness.analysis.doubts.barring import barred
from harness.analysis.doubts.ceiling import ceiling_doubts
from harness.analysis.doubts.conclusion import concluding_doubts, load_doubts
from harness.analysis.doubts.disturbance import disturbance_doubts
from harness.analysis.doubts.load import open_loop_doubts
from harness.analysis.doubts.preparation import bytes_doubt, differ, unseen_bytes_doubt, work_doubts
from harness.analysis.doubts.run import (
    contamination_doubts,
    count_doubt,
    instance_doubt,
    processor_doubts,
    target_doubt,
)
from harness.analysis.doubts.severity import is_grave
from harness.analysis.doubts.stationarity import stationarity_doubts
from harness.analysis.doubts.trials import trial_doubts

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
