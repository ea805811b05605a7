"""The schema and the configuration that the tests of the store write."""

from clearedge_tui.contract.schema import Schema

SCHEMA = Schema.parse(
    {
        "fast": {"type": "int", "default": 12, "min": 2, "max": 200},
        "slow": {"type": "int", "default": 48, "min": 3, "max": 500},
        "size": {"type": "decimal", "default": "0.1", "min": 0},
        "key": {"type": "string", "default": "", "secret": True},
        "$rules": ["fast < slow"],
    }
)
GOOD: dict[str, object] = SCHEMA.defaults()
