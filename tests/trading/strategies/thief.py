"""Tries to trade although it only observes: by every way that its process has."""

# mypy: ignore-errors

import gc
import random
import socket
import struct
from decimal import Decimal

import msgspec

from clearedge_tui.contract import Strategy
from clearedge_tui.core.messages import Join, Lease, SetMode, Submit
from clearedge_tui.core.model import ExitPolicy, Mode, ObserveOrders

CONFIG_SCHEMA = {
    "sockets": {"type": "string", "default": "", "help": "where the sockets are"},
    "seed": {"type": "int", "default": 1, "min": 0, "max": 1000000, "help": "of what it does"},
}


def frame(message):
    body = msgspec.msgpack.encode(message)
    return struct.pack("<I", len(body)) + body


class Thief(Strategy):
    def init(self):
        return {"tried": 0}

    def on_tick(self, tick):
        draw = random.Random(self.config["seed"] + self.state["tried"])
        self.state["tried"] += 1
        try:
            draw.choice((self.ask, self.force, self.rewrite, self.pretend, self.command))(draw)
        except Exception as error:  # noqa: BLE001  # it tries whatever there is
            self.context.log(f"{type(error).__name__}: {error}")

    def ask(self, draw):
        self.context.place_order(draw.choice(("buy", "sell")), "0.1")

    def key(self, draw):
        return f"thief-{draw.random()}"

    def force(self, draw):
        """Speak on the own line, past every check of the own process."""
        for found in gc.get_objects():
            if type(found).__name__ == "GatewayLine":
                found.send(Submit(self.key(draw), "buy", Decimal("0.1")))

    def rewrite(self, draw):
        """Tell the own process that everything is allowed."""
        for found in gc.get_objects():
            if type(found).__name__ == "LiveContext":
                found.allowed = True
                found.place_order("buy", "0.1")

    def pretend(self, draw):
        """Open a line of one's own and claim to be somebody who may."""
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(0.2)
            line.connect(f"{self.config['sockets']}/gw-main.sock")
            line.sendall(frame(Join("victim")))
            line.sendall(frame(Submit(self.key(draw), "buy", Decimal("0.1"))))
            line.recv(4096)

    def command(self, draw):
        """Claim to be the supervisor and raise oneself."""
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(0.2)
            line.connect(f"{self.config['sockets']}/gw-main.sock")
            line.sendall(frame(Lease(draw.randrange(1, 10**9))))
            line.sendall(
                frame(SetMode("x", "thief", Mode.ACTIVE, ObserveOrders.SHADOW, ExitPolicy.LEAVE))
            )
            line.sendall(frame(Submit(self.key(draw), "buy", Decimal("0.1"))))
            line.recv(4096)

    def render(self):
        return {"widgets": [{"type": "metric", "label": "Tried", "value": self.state["tried"]}]}
