"""Starts the service for a home."""

import socket
import sys
from functools import partial
from pathlib import Path
from typing import Final

import uvicorn

from riskpay.errors import UsageError
from riskpay.serving.app import create_app
from riskpay.serving.deps import Scorer
from riskpay.settings import load
from riskpay.store.database import Store

HOST: Final = "127.0.0.1"
PORT: Final = 8000


def serve(home: Path, host: str = HOST, port: int = PORT) -> None:
    """Answer on ``host`` and ``port`` (0: any free one) until stopped.

    Says the address on stderr, and the first key once: it is stored as a hash only. Raises UsageError
    if the address cannot be listened on.
    """
    settings = load(home)
    with Store(settings.database) as store, _listener(host, port) as listener:
        app = create_app(store, partial(_scorer, home))
        key = store.keys.ensure_first_key()
        if key:
            _say(f"key for the API and the pages, shown this once: {key}")
        _say(f"riskpay: http://{host}:{listener.getsockname()[1]}/")
        config = uvicorn.Config(app, log_level=settings.log_level, server_header=False)
        uvicorn.Server(config).run(sockets=[listener])


def _scorer(home: Path) -> Scorer:
    from riskpay.workflows.scoring import open_scorer  # noqa: PLC0415 - pages never pay for the model's libraries

    return open_scorer(home)


def _listener(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port))
    except OSError as failed:
        raise UsageError(
            f"{host}:{port} cannot be listened on: {failed.strerror or failed}",
            "stop what listens there, or give another one with --port",
        ) from failed


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
