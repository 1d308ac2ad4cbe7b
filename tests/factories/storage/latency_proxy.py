"""A proxy on this machine that adds latency to each request, as a server far away has it."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

_BYTES = 1 << 16


class LatencyProxy:
    """Pass on what clients and a server say, the first bytes of each request late.

    Parameters
    ----------
    address
        The server, such as ``http://127.0.0.1:5000``.
    seconds
        What each request takes longer.

    Attributes
    ----------
    address
        Where the proxy answers.
    requests
        Number of requests so far.
    """

    def __init__(self, address: str, seconds: float) -> None:
        server = urlsplit(address)
        self._host, self._port, self._seconds = server.hostname or "", server.port or 80, seconds
        self.address, self.requests = "", 0
        self._loop = asyncio.new_event_loop()

    def start(self) -> None:
        """Begin to answer, in a thread of its own."""
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.address = "http://{}:{}".format(*server.sockets[0].getsockname())
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    def stop(self) -> None:
        """End; open connections are closed with the process."""
        self._loop.call_soon_threadsafe(self._loop.stop)

    async def _serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        answers, to_server = await asyncio.open_connection(self._host, self._port)
        # Whether the server has spoken last, so that what the client says now is another request.
        turn = {"client": True}
        await asyncio.gather(
            self._pass_requests(client, to_server, turn), self._pass_answers(answers, to_client, turn)
        )

    async def _pass_requests(
        self, client: asyncio.StreamReader, to_server: asyncio.StreamWriter, turn: dict[str, bool]
    ) -> None:
        with suppress(ConnectionError):
            while part := await client.read(_BYTES):
                if turn["client"]:
                    turn["client"] = False
                    self.requests += 1
                    await asyncio.sleep(self._seconds)
                to_server.write(part)
                await to_server.drain()
        to_server.close()

    async def _pass_answers(
        self, answers: asyncio.StreamReader, to_client: asyncio.StreamWriter, turn: dict[str, bool]
    ) -> None:
        with suppress(ConnectionError):
            while part := await answers.read(_BYTES):
                turn["client"] = True
                to_client.write(part)
                await to_client.drain()
        to_client.close()


@contextmanager
def latency_proxy(address: str, seconds: float) -> Iterator[LatencyProxy]:
    """Yield a proxy before a server that makes each request take so much longer."""
    proxy = LatencyProxy(address, seconds)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()
