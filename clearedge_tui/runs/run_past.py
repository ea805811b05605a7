"""How a run came about, from its folder: journal, files, hashes of what went in, labels."""

import os
from pathlib import Path

import msgspec

from clearedge_tui.core.errors import BadData
from clearedge_tui.core.text import clean_text
from clearedge_tui.runs import journal, labels, manifest
from clearedge_tui.runs.report_rows import FileRow, Happened, RunPast


def past(folder: Path) -> RunPast:
    """Return what the folder tells. A journal that was changed is a `problem`, the rest is told."""
    problem = ""
    told: tuple[Happened, ...] = ()
    try:
        told = tuple(map(_happened, journal.read(folder)))
    except BadData as error:
        problem = str(error)
    try:
        written = labels.load(folder)
    except BadData as error:
        written, problem = labels.Labels(), problem or str(error)
    with os.scandir(folder) as found:
        files = sorted((one.name, one.stat(follow_symlinks=False).st_size) for one in found)
    return RunPast(
        happened=told,
        files=tuple(FileRow(clean_text(name, 80), size) for name, size in files),
        hashes=_hashes(folder),
        tags=written.tags,
        note=written.note,
        problem=problem,
    )


def _happened(entry: journal.Entry) -> Happened:
    said = "  ".join(f"{name} {_plain(value)}" for name, value in entry.payload.items())
    return Happened(entry.ts_ns, clean_text(entry.event, 60), entry.status, clean_text(said))


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return " ".join(f"{name}={_plain(one)}" for name, one in value.items())
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _hashes(folder: Path) -> tuple[tuple[str, str], ...]:
    """Return what the manifest says of what went in; nothing for a run that has none."""
    try:
        found = msgspec.json.decode(
            (folder / manifest.MANIFEST).read_bytes(), type=manifest.Manifest
        )
    except (OSError, msgspec.DecodeError):
        return ()
    named = {**_texts(msgspec.to_builtins(found)), **_texts(msgspec.to_builtins(found.inputs))}
    return tuple((clean_text(name, 40), clean_text(value, 80)) for name, value in named.items())


def _texts(values: dict[str, object]) -> dict[str, str]:
    return {name: value for name, value in values.items() if isinstance(value, str) and value}
