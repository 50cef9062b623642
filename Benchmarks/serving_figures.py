"""Figures beside their bounds, and how they are made of replies."""
import dataclasses

from load_client import chat, words

CHAT_WORDS, CHAT_TOKENS = 110, 64  # with the template about 140 tokens of prompt


@dataclasses.dataclass
class Row:
    what: str
    value: float
    unit: str = ""
    bound: str = ""
    # None where nothing is asked for.
    is_met: bool | None = None

    @staticmethod
    def at_most(what, value, bound, unit=""):
        return Row(what, value, unit, f"<= {bound:g}", value <= bound)

    @staticmethod
    def at_least(what, value, bound, unit=""):
        return Row(what, value, unit, f">= {bound:g}", value >= bound)

    @staticmethod
    def equal(what, value, bound, unit=""):
        return Row(what, value, unit, f"= {bound:g}", value == bound)


def percentile(values, share):
    """0 of nothing: then another row says that something failed."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else 0.0


def rate(replies):
    """Tokens per second of prompts and completions together, from the first request to the last answer."""
    good = [reply for reply in replies if reply.is_good]
    if not good:
        return 0.0
    return sum(r.tokens for r in good) / (max(r.ended for r in good) - min(r.began for r in good))


def chats(count, seed, tokens=CHAT_TOKENS, **fields):
    return [chat(words(CHAT_WORDS, f"{seed}-{number}"), tokens, **fields) for number in range(count)]


def summary(replies):
    """The figures of a closed loop: see `closed_loop`."""
    good = [reply for reply in replies if reply.is_good]
    gaps = [gap for reply in good for gap in reply.gaps()]
    return {
        "total": rate(replies),
        "out": rate(replies) * sum(r.usage["completion_tokens"] for r in good) / max(1, sum(r.tokens for r in good)),
        "ttft": percentile([r.first_text_seconds for r in good], 0.5) * 1e3,
        "gap_p50": percentile(gaps, 0.5) * 1e3, "gap_p99": percentile(gaps, 0.99) * 1e3,
        "gap_max": max(gaps, default=0) * 1e3, "failures": len(replies) - len(good),
    }


def is_idle(metrics):
    return not any(metrics[f"needletail_{name}"] for name in (
        "requests_running", "requests_waiting", "kv_cache_usage_ratio"))
