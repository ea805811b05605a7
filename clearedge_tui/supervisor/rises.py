"""A rise to `active` that nobody has confirmed falls back when its supervisor is killed meanwhile.

Who asked for it got no answer; so the next supervisor goes by the mode before.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from clearedge_tui.core.clock import now_ns
from clearedge_tui.core.model import Instance, Mode
from clearedge_tui.store.db import Store


@contextmanager
def declared(store: Store, instance: Instance, wanted: Mode, who: str) -> Iterator[None]:
    """Declare a mode; a rise is confirmed when the block ends, however it ends."""
    rise = wanted is Mode.ACTIVE and instance.mode is not Mode.ACTIVE
    with store.batch():
        if rise:
            store.set_meta(_key(instance.id), instance.mode)
        store.set_mode(instance.id, wanted, who, now_ns())
    try:
        yield
    finally:
        if rise:
            store.set_meta(_key(instance.id), "")


def settled(store: Store) -> list[Instance]:
    """Return what is declared, after the rises that a killed supervisor left unconfirmed fell back."""
    for instance in store.instances():
        before = store.meta(_key(instance.id))
        if not before:
            continue
        with store.batch():
            store.set_meta(_key(instance.id), "")
            if instance.mode is Mode.ACTIVE:
                store.set_mode(instance.id, Mode(before), "supervisor", now_ns())
                why = "its supervisor ended before the rise was confirmed"
                text = f"active -> {before}: {why}"
                store.journal("mode.lowered", instance.id, "supervisor", text, {}, now_ns())
    return store.instances()


def _key(instance: str) -> str:
    return f"rising/{instance}"
