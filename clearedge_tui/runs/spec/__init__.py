"""Run specifications as files: read strictly, made into a run, written from a run."""
