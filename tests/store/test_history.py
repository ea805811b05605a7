"""Any order of changes leaves a history that explains the present."""

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from clearedge_tui.core.errors import UsageError
from clearedge_tui.core.model import Instance, Mode
from clearedge_tui.store.db import open_store
from tests.store.makers import GOOD, SCHEMA


class History(RuleBasedStateMachine):
    """A plain dict beside the database must always agree with it."""

    ids = Bundle("ids")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "a.db"
        self.store = open_store(self.path)
        self.store.put_schema("ema_cross", "aa", SCHEMA.to_plain(), 1)
        self.model: dict[str, list[dict[str, object]]] = {}
        self.modes: dict[str, Mode] = {}
        self.now = 10
        self.count = 0

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    @rule(target=ids)
    def add(self) -> str:
        self.count += 1
        id = f"i{self.count}"
        self.store.add_instance(
            Instance(id, "ema_cross", "paper", "M", "1m", config=dict(GOOD), created_ns=self.count),
            "a",
        )
        self.model[id], self.modes[id] = [dict(GOOD)], Mode.OFF
        return id

    @rule(id=ids, fast=st.integers(0, 210), slow=st.integers(0, 520))
    def change(self, id: str, fast: int, slow: int) -> None:
        self.now += 1
        config = {**self.model[id][-1], "fast": fast, "slow": slow}
        allowed = 2 <= fast <= 200 and 3 <= slow <= 500 and fast < slow
        try:
            self.store.set_config(id, config, "b", self.now)
        except UsageError:
            assert not allowed
            return
        assert allowed
        if config != self.model[id][-1]:
            self.model[id].append(config)

    @rule(id=ids, mode=st.sampled_from(Mode))
    def set_mode(self, id: str, mode: Mode) -> None:
        self.now += 1
        self.store.set_mode(id, mode, "b", self.now)
        self.modes[id] = mode

    @rule(id=consumes(ids))
    def remove(self, id: str) -> None:
        self.now += 1
        self.store.remove_instance(id, "b", self.now)
        del self.model[id], self.modes[id]

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = open_store(self.path)

    @invariant()
    def versions_are_the_history(self) -> None:
        assert {i.id for i in self.store.instances()} == set(self.model)
        for one in self.store.instances():
            history = self.store.config_versions(one.id)
            assert [v.config for v in reversed(history)] == self.model[one.id]
            assert one.config == self.model[one.id][-1]
            assert one.config_version == history[0].version == len(history)
            assert one.mode is self.modes[one.id]


History.TestCase.settings = settings(max_examples=20, stateful_step_count=15, deadline=None)
test_history = History.TestCase
