"""Many HTTP/1.1 exchanges at once in one thread, with the time at which each piece of a reply arrived.

Replies are taken apart after their end only: a client that parses while it measures takes the processor away from the
server beside it.
"""
import asyncio
import bisect
import dataclasses
import json
import random
import socket
import struct
import time
import urllib.parse

WORDS = (
    "river stone winter garden paper window bridge market summer letter engine forest island mirror number pocket "
    "random school silver travel valley wonder yellow answer basket candle danger effort family ground handle insect "
    "jacket kitchen ladder minute nature office people question rabbit second table under village water apple between "
    "coffee double early finger glass heavy inside judge knife large metal night ocean piece quiet round small thing"
).split()


def words(count, seed):
    """About `count` tokens of text that says nothing; another seed, another text from its first word on."""
    choice = random.Random(seed)
    return " ".join(choice.choice(WORDS) for _ in range(count))


def chat(user, tokens, *, system=None, stream=True, **fields):
    """The body of a chat whose reply has exactly so many tokens."""
    messages = [{"role": "system", "content": system}] if system else []
    body = {
        "messages": [*messages, {"role": "user", "content": user}], "temperature": 0,
        "max_tokens": tokens, "min_tokens": tokens, "ignore_eos": True, "stream": stream, **fields,
    }
    if stream:
        body["stream_options"] = {"include_usage": True}
    return body


@dataclasses.dataclass
class Reply:
    """What came back; `status` is None if nothing did."""

    began: float
    ended: float
    status: int | None = None
    fields: dict = dataclasses.field(default_factory=dict)
    body: bytes = b""
    # When each event of a stream arrived, and its data.
    events: list = dataclasses.field(default_factory=list)
    is_complete: bool = False

    @property
    def is_good(self):
        return self.status == 200 and self.is_complete

    @property
    def seconds(self):
        return self.ended - self.began

    @property
    def usage(self):
        found = [event["usage"] for _, event in self.events if event.get("usage")]
        if not self.events and self.status == 200:
            found = [json.loads(self.body)["usage"]]
        return found[-1] if found else {}

    @property
    def tokens(self):
        return self.usage.get("prompt_tokens", 0) + self.usage.get("completion_tokens", 0)

    @property
    def cached_tokens(self):
        return (self.usage.get("prompt_tokens_details") or {}).get("cached_tokens")

    @property
    def text(self):
        if not self.events:
            return json.loads(self.body)["choices"][0]["message"]["content"]
        return "".join(text for _, text in self.texts)

    @property
    def texts(self):
        """When each piece of text arrived."""
        for when, event in self.events:
            for choice in event.get("choices", []):
                if text := (choice.get("delta") or {}).get("content") or choice.get("text"):
                    yield when, text

    @property
    def first_text_seconds(self):
        return next((when - self.began for when, _ in self.texts), None)

    def gaps(self, since=0.0, until=float("inf")):
        """Seconds between one piece of text and the next, of those that arrived in a span of time."""
        times = [when for when, _ in self.texts]
        return [after - before for before, after in zip(times, times[1:]) if since <= after and before <= until]


class Exchange(asyncio.Protocol):
    """One request on a connection of its own."""

    def __init__(self, request):
        self._request = request
        self._pieces = []
        self._event_count = 0
        self._awaited = (0, None)
        self._began = time.perf_counter()
        self._closed = asyncio.get_running_loop().create_future()
        self.transport = None

    def connection_made(self, transport):
        self.transport = transport
        transport.write(self._request)

    def data_received(self, data):
        self._pieces.append((time.perf_counter(), data))
        self._event_count += data.count(b"data: ")
        count, future = self._awaited
        if future and self._event_count >= count and not future.done():
            future.set_result(True)

    def connection_lost(self, error):
        if not self._closed.done():
            self._closed.set_result(None)
        if self._awaited[1] and not self._awaited[1].done():
            self._awaited[1].set_result(False)

    async def wait_for_events(self, count):
        """Returns whether so many came before the connection ended."""
        if self._event_count < count and not self._closed.done():
            self._awaited = (count, asyncio.get_running_loop().create_future())
            await self._awaited[1]
        return self._event_count >= count

    def go_away(self, reset):
        """Ends the connection without a word, by FIN or by RST."""
        if reset:
            self.transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    async def reply(self):
        await self._closed
        return parse(self._began, self._pieces)


