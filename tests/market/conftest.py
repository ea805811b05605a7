"""A real S3 server on loopback, and homes whose catalog lies there."""

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from clearedge_tui.settings import MARKER, Home
from tests.backtest.box import make_home


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """A moto server in a process of its own (inside ours it would wait for itself)."""
    pytest.importorskip("moto", reason="no S3 server to test against: moto is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        end = time.monotonic() + 20
        while True:
            try:
                urllib.request.urlopen(url, timeout=1).close()
                break
            except OSError:
                assert time.monotonic() < end, "the S3 server did not come up"
                time.sleep(0.05)
        yield url
    finally:
        server.kill()
        server.wait()


@pytest.fixture
def s3_home(s3_endpoint: str, tmp_path: Path) -> Callable[[str], Home]:
    """Return a home whose catalog lies in a new bucket."""

    def make(bucket: str) -> Home:
        asked = urllib.request.Request(f"{s3_endpoint}/{bucket}", method="PUT")
        urllib.request.urlopen(asked, timeout=5).close()
        home = make_home(tmp_path / bucket)
        (home.root / MARKER).write_text(
            f'catalog = "s3://{bucket}/lake/one"\n[s3]\nendpoint = "{s3_endpoint}"\nregion = "us-east-1"\n'
        )
        secrets = home.config / "secrets.toml"
        secrets.touch(0o600)
        secrets.write_text('s3_access_key = "tester"\ns3_secret_key = "hidden-word"\n')
        return home

    return make
