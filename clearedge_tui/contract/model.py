"""The pydantic model of a schema, and its errors in our words. Imported late: pydantic is heavy."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ValidationError,
    create_model,
    model_validator,
)
from pydantic import Field as ModelField
from pydantic_core import PydanticCustomError

from clearedge_tui.contract.field import Field, FieldType, items, read
from clearedge_tui.contract.nearest import nearest
from clearedge_tui.contract.rules import Rule
from clearedge_tui.core.text import clean_text

_TYPES: dict[FieldType, Any] = {
    FieldType.INT: int,
    FieldType.FLOAT: float,
    FieldType.DECIMAL: Decimal,
    FieldType.BOOL: bool,
    FieldType.STRING: str,
    FieldType.DURATION: int,
    FieldType.MARKET: str,
}


class ConfigModel(BaseModel):
    """Base of every model: unknown keys are errors, and fields go by their alias only.

    The alias is the schema's name; Python's own names are prefixed, so that a field called `copy`
    or `json` cannot hide a method of the model.
    """

    model_config = ConfigDict(extra="forbid", validate_default=True)


def build_model(fields: Mapping[str, Field], rules: Sequence[Rule]) -> type[BaseModel]:
    """Return the one model that form, CLI and database validate with."""

    class Ruled(ConfigModel):
        @model_validator(mode="after")
        def rules_hold(self) -> Self:
            values = {name: getattr(self, f"v_{name}") for name in fields}
            broken = [rule for rule in rules if not rule.holds(values)]
            if broken:
                raise PydanticCustomError(
                    "rules", "rules are broken", {"errors": _broken(broken, values)}
                )
            return self

    definitions: dict[str, Any] = {
        f"v_{name}": _annotated(name, one) for name, one in fields.items()
    }
    return create_model("Config", __base__=Ruled, **definitions)


def _annotated(name: str, field: Field) -> tuple[Any, Any]:
    kind = field.value_type
    base = Literal[field.choices] if field.choices else _TYPES[kind]
    limits = _limits(kind, field)
    value: Any = Annotated[base, ModelField(**limits)] if limits else base
    if field.type is FieldType.LIST:
        value = list[Annotated[value, BeforeValidator(lambda raw: read(kind, raw))]]
    shown = ModelField(default=field.default, alias=name, description=field.help or None)
    return Annotated[value, BeforeValidator(_reader(field))], shown


def _reader(field: Field) -> Any:
    # a list's items are read one by one, so that an error can name which
    return items if field.type is FieldType.LIST else field.read


def _limits(kind: FieldType, field: Field) -> dict[str, Any]:
    text = kind is FieldType.STRING
    low, high = ("min_length", "max_length") if text else ("ge", "le")
    bound = FieldType.INT if text else kind
    given = ((low, field.min), (high, field.max))
    return {key: read(bound, value) for key, value in given if value is not None}


def _broken(rules: Sequence[Rule], values: Mapping[str, object]) -> dict[str, str]:
    errors: dict[str, str] = {}
    for rule in rules:
        found = ", ".join(f"{name} {values[name]}" for name in rule.names)
        for name in rule.names:
            errors.setdefault(name, f"wanted {rule.text}; found {found}")
    return errors


def errors_by_field(error: ValidationError, fields: Mapping[str, Field]) -> dict[str, str]:
    """Return one line a field, in the words of the product."""
    found: dict[str, str] = {}
    for one in error.errors(include_url=False):
        where, context = one["loc"], one.get("ctx", {})
        if one["type"] == "rules":
            found |= context["errors"]
            continue
        name = str(where[0])
        if one["type"] == "extra_forbidden":
            found[clean_text(name, 60)] = f"unknown field{nearest(name, fields)}"
            continue
        item = f"value {int(where[1]) + 1}: " if len(where) > 1 else ""
        found.setdefault(
            name, item + _words(one["type"], context, fields[name], one["msg"], one["input"])
        )
    return found


def _words(kind: str, context: Mapping[str, Any], field: Field, msg: str, raw: object) -> str:
    unit = f" {field.unit}" if field.unit else ""
    shown = clean_text(raw, 40)
    if field.secret:
        shown = "the value"
    match kind:
        case "value_error":
            return "the value does not fit" if field.secret else clean_text(context["error"])
        case "greater_than_equal":
            return f"{shown} is too low; at least {context['ge']}{unit}"
        case "less_than_equal":
            return f"{shown} is too high; at most {context['le']}{unit}"
        case "literal_error":
            return f"{shown} is no choice{nearest(str(raw), field.choices)}"
        case "string_too_short":
            return f"too short; at least {context['min_length']} characters"
        case "string_too_long":
            return f"too long; at most {context['max_length']} characters"
    return clean_text(msg)
