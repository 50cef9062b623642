"""Reads the Prometheus text of /metrics."""

import re
import time

import httpx

_SAMPLE = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{.*\})? (\S+)$')


def samples(url):
    """All samples, summed over their labels."""
    response = httpx.get(url + "/metrics", timeout=60)
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    found = {}
    for line in response.text.splitlines():
        if line and not line.startswith("#"):
            match = _SAMPLE.match(line)
            assert match, f"not a sample: {line!r}"
            found[match[1]] = found.get(match[1], 0.0) + float(match[3])
    return found


IDLE = ("needletail_requests_running", "needletail_requests_waiting", "needletail_kv_cache_usage_ratio")


def wait_until_idle(url, seconds=120):
    """Waits until nothing runs, nothing waits and no KV block is in use; returns what was seen last."""
    deadline = time.monotonic() + seconds
    while True:
        state = {name: samples(url)[name] for name in IDLE}
        if not any(state.values()) or time.monotonic() > deadline:
            return state
        time.sleep(0.05)
