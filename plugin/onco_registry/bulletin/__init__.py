"""The monthly outcome bulletin: one canonical JSON, everything else rendered from it."""
