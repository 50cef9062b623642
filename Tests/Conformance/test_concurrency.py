"""Many clients at once: what they get, and what they leave behind."""

import asyncio
import random
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

import metrics
import openai
from raw import Connection

PROMPTS = [
    "The history of the bicycle begins",
    "def quicksort(items):",
    "In the year 1969,",
    "Dear Sir or Madam,",
    "The three laws of motion are",
    "SELECT name, count(*) FROM",
    "A recipe for bread needs flour,",
    "Roses are red,",
    "The largest planet of the solar system is",
    "1, 1, 2, 3, 5, 8,",
    "Le chat est",
    "If x + 3 = 10, then x",
    "Once upon a time",
    "The mitochondria",
    "import numpy as np\n",
    "Monday Tuesday Wednesday",
]


def test_sixteen_streams_get_the_text_that_each_gets_alone(url, model):
    async def stream(client, prompt):
        text = ""
        events = await client.completions.create(
            model=model, prompt=prompt, max_tokens=48, temperature=0, stream=True, extra_body={"ignore_eos": True}
        )
        async for event in events:
            text += event.choices[0].text
        return text

    async def run():
        async with openai.AsyncOpenAI(base_url=url + "/v1", api_key="unused", max_retries=0, timeout=120) as client:
            alone = [await stream(client, prompt) for prompt in PROMPTS]
            together = await asyncio.gather(*(stream(client, prompt) for prompt in PROMPTS))
            return alone, together

    alone, together = asyncio.run(run())
    assert together == alone
    assert metrics.wait_until_idle(url) == dict.fromkeys(metrics.IDLE, 0)


def vanish(url, model, number):
    """Asks for a long stream or a long answer, and goes without a word: at once, or after some of it came."""
    choice = random.Random(number)
    body = {
        "model": model, "prompt": PROMPTS[number % len(PROMPTS)] * choice.randint(1, 40), "max_tokens": 1_000,
        "ignore_eos": True, "stream": number % 5 != 0,
    }  # fmt: skip
    connection = Connection(url)
    connection.request("POST", "/v1/completions", body)
    if body["stream"] and number % 2:
        connection.read_head()
        for _ in range(choice.randint(0, 2)):
            connection.socket.recv(4096)
    if number % 3:
        connection.reset()
    else:
        connection.close()


def test_clients_that_vanish_leave_nothing_behind(url, model, client):
    asked = dict(model=model, prompt=PROMPTS[0], max_tokens=16, temperature=0)
    before = client.completions.create(**asked).choices[0].text
    with ThreadPoolExecutor(max_workers=50) as pool:
        list(pool.map(lambda number: vanish(url, model, number), range(200)))
    assert metrics.wait_until_idle(url) == dict.fromkeys(metrics.IDLE, 0)
    assert client.completions.create(**asked).choices[0].text == before


def test_resets_that_come_with_the_request_are_noticed(url, model):
    body = {"model": model, "prompt": "a", "max_tokens": 1_000, "ignore_eos": True}
    for _ in range(20):
        connection = Connection(url)
        connection.request("POST", "/v1/completions", body)
        connection.reset()
    assert metrics.wait_until_idle(url, seconds=5) == dict.fromkeys(metrics.IDLE, 0)


def test_a_reader_that_stops_reading_holds_nobody_up(url, model, client):
    stalled = [Connection(url) for _ in range(8)]
    for connection in stalled:
        body = {"model": model, "prompt": "a", "max_tokens": 500, "ignore_eos": True, "stream": True}
        connection.request("POST", "/v1/completions", body)
    reply = client.completions.create(model=model, prompt=PROMPTS[0], max_tokens=16, temperature=0)
    assert reply.choices[0].text
    for connection in stalled:
        connection.reset()
    assert metrics.wait_until_idle(url) == dict.fromkeys(metrics.IDLE, 0)


def test_long_texts_to_tokenise_hold_nobody_up(url, model, client):
    text = " " * (2 << 20)
    clients = 8

    def tokenize(_):
        with Connection(url, seconds=120) as connection:
            connection.request("POST", "/tokenize", {"model": model, "content": text})
            return connection.read_response().status

    with ThreadPoolExecutor(clients) as pool:
        replies = [pool.submit(tokenize, number) for number in range(clients)]
        wait(replies, return_when=FIRST_COMPLETED)
        # Each of the others takes many times what this takes.
        client.completions.create(model=model, prompt="a", max_tokens=1)
        assert sum(reply.done() for reply in replies) < clients // 2
        assert {reply.result() for reply in replies} == {200}
