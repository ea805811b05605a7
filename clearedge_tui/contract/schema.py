"""A strategy's CONFIG_SCHEMA: parsed once, then the same rule for form, CLI and database."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import msgspec

from clearedge_tui.contract.field import NUMBERS, Field, FieldType, plain
from clearedge_tui.contract.nearest import nearest
from clearedge_tui.contract.rules import Rule
from clearedge_tui.core.errors import StrategyFault, UsageError
from clearedge_tui.core.text import clean_text

if TYPE_CHECKING:
    from pydantic import BaseModel

RULES = "$rules"
MOST_FIELDS = 100
_KEYS = tuple(Field.__struct_fields__)


class Schema:
    """Fields and cross-field rules. Every value that reaches a strategy has passed `check`."""

    def __init__(self, fields: Mapping[str, Field], rules: Iterable[Rule] = ()) -> None:
        self.fields = dict(fields)
        self.rules = tuple(rules)

    @classmethod
    def parse(cls, raw: Mapping[str, object]) -> Self:
        """Return the schema. Anything wrong is a StrategyFault that names the field and key."""
        if not isinstance(raw, Mapping):
            raise StrategyFault("CONFIG_SCHEMA is no dict of fields")
        if len(raw) > MOST_FIELDS:
            raise StrategyFault(f"CONFIG_SCHEMA has {len(raw)} fields; at most {MOST_FIELDS}")
        fields = {name: _field(name, spec) for name, spec in raw.items() if name != RULES}
        schema = cls(fields, _rules(raw.get(RULES, ()), fields))
        schema._prove_defaults()
        return schema

    @classmethod
    def from_plain(cls, data: Mapping[str, object]) -> Self:
        """Return the schema that `to_plain` wrote."""
        return cls.parse(data)

    def to_plain(self) -> dict[str, Any]:
        """Return JSON-able data that `from_plain` reads."""
        fields = {name: msgspec.to_builtins(field) for name, field in self.fields.items()}
        return fields | ({RULES: [rule.text for rule in self.rules]} if self.rules else {})

    @property
    def live_fields(self) -> frozenset[str]:
        """Names of the fields that may change without a reload."""
        return frozenset(name for name, field in self.fields.items() if field.live)

    def defaults(self) -> dict[str, Any]:
        return {name: field.default for name, field in self.fields.items()}

    def model(self) -> type["BaseModel"]:
        """Return the pydantic model that all validation goes through. Imports pydantic."""
        return self._model

    def check(self, raw: Mapping[str, object]) -> tuple[dict[str, Any], dict[str, str]]:
        """Return plain values and errors by field (one is empty). Missing fields take defaults.

        Values may be text as typed in a form or given to `--set`.
        """
        from pydantic import ValidationError

        try:
            found = self._model.model_validate(dict(raw))
        except ValidationError as error:
            from clearedge_tui.contract.model import errors_by_field

            return {}, errors_by_field(error, self.fields)
        return {k: plain(v) for k, v in found.model_dump(by_alias=True).items()}, {}

    def validate(self, raw: Mapping[str, object]) -> dict[str, Any]:
        """Return plain values, or raise UsageError with every error in it."""
        values, errors = self.check(raw)
        if errors:
            raise UsageError("; ".join(f"{name}: {text}" for name, text in errors.items()))
        return values

    def known(self, stored: Mapping[str, object]) -> dict[str, Any]:
        """Return a stored configuration without the fields that the schema no longer has."""
        return {name: value for name, value in stored.items() if name in self.fields}

    def typed(self, values: Mapping[str, object]) -> dict[str, Any]:
        """Return what a strategy sees of plain values: Decimal objects, seconds as int."""
        return {name: self.fields[name].read(value) for name, value in values.items()}

    @cached_property
    def _model(self) -> type["BaseModel"]:
        from clearedge_tui.contract.model import build_model

        return build_model(self.fields, self.rules)

    def _prove_defaults(self) -> None:
        values, errors = self.check(self.defaults())
        for name, text in errors.items():
            raise StrategyFault(f"CONFIG_SCHEMA field `{name}`: its default is wrong: {text}")
        for name, value in values.items():
            self.fields[name] = msgspec.structs.replace(self.fields[name], default=value)


def _field(name: object, spec: object) -> Field:
    if not isinstance(name, str) or not name.isidentifier() or name.startswith("_"):
        raise StrategyFault(f"CONFIG_SCHEMA: `{clean_text(name, 60)}` cannot be a field's name")
    where = f"CONFIG_SCHEMA field `{clean_text(name, 60)}`"
    if not isinstance(spec, Mapping):
        raise StrategyFault(f"{where}: wanted a dict with `type` and `default`")
    for key in spec:
        if key not in _KEYS:
            raise StrategyFault(
                f"{where}: unknown key `{clean_text(key, 60)}`{nearest(str(key), _KEYS)}"
            )
    for key in ("type", "default"):
        if key not in spec:
            raise StrategyFault(f"{where}: `{key}` is missing")
    _known_type(where, spec["type"])
    if "item" in spec:
        _known_type(where, spec["item"])
    try:
        return _sound(where, _bounds(msgspec.convert(dict(spec), Field)))
    except (msgspec.ValidationError, ValueError) as error:
        raise StrategyFault(f"{where}: {clean_text(error)}") from None


def _known_type(where: str, name: object) -> None:
    known = [kind.value for kind in FieldType]
    if name not in known:
        raise StrategyFault(
            f"{where}: unknown type `{clean_text(name, 60)}`{nearest(str(name), known)}"
        )


def _bounds(field: Field) -> Field:
    """Turn min, max and step into plain values of the field's own type."""
    kind = FieldType.INT if field.value_type is FieldType.STRING else field.value_type
    given = {key: getattr(field, key) for key in ("min", "max", "step")}
    given = {key: value for key, value in given.items() if value is not None}
    if given and kind not in NUMBERS:
        raise ValueError(f"`{next(iter(given))}` means nothing for type {field.type.value}")
    bound = Field(type=kind)
    fixed = {key: plain(bound.read(value)) for key, value in given.items()}
    if {"min", "max"} <= fixed.keys() and bound.read(fixed["min"]) > bound.read(fixed["max"]):
        raise ValueError(f"min {fixed['min']} is above max {fixed['max']}")
    if "step" in fixed and bound.read(fixed["step"]) <= 0:
        raise ValueError(f"step {fixed['step']} is not above 0")
    return msgspec.structs.replace(field, **fixed)


