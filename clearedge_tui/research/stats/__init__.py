"""Statistics of honest research: numbers in, numbers out; no files, no clock, no engine."""
