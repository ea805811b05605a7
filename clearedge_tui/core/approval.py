"""Leave to trade real money: given by a named person for exactly these things, for a time. Pure.

An approval is bound to one digest over everything that decides what an instance will do and on what
grounds. When any of it is another one, the approval does not hold, and `changed` says which part.
Evidence and override are the grounds: they belong to the digest and are not looked for again.
"""

import hashlib
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, Final

import msgspec

from clearedge_tui.core.clock import iso
from clearedge_tui.core.errors import UsageError
from clearedge_tui.core.limits import Limit
from clearedge_tui.core.text import clean_text

VALID_DAYS: Final = 30
DAY_NS: Final = 86_400_000_000_000
_GROUNDS: Final = ("evidence", "override")
_NO_ONE: Final = frozenset({"", "unknown", "supervisor", "system", "root"})


class Evidence(msgspec.Struct, frozen=True):
    """One figure of one run, and what was asked of it. Numbers as they were shown."""

    name: str
    value: str
    threshold: str  # >=1
    passed: bool
    run: str


class Parts(msgspec.Struct, frozen=True):
    """What an approval is bound to. Plain data, so that it is the same on disk and in hand."""

    instance: dict[str, str]  # id, strategy, timeframe
    code: dict[str, str]  # file -> sha256: the strategy's and the modules it may import
    config: dict[str, object]  # a secret value as `sealed`
    account: dict[str, str]  # what matters of it; of its key the name only
    market: dict[str, str]  # id, steps, multiplier
    limits: dict[str, dict[str, str]]  # see `limit_part`
    evidence: tuple[Evidence, ...] = ()
    override: str = ""  # why it is given without evidence, or against it


class Standing(StrEnum):
    VALID = "valid"
    EXPIRED = "expired"
    REVOKED = "revoked"
    DAMAGED = "damaged"  # its parts do not make its digest
    EARLY = "early"  # it was made later than now: a clock is wrong


class Approval(msgspec.Struct, frozen=True):
    """One approval as it is stored. `revoked_ns` 0: it was not."""

    id: str
    instance: str
    digest: str
    parts: Parts
    who: str
    reason: str
    at_ns: int
    expires_ns: int
    revoked_ns: int = 0
    revoked_by: str = ""


def digest(parts: Parts) -> str:
    """Return the one hash over all parts. Raises UsageError for what JSON cannot say exactly."""
    return _sha256({name: _sha256(value) for name, value in _plain(parts).items()})


def approve(
    parts: Parts, who: str, reason: str, at_ns: int, valid_ns: int = VALID_DAYS * DAY_NS
) -> Approval:
    """Return a new approval. Raises UsageError without a person, grounds or a time."""
    person = clean_text(who, 60).strip()
    if not names_a_person(person):
        raise UsageError(f"approved by `{person}`; wanted the name of a person")
    failed = [one.name for one in parts.evidence if not one.passed]
    if not parts.override.strip() and (failed or not parts.evidence):
        why = f"evidence that failed ({', '.join(failed)})" if failed else "no evidence"
        raise UsageError(f"{why}; give evidence that passes, or an override with its reason")
    if not 0 < valid_ns <= 365 * DAY_NS:
        raise UsageError("an approval holds for some time, at most 365 days")
    made = digest(parts)
    parts = msgspec.json.decode(msgspec.json.encode(parts), type=Parts)
    if digest(parts) != made:  # a number of more than 64 bits, or no JSON at all
        raise UsageError("a setting would not come back from disk exactly; write it another way")
    return Approval(
        id=f"{at_ns:x}-{made[:12]}",
        instance=parts.instance["id"],
        digest=made,
        parts=parts,
        who=person,
        reason=clean_text(reason),
        at_ns=at_ns,
        expires_ns=at_ns + valid_ns,
    )


def names_a_person(who: str) -> bool:
    """Whether somebody can be asked later why. A login without a name is nobody."""
    return who.strip().lower() not in _NO_ONE and not who.startswith("uid ")


def standing(approval: Approval, now_ns: int) -> Standing:
    """Return what an approval is worth by itself, whatever has become of what it was given for."""
    if digest(approval.parts) != approval.digest:
        return Standing.DAMAGED
    if approval.revoked_ns:
        return Standing.REVOKED
    if now_ns >= approval.expires_ns:
        return Standing.EXPIRED
    return Standing.VALID if now_ns >= approval.at_ns else Standing.EARLY


