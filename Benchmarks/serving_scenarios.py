"""What `serving.py` measures: each scenario is a coroutine that takes the arguments and yields rows."""
import asyncio
import multiprocessing
import random
import re
import shutil
import socket
import statistics
import subprocess
import time
import urllib.parse

from load_client import chat, words
from serving_figures import Row, chats, is_idle, percentile, rate, summary
from serving_targets import Needletail

# What a request that is sent away must be told.
REPLY_FIELDS = ("retry-after", "retry-after-ms")

async def closed_loop(target, args, seed, **fields):
    """32 clients, all at once and each with some chats in a row, after four that warm the server up."""
    await target.ask_all(chats(4, f"warm-{seed}", **fields))
    return summary(await target.ask_all(chats(args.chats * args.clients, seed, **fields), args.clients))


async def concurrent_chats(args):
    """32 concurrent chats of about 140 prompt and 64 completion tokens."""
    with Needletail(args) as server:
        runs = [await closed_loop(server, args, f"chats-{number}") for number in range(args.rounds)]
    median = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    return [
        Row("total", median["total"], "tokens/s"),
        Row("completions", median["out"], "tokens/s"),
        Row.at_most("median time to first token", median["ttft"], 2000, "ms"),
        Row("median gap", median["gap_p50"], "ms"),
        Row("p99 gap", median["gap_p99"], "ms"),
        Row.at_most("p99 gap to median gap", median["gap_p99"] / max(1e-9, median["gap_p50"]), 3),
        Row("longest gap", median["gap_max"], "ms"),
        Row.equal("failures", sum(run["failures"] for run in runs), 0),
    ]


async def long_prompt(args):
    """A prompt of 6,000 tokens that arrives among 8 streaming chats."""
    gaps, alone, first, long_alone = [], [], [], []
    with Needletail(args) as server:
        long_alone.append((await server.ask(chat(words(5900, "alone"), 1))).first_text_seconds)
        for number in range(args.rounds):
            streams = [await server.begin(body) for body in chats(8, f"long-{number}", 4000)]
            for stream in streams:
                await stream.wait_for_events(80)
            before = time.perf_counter()
            reply = await server.ask(chat(words(5900, f"long-{number}"), 1))
            for stream in streams:
                stream.go_away(reset=False)
            for stream in streams:
                partial = await stream.reply()
                alone += partial.gaps(until=before)
                gaps += partial.gaps(before, reply.began + (reply.first_text_seconds or 0))
            first.append(reply.first_text_seconds or float("inf"))
            await asyncio.to_thread(server.wait_until, is_idle)
        prompt_tokens = reply.usage.get("prompt_tokens", 0)
    return [
        Row("tokens of the long prompt", prompt_tokens),
        Row("median gap of the chats before it", percentile(alone, 0.5) * 1e3, "ms"),
        Row("median gap meanwhile", percentile(gaps, 0.5) * 1e3, "ms"),
        Row.at_most("p99 gap meanwhile", percentile(gaps, 0.99) * 1e3, 400, "ms"),
        Row("longest gap meanwhile", max(gaps, default=0) * 1e3, "ms"),
        Row("its own time to first token", statistics.median(first), "s"),
        Row("the same, alone", statistics.median(long_alone), "s"),
    ]


