"""Why a result should be read with care. Pure: summaries in, doubts out (DESIGN §7)."""
