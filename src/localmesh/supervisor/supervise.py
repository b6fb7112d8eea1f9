"""The background process of `up`: `python -m localmesh.supervisor FD`; it reports its start as lines on FD.

Settings come from the environment; everything that can be wrong is checked before the first process starts.
"""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Mapping
from importlib import import_module
from pathlib import Path
from socket import socket

from localmesh.errors import BadInput, CommandFailed, LocalMeshError, os_error_text
from localmesh.events import Failed, Listener, Note
from localmesh.page.place import Place, take
from localmesh.pods.addresses import to_loopback
from localmesh.pods.network import MOST_PODS, claimed
from localmesh.pods.spans import Receiver, disabled
from localmesh.project import around
from localmesh.settings import Settings, read
from localmesh.state import StateFolder, state_folder
from localmesh.supervisor.controller import Controller
from localmesh.supervisor.leftovers import clean
from localmesh.supervisor.listening import listen, listen_on
from localmesh.supervisor.metrics import project_rules
from localmesh.supervisor.reporter import reporter
from localmesh.until import stop_task

log = logging.getLogger(__name__)
CONNECTIONS = 2 * MOST_PODS + 16
"""Limit of connections with spans: one per app and per sidecar, and a reserve for new ones."""
PAGE_CONNECTIONS = 64
"""Limit of connections to the page; an open page keeps one, and uses a few more at times."""
KEEP_ALIVE = 30
"""Seconds, longer than the idle timeout of the pods' programs, so that they close a connection first."""
ENDINGS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def supervise(settings: Settings, environ: Mapping[str, str], report: Listener) -> int:
    """Run a mesh until a signal stops it; return the exit code. No process is left afterwards."""
    # Only the user may access files and sockets that the mesh's programs create.
    before = os.umask(0o077)
    try:
        folder = state_folder(settings, environ, Path.cwd())
        folder.prepare()
        with folder.owned() as mine:
            _run_owned(mine, settings, folder, environ, report)
    except BadInput as error:
        report(Failed(2, error.reasons, error.hint))
        return 2
    except CommandFailed as error:
        report(Failed(1, (str(error),), output=error.output))
        return 1
    except LocalMeshError as error:
        report(Failed(1, (str(error),)))
        return 1
    except OSError as error:
        report(Failed(1, (os_error_text(error),)))
        return 1
    finally:
        os.umask(before)
    return 0


def _run_owned(
    mine: bool, settings: Settings, folder: StateFolder, environ: Mapping[str, str], report: Listener
) -> None:
    if not mine:
        raise BadInput(f"another local mesh starts in {folder.path}", hint="`just status` shows it")
    if cleaned := clean(folder):
        report(Note(str(cleaned)))
    try:
        with claimed() as network, listen_on(to_loopback(network.node)) as spans:
            place = to_loopback(network.node), spans.getsockname()[1]
            receiver = None if disabled(environ) else Receiver(*place, settings.trace_ratio)
            asyncio.run(_run(Controller(settings, folder, network, environ, report, receiver), spans))
    finally:
        folder.clear()


async def _run(controller: Controller, spans: socket) -> None:
    loop = asyncio.get_running_loop()
    for ending in ENDINGS:
        loop.add_signal_handler(ending, controller.mesh.shut_down)
    # Before the first pod starts: from now on whoever asks waits for an answer, and is not told that nobody is there.
    place = take(controller.folder.dashboard, controller.settings.dashboard_port)
    with listen(controller.folder.control) as listener, place.listener:
        mesh = controller.mesh
        serving = [
            asyncio.create_task(told("the control socket", _control(controller, listener), mesh.shut_down)),
            asyncio.create_task(told("the receiver of spans", _take_spans(controller, spans))),
            asyncio.create_task(told("the page", _page(controller, place))),
        ]
        try:
            rules = project_rules(around(controller.settings.manifests[0]))
            async with controller.spans.running(), controller.metrics_of_sidecars.running(place.door, rules):
                await controller.mesh.run()
        finally:
            await asyncio.gather(*map(stop_task, serving))
            await controller.observation.watcher.stop()


async def told(what: str, serving: Coroutine[None, None, None], then: Callable[[], None] = lambda: None) -> None:
    """Run a server until it is cancelled; if it ends earlier, log that and call `then`.

    A mesh continues without its page and traces, but stops if its API, through which it is controlled, fails.
    """
    try:
        await serving
    except Exception:  # whatever it is, the mesh must not lose it silently
        log.exception("%s has failed; `just down` and `just up` bring it back", what)
    else:
        log.error("%s has ended; `just down` and `just up` bring it back", what)
    then()


async def _control(controller: Controller, listener: socket) -> None:
    # Loaded beside the starting pods, which need longer.
    api = await asyncio.to_thread(import_module, "localmesh.supervisor.api")
    await api.serve(api.create_app(controller), listener)


async def _take_spans(controller: Controller, listener: socket) -> None:
    api = await asyncio.to_thread(import_module, "localmesh.supervisor.api")
    receiver = await asyncio.to_thread(import_module, "localmesh.traces.receiver")
    app = receiver.create_app(controller.mesh.sender, controller.spans.take)
    await api.serve(app, listener, keep_alive=KEEP_ALIVE, connections=CONNECTIONS)


async def _page(controller: Controller, place: Place) -> None:
    app = await asyncio.to_thread(import_module, "localmesh.page.app")
    api = await asyncio.to_thread(import_module, "localmesh.supervisor.api")
    await api.serve(app.create_app(controller, place.door), place.listener, connections=PAGE_CONNECTIONS)


def main() -> None:
    """Run the program."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s", level=logging.INFO)
    # It would log a line with the URL for every probe.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    sys.exit(supervise(read(os.environ), os.environ, reporter(int(sys.argv[1]))))
