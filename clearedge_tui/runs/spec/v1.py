"""Version 1: the run specification of TradingChassis ops-lab, read unchanged.

Its hash is over the whole specification as canonical JSON, with what was left out as null or as its
default, so that comments, order and white space do not change it.
"""

import re
from typing import Annotated, Any, Literal

import msgspec

from clearedge_tui.core.errors import BadData, UsageError
from clearedge_tui.runs.manifest import canonical_sha256
from clearedge_tui.runs.spec.strict import convert

_Text = Annotated[str, msgspec.Meta(min_length=1)]
_ENV = re.compile(r"[A-Z_][A-Z0-9_]*")
_SAFE_ID = re.compile(r"[A-Za-z0-9._-]{1,120}")


class Strategy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: _Text
    version: _Text


class Data(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    dataset: _Text
    fingerprint: _Text | None = None


class Risk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    profile: _Text


class Observability(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    journal: bool = True
    metrics: bool = False
    report: bool = False


class Placeholders(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    required_env: list[str] = []
    optional_env: list[str] = []


class Readiness(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    enabled: bool = False
    target: Literal["paper_testnet_probe"] | None = None
    venue: _Text | None = None
    credential_placeholders: Placeholders | None = None
    notes: str | None = None


class SpecV1(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    spec_version: Literal["v1"]
    run_id: _Text
    mode: Literal["backtest", "paper"]
    engine: Literal["nautilus"]
    venue: _Text
    instrument: _Text
    strategy: Strategy
    data: Data
    risk: Risk
    observability: Observability = Observability()
    connectivity_readiness: Readiness | None = None

    @property
    def config_sha256(self) -> str:
        return canonical_sha256(self)


def read(values: dict[str, Any]) -> SpecV1:
    """Return a version 1 specification. Raises BadData with the key and what is wrong with it."""
    spec = convert(_trimmed(values), SpecV1)
    # ops-lab takes any text here and makes folders of it; ours never leaves the folder of runs
    if not _SAFE_ID.fullmatch(spec.run_id) or ".." in spec.run_id:
        raise BadData(f"run_id `{spec.run_id[:80]}`; wanted letters, digits, dots, dashes, no `..`")
    ready = spec.connectivity_readiness
    if ready is not None:
        _check(spec, ready)
    return spec


def _check(spec: SpecV1, ready: Readiness) -> None:
    if ready.venue is not None and ready.venue != spec.venue:
        raise BadData(
            f"connectivity_readiness.venue is `{ready.venue}`; wanted the run's own, `{spec.venue}`"
        )
    asked = ready.credential_placeholders or Placeholders()
    for name, values in (
        ("required_env", asked.required_env),
        ("optional_env", asked.optional_env),
    ):
        where = f"connectivity_readiness.credential_placeholders.{name}"
        wrong = next((v for v in values if not _ENV.fullmatch(v)), None)
        if wrong is not None:
            raise BadData(f"{where}: `{wrong}` is no name of a variable, such as API_KEY")
        if len(set(values)) < len(values):
            raise BadData(f"{where}: a name is there twice")
    if both := set(asked.required_env) & set(asked.optional_env):
        raise BadData(f"`{min(both)}` is both required and optional")


def _trimmed(value: Any) -> Any:
    match value:
        case dict():
            return {name: _trimmed(one) for name, one in value.items()}
        case list():
            return [_trimmed(one) for one in value]
        case str():
            return value.strip()
        case _:
            return value


def market_of(spec: SpecV1) -> str:
    """Return the market as ours are written. Raises UsageError for a mode that is no backtest."""
    if spec.mode != "backtest":
        raise UsageError(
            "a version 1 specification of mode paper is a session of an instance: declare one with "
            "clearedge instance add"
        )
    return f"{spec.instrument}.{spec.venue.upper()}"