def changed(approval: Approval, now: Parts) -> list[str]:
    """Return what differs from what was approved: `config: size 0.1 -> 0.2`, `code: …`.

    `now` needs no grounds; whatever it brings of them is not compared.
    """
    return differences(_with_grounds(now, approval.parts), approval.parts)


def why_not(approval: Approval | None, now: Parts, now_ns: int) -> list[str]:
    """Return every reason why this may not trade real money now; nothing: it may."""
    if approval is None:
        return ["nobody has approved it"]
    found = changed(approval, now)
    match standing(approval, now_ns):
        case Standing.REVOKED:
            found.insert(0, f"revoked by {approval.revoked_by} at {iso(approval.revoked_ns)} UTC")
        case Standing.EXPIRED:
            found.insert(0, f"expired at {iso(approval.expires_ns)} UTC")
        case Standing.DAMAGED:
            found.insert(0, "its record was changed after it was given")
        case Standing.EARLY:
            found.insert(
                0, f"given at {iso(approval.at_ns)} UTC, which is yet to come: a clock is wrong"
            )
    if approval.instance != now.instance.get("id"):
        found.insert(0, f"it is of {approval.instance}")
    return found


def differences(now: Parts, before: Parts) -> list[str]:
    """Return what differs, part by part, each with its old and its new value."""
    found = []
    was, is_ = _plain(before), _plain(now)
    for part, old in was.items():
        if _sha256(old) == _sha256(is_[part]):
            continue
        olds, news = dict(_leaves(old)), dict(_leaves(is_[part]))
        told = [
            _told(part, name, _shown(olds, name), _shown(news, name))
            for name in dict.fromkeys((*olds, *news))
            if (name in olds) != (name in news) or _other(olds[name], news[name])
        ]
        found += told or [f"{part} changed"]  # no two texts show it, and the hashes do
    return found


def sealed(instance: str, name: str, value: object) -> str:
    """Return what stands for a secret value: another one for another value, and not the value."""
    return f"sealed {_sha256([instance, name, value])}"


def limit_part(limits: tuple[Limit, ...]) -> dict[str, dict[str, str]]:
    """Return limits as the part of an approval, in an order that does not matter."""
    found = {}
    for one in limits:
        plain = msgspec.to_builtins(one)
        name = f"{one.scope} {one.key} {one.name}"
        found[name] = {k: str(v) for k, v in plain.items() if k not in ("scope", "key", "name")}
    return dict(sorted(found.items()))


# ---- inside -----------------------------------------------------------------------------------
def _with_grounds(parts: Parts, other: Parts) -> Parts:
    return msgspec.structs.replace(parts, evidence=other.evidence, override=other.override)


def _plain(parts: Parts) -> dict[str, Any]:
    found = msgspec.to_builtins(parts)
    assert isinstance(found, dict)  # noqa: S101  # a struct
    return found


def _sha256(value: object) -> str:
    """Return the hash of canonical JSON: sorted keys, no spaces, every number as it is."""
    for _, leaf in _leaves(value):
        if isinstance(leaf, float) and (leaf != leaf or leaf in (float("inf"), float("-inf"))):
            raise UsageError(f"`{leaf}` cannot be written down exactly; wanted a number")
    try:
        body = msgspec.json.encode(value, order="sorted")
    except (TypeError, ValueError, OverflowError) as error:
        raise UsageError(f"this cannot be written down exactly: {error}") from None
    return hashlib.sha256(body).hexdigest()


def _leaves(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Yield every value with its path; an empty list or table is a value."""
    if isinstance(value, Mapping) and value:
        for key, one in value.items():
            yield from _leaves(one, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list | tuple) and value:
        for at, one in enumerate(value):
            yield from _leaves(one, f"{path}[{at}]")
    else:
        yield path, value


def _other(old: object, new: object) -> bool:
    return old != new or type(old) is not type(new)


def _shown(leaves: dict[str, object], name: str) -> str:
    if name not in leaves:
        return "nothing"
    text = str(leaves[name])
    if text.startswith("sealed "):
        return "a secret"
    if len(text) == 64 and all(c in "0123456789abcdef" for c in text):
        return text[:12]
    return (
        repr(clean_text(text, 60))
        if isinstance(leaves[name], str) and not text.strip()
        else clean_text(text, 60)
    )


def _told(part: str, name: str, old: str, new: str) -> str:
    subject = f"{part}: {clean_text(name, 80)}" if name else part
    if old == new:
        return f"{subject} changed"
    return f"{subject} {old} -> {new}"