class Target:
    """A model of a server, to ask."""

    def __init__(self, url, model):
        parts = urllib.parse.urlsplit(url)
        self.url, self.host, self.port, self.model = url, parts.hostname, parts.port, model

    def request(self, path, body, key=None):
        """The bytes of a request; the server closes the connection after it."""
        data = json.dumps({"model": self.model, **body}).encode()
        head = [
            f"POST {path} HTTP/1.1", f"Host: {self.host}:{self.port}", "Content-Type: application/json",
            f"Content-Length: {len(data)}", "Connection: close",
        ]
        if key:
            head.append(f"Authorization: Bearer {key}")
        return "\r\n".join(head).encode() + b"\r\n\r\n" + data

    async def connect(self, request):
        loop = asyncio.get_running_loop()
        _, exchange = await loop.create_connection(lambda: Exchange(request), self.host, self.port)
        return exchange

    async def begin(self, body, key=None, path="/v1/chat/completions"):
        return await self.connect(self.request(path, body, key))

    async def ask(self, body, key=None, path="/v1/chat/completions"):
        try:
            exchange = await self.begin(body, key, path)
        except OSError:
            return Reply(time.perf_counter(), time.perf_counter())
        return await exchange.reply()

    async def ask_all(self, bodies, concurrency=None, key=None):
        """All replies, in order, from so many clients of which each asks again as soon as it has its answer."""
        replies = [None] * len(bodies)
        numbers = iter(range(len(bodies)))

        async def client():
            for number in numbers:
                replies[number] = await self.ask(bodies[number], key)

        await asyncio.gather(*(client() for _ in range(concurrency or len(bodies))))
        return replies


def parse(began, pieces):
    """Takes a reply's bytes apart; `pieces` are pairs of arrival time and bytes."""
    reply = Reply(began, pieces[-1][0] if pieces else time.perf_counter())
    head, mark, raw = b"".join(data for _, data in pieces).partition(b"\r\n\r\n")
    if not mark:
        return reply
    lines = head.decode("latin-1").split("\r\n")
    reply.status = int(lines[0].split(" ")[1])
    reply.fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    ends, times = [], []
    total = -len(head) - len(mark)
    for when, data in pieces:
        total += len(data)
        ends.append(total)
        times.append(when)

    def arrival(position):
        return times[bisect.bisect_left(ends, position)]

    spans = []  # where each part of the body ends in `raw`, and where in the body
    if reply.fields.get("transfer-encoding") == "chunked":
        body, position = bytearray(), 0
        while (line := raw.find(b"\r\n", position)) >= 0 and (size := int(raw[position:line].split(b";")[0], 16)):
            body += raw[line + 2:line + 2 + size]
            position = line + 2 + size + 2
            spans.append((len(body), position))
        reply.body, reply.is_complete = bytes(body), line >= 0
    else:
        reply.body = raw
        reply.is_complete = len(raw) >= int(reply.fields.get("content-length", 0))
        spans.append((len(raw), len(raw)))
    if reply.fields.get("content-type", "").startswith("text/event-stream"):
        reply.is_complete = False
        position, span = 0, 0
        while (end := reply.body.find(b"\n\n", position)) >= 0:
            line, position = reply.body[position:end], end + 2
            while spans[span][0] < position:
                span += 1
            if line == b"data: [DONE]":
                reply.is_complete = True
            elif line.startswith(b"data: "):
                reply.events.append((arrival(min(spans[span][1], total)), json.loads(line[6:])))
    return reply
