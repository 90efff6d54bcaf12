"""Programs that measure clientbench itself: figure, bound, machine, date; exit code 1 on a miss."""