async def shared_prefix(args):
    """Two chats with the same 2,000 tokens of system prompt; a third one by somebody else, one with a salt."""
    ratios, strangers, wrong, seen, firsts = [], [], 0, 0, []
    with Needletail(args) as server:
        await server.ask_all(chats(4, "warm"))
        # What is cached is found in whole blocks.
        block = int(re.search(rb'block_size="(\d+)"', server.get("/metrics")[1])[1])
        for number in range(max(5, args.rounds)):
            system = words(2000, f"system-{number}")

            async def first_token(question, key="one", **fields):
                return await server.ask(chat(question, 4, system=system, **fields), key)

            first = await first_token("What is the first word?")
            second = await first_token("And which is the last one of all?")
            stranger = await first_token("And which is the last one of all?", key="two")
            salted = await first_token("And which is the last one of all?", cache_salt="pepper")
            firsts.append(first.first_text_seconds * 1e3)
            ratios.append(second.first_text_seconds / first.first_text_seconds)
            strangers.append(stranger.first_text_seconds / first.first_text_seconds)
            # The template puts less than a block around the 2,000; the questions differ from their first word on.
            seen = second.cached_tokens
            is_right = seen in (2000 // block * block, 2000 // block * block + block)
            wrong += not is_right or first.cached_tokens != 0
            wrong += stranger.cached_tokens != 0 or salted.cached_tokens != 0
    return [
        Row("time to first token, cold", statistics.median(firsts), "ms"),
        Row.at_most("the second one's, of the first one's", 100 * statistics.median(ratios), 15, "%"),
        Row("cached tokens of the second", seen),
        Row.at_least("another key's, of the first one's", 100 * statistics.median(strangers), 75, "%"),
        Row.equal("wrong numbers of cached tokens", wrong, 0),
    ]


class Disconnects:
    """Clients that go at random moments of all phases."""

    PHASES = ("connect", "body", "queued", "prefill", "decode", "whole")

    def __init__(self, server, seed):
        self.server, self.choice = server, random.Random(seed)
        self.counts = dict.fromkeys(self.PHASES, 0)

    async def one(self, number):
        phase = self.PHASES[number % len(self.PHASES)]
        self.counts[phase] += 1
        choice, reset = self.choice, self.choice.random() < 0.5
        body = chats(1, f"gone-{number}", 400, stream=phase != "whole")[0]
        if phase == "prefill":
            body = chat(words(3000, f"gone-{number}"), 400)
        request = self.server.request("/v1/chat/completions", body)
        if phase == "connect":
            request = b""
        elif phase == "body":
            request = request[:choice.randrange(len(request))]
        exchange = await self.server.connect(request)
        if phase == "decode":
            await exchange.wait_for_events(choice.randint(1, 40))
        else:
            longest = {"connect": 0.02, "body": 0.02, "queued": 0.01, "prefill": 0.3, "whole": 0.5}[phase]
            await asyncio.sleep(choice.random() * longest)
        exchange.go_away(reset)


async def disconnects(args):
    """500 random disconnects over all phases, among 8 streams that go on."""
    # Few places, so that many wait.
    with Needletail(args, "--max-sequences", 24) as server:
        bodies = chats(8, "survivor", 200)
        undisturbed = [reply.text for reply in await server.ask_all(bodies)]
        gone = Disconnects(server, 1)
        survivors = []

        async def survive():
            while len(survivors) < 24 or not is_over.is_set():
                survivors.extend(await server.ask_all(bodies))

        is_over = asyncio.Event()
        surviving = asyncio.create_task(survive())
        numbers = iter(range(500))

        async def client():
            for number in numbers:
                await gone.one(number)

        await asyncio.gather(*(client() for _ in range(48)))
        is_over.set()
        await surviving
        last = time.perf_counter()
        metrics, has_settled = await asyncio.to_thread(server.wait_until, is_idle)
        settled = time.perf_counter() - last
        again = [reply.text for reply in await server.ask_all(bodies)]
    damaged = sum(reply.text != undisturbed[number % 8] for number, reply in enumerate(survivors))
    return [
        Row("disconnects", sum(gone.counts.values())),
        Row.equal("running afterwards", metrics["needletail_requests_running"], 0),
        Row.equal("waiting afterwards", metrics["needletail_requests_waiting"], 0),
        Row.equal("share of KV blocks held afterwards", metrics["needletail_kv_cache_usage_ratio"], 0),
        Row("KV blocks cached afterwards", metrics["needletail_kv_cache_cached_blocks"]),
        Row("surviving streams", len(survivors)),
        Row.equal("surviving streams with another text", damaged, 0),
        Row.equal("other texts afterwards", sum(a != b for a, b in zip(again, undisturbed)), 0),
        Row("idle after the last answer", settled, "s", "", has_settled),
    ]


async def overload(args):
    """300 requests at once at a server where 16 may wait."""
    ratios, admitted, refused, faults, resident = [], [], 0, 0, []
    with Needletail(args, "--max-queue", 16) as server:
        await server.ask_all(chats(80, "warm"))
        for number in range(args.rounds):
            # As many as there are places for: none is refused.
            unshed = await server.ask_all(chats(80, f"unshed-{number}"))
            replies = await asyncio.wait_for(server.ask_all(chats(300, f"shed-{number}")), 60)
            resident.append(server.resident_megabytes)
            good = [reply for reply in replies if reply.is_good]
            admitted.append(len(good))
            turned_away = [reply for reply in replies if reply.status in (429, 503)]
            refused += len(turned_away)
            faults += len(replies) - len(good) - len(turned_away)
            faults += sum(not all(reply.fields.get(name) for name in REPLY_FIELDS) for reply in turned_away)
            faults += sum(not reply.is_good for reply in unshed)
            ratios.append(rate(good) / rate(unshed))
        metrics, _ = await asyncio.to_thread(server.wait_until, is_idle)
    return [
        Row("answered with 200, of 300", statistics.median(admitted)),
        Row("answered with 429 or 503", refused / args.rounds),
        Row.equal("other answers, or without Retry-After", faults, 0),
        Row.at_least("throughput, of the unshed", 100 * statistics.median(ratios), 90, "%"),
        Row("resident after the first burst", resident[0], "MB"),
        Row.at_most("growth until the last burst", resident[-1] - resident[0], 8, "MB"),
        Row.equal("not idle afterwards", int(not is_idle(metrics)), 0),
    ]


class SlowReader:
    """Takes one byte a second of a long stream; the kernel holds little for it."""

    def __init__(self, server, number):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        self.socket.connect((server.host, server.port))
        self.socket.sendall(server.request("/v1/chat/completions", chats(1, f"slow-{number}", 4000)[0]))
        self.socket.setblocking(False)
        self.task = asyncio.create_task(self.read())

    async def read(self):
        while await asyncio.get_running_loop().sock_recv(self.socket, 1):
            await asyncio.sleep(1)

    def close(self):
        self.task.cancel()
        self.socket.close()


async def slow_readers(args):
    """20 readers of one byte a second beside 8 normal clients."""
    with Needletail(args) as server:
        async def normal(seed):
            return await server.ask_all(chats(48, seed), 8)

        await normal("warm")
        before, during, failures, at_once = [], [], 0, []
        for number in range(args.rounds):
            before.append(rate(await normal(f"before-{number}")))
            readers = [SlowReader(server, f"{number}-{index}") for index in range(20)]
            await asyncio.sleep(0.3)
            # At first they are clients like others, until what may be kept for them is full.
            at_once.append(rate(await normal(f"at-once-{number}")))
            steps = -1.0
            while steps != (steps := server.metrics()["needletail_engine_steps_total"]):
                await asyncio.sleep(0.25)
            held = server.metrics()
            replies = await normal(f"during-{number}")
            failures += sum(not reply.is_good for reply in replies)
            during.append(rate(replies))
            for reader in readers:
                reader.close()
            await asyncio.to_thread(server.wait_until, is_idle)
    return [
        Row("undisturbed", statistics.median(before), "tokens/s"),
        Row("as soon as the slow ones come", statistics.median(at_once), "tokens/s"),
        Row("slow streams that run meanwhile", held["needletail_requests_running"]),
        Row("beside slow readers that are behind", statistics.median(during), "tokens/s"),
        Row.at_least("of undisturbed", 100 * statistics.median(d / b for d, b in zip(during, before)), 90, "%"),
        Row.equal("failures of normal clients", failures, 0),
    ]


def scrape(url, seconds, hertz, results):
    """In a process of its own, which no load generator delays: seconds of each scrape, and the last text."""
    import http.client
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    connection.connect()
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    times, text, start = [], b"", time.perf_counter()
    for number in range(int(seconds * hertz)):
        time.sleep(max(0, start + number / hertz - time.perf_counter()))
        begin = time.perf_counter()
        connection.request("GET", "/metrics")
        response = connection.getresponse()
        text = response.read()
        times.append(time.perf_counter() - begin)
        if response.status != 200:
            raise SystemExit(f"/metrics answers {response.status}")
    results.put((times, text))


async def metrics(args):
    """/metrics scraped at 20 Hz for 30 s under full load."""
    results = multiprocessing.Queue()
    with Needletail(args) as server:
        await server.ask_all(chats(4, "warm"))
        scraper = multiprocessing.Process(target=scrape, args=(server.url, args.seconds, 20, results))
        scraper.start()
        load, number = [], 0
        while scraper.is_alive():
            load += await server.ask_all(chats(64, f"load-{number}"), args.clients)
            number += 1
            if not results.empty():
                break
        times, text = await asyncio.to_thread(results.get)
        await asyncio.to_thread(scraper.join)
    return [
        Row("scrapes", len(times)),
        Row("load meanwhile", rate(load), "tokens/s"),
        Row("median scrape", 1e3 * statistics.median(times), "ms"),
        Row("p99 scrape", 1e3 * percentile(times, 0.99), "ms"),
        Row.at_most("slowest scrape", 1e3 * max(times), 50, "ms"),
        check_metrics(text),
    ]


def check_metrics(text):
    """What promtool says of the text, but for the colons in the names that vLLM chose for its metrics."""
    what = "complaints of promtool"
    if not shutil.which("promtool"):
        return Row(f"{what} (not installed)", float("nan"), is_met=False)
    result = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True)
    lines = (result.stdout + result.stderr).decode().splitlines()
    lines = [line for line in lines if not re.fullmatch(r"vllm:\w+ metric names should not contain ':'", line)]
    print("\n".join(lines))
    return Row.equal(what, len(lines), 0)


