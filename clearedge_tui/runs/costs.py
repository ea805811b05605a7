"""What a run pays, by the names of models. Zero cost is asked for by name and said on the report."""

NONE = "none"
RATES = "rates"