def _sound(where: str, field: Field) -> Field:
    if (field.type is FieldType.LIST) != (field.item is not None):
        raise StrategyFault(f"{where}: `item` goes with type list and only there")
    if field.item is FieldType.LIST:
        raise StrategyFault(f"{where}: a list cannot hold lists")
    if (field.value_type is FieldType.ENUM) != bool(field.choices):
        raise StrategyFault(f"{where}: `choices` goes with type enum and only there")
    if len(set(field.choices)) != len(field.choices):
        raise StrategyFault(f"{where}: `choices` names one twice")
    if field.search is not None:
        _sound_search(field)
    return field


def _sound_search(field: Field) -> None:
    """A search range is `[low, high]` or `[low, high, step]`; for a choice, the choices to try."""
    if not isinstance(field.search, list | tuple):
        raise ValueError("`search` is no list; wanted [low, high], or the choices to try")
    values = [Field(type=field.value_type).read(one) for one in field.search]
    if field.value_type in NUMBERS:
        if len(values) not in (2, 3) or values[0] > values[1]:
            raise ValueError("`search` is no range; wanted [low, high] or [low, high, step]")
        if len(values) == 3 and values[2] <= 0:
            raise ValueError(f"`search` has a step of {values[2]}; wanted more than 0")
    elif not values or (field.choices and not set(values) <= set(field.choices)):
        raise ValueError("`search` names something that is no choice")


def _rules(raw: object, fields: Mapping[str, Field]) -> tuple[Rule, ...]:
    if not isinstance(raw, list | tuple):
        raise StrategyFault(f"CONFIG_SCHEMA {RULES}: wanted a list of texts such as `fast < slow`")
    rules = []
    for text in raw:
        try:
            rule = Rule(str(text))
        except ValueError as error:
            raise StrategyFault(
                f"CONFIG_SCHEMA {RULES}: `{clean_text(text, 80)}`: {error}"
            ) from None
        for name in rule.names:
            if name not in fields:
                raise StrategyFault(
                    f"CONFIG_SCHEMA {RULES}: `{rule.text}` names an unknown field `{name}`"
                    f"{nearest(name, fields)}"
                )
        rules.append(rule)
    return tuple(rules)
