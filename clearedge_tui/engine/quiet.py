"""The engine's own log goes to a file per process; nothing of it may reach a terminal."""

from pathlib import Path

from nautilus_trader.common import FileWriterConfig, LoggerConfig, LogLevel


def file_logging(folder: Path, name: str, level: LogLevel = LogLevel.WARNING) -> LoggerConfig:
    """Return logging to `folder/name.log` only."""
    folder.mkdir(parents=True, exist_ok=True)
    return LoggerConfig(
        stdout_level=LogLevel.OFF,
        fileout_level=level,
        is_colored=False,
        print_config=False,
        file_config=FileWriterConfig(directory=str(folder), file_name=name),
    )