async def fairness(args):
    """One key with 64 requests that wait behind 64 that run, and the single request of another key."""
    alone, beside, waiting = [], [], []
    with Needletail(args) as server:
        await server.ask_all(chats(64, "warm"))
        for number in range(2 * args.rounds):
            alone.append((await server.ask(chats(1, f"alone-{number}")[0], "single")).seconds)
            crowd = [await server.begin(body, "crowd") for body in chats(128, f"crowd-{number}")]
            await asyncio.sleep(0.7)
            waiting.append(server.metrics()["needletail_requests_waiting"])
            reply = await server.ask(chats(1, f"single-{number}")[0], "single")
            beside.append(reply.seconds if reply.is_good else float("inf"))
            for exchange in crowd:
                exchange.go_away(reset=False)
            await asyncio.to_thread(server.wait_until, is_idle)
        undisturbed = rate(await server.ask_all(chats(128, "undisturbed"), key="crowd"))
        crowd = asyncio.create_task(server.ask_all(chats(128, "disturbed"), key="crowd"))
        while not crowd.done():
            await server.ask(chats(1, f"among-{time.perf_counter()}")[0], "single")
        disturbed = rate(await crowd)
    return [
        Row("requests of the crowd that wait", statistics.median(waiting)),
        Row("single request, alone", 1e3 * statistics.median(alone), "ms"),
        Row("single request, beside the crowd", 1e3 * statistics.median(beside), "ms"),
        Row.at_most("delay in times of its own", statistics.median((b - a) / a for a, b in zip(alone, beside)), 2),
        Row("the crowd, undisturbed", undisturbed, "tokens/s"),
        Row("the crowd, beside single requests in a row", disturbed, "tokens/s"),
    ]


SCENARIOS = {
    "chats": concurrent_chats,
    "long-prompt": long_prompt,
    "shared-prefix": shared_prefix,
    "disconnects": disconnects,
    "overload": overload,
    "slow-readers": slow_readers,
    "metrics": metrics,
    "fairness": fairness,
}
