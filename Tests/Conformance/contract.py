"""What every reply must keep to: openapi.yaml of this project, and OpenAI's own schemas."""

import functools
import json
import pathlib
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

import yaml
from jsonschema import Draft202012Validator
from process import ROOT
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

OURS = yaml.safe_load((ROOT / "openapi.yaml").read_text())
OPENAI = json.loads((pathlib.Path(__file__).parent / "schemas/openai.json").read_text())
# OpenAI's document knows arrays only; its service sends base64 as well, and its own clients ask for that by default.
_embedding = OPENAI["$defs"]["Embedding"]["properties"]
_embedding["embedding"] = {"anyOf": [_embedding["embedding"], {"type": "string", "pattern": "^[A-Za-z0-9+/]+=*$"}]}
REGISTRY = Registry().with_resources(
    (name, Resource(contents=content, specification=DRAFT202012))
    for name, content in (("ours", OURS), ("openai", OPENAI))
)
# The schemas of OpenAI for whole replies and for the events of streams.
WHOLE = {
    "/v1/chat/completions": "CreateChatCompletionResponse", "/v1/completions": "CreateCompletionResponse",
    "/v1/embeddings": "CreateEmbeddingResponse", "/v1/models": "ListModelsResponse", "/v1/models/{id}": "Model",
}  # fmt: skip
EVENT = {
    "/v1/chat/completions": ("CreateChatCompletionStreamResponse", "ChatCompletionChunk"),
    "/v1/completions": ("CreateCompletionStreamResponse", "CompletionChunk"),
}


@dataclass
class Exchange:
    """A request and the reply to it, as they were on the wire."""

    method: str
    target: str
    status: int
    headers: dict
    body: bytes
    complete: bool

    def __str__(self):
        return f"{self.method} {self.target} -> {self.status}"


@functools.cache
def validator(reference):
    return Draft202012Validator({"$ref": reference}, registry=REGISTRY)


def check(value, reference):
    for error in validator(reference).iter_errors(value):
        yield f"{reference}: {error.json_path}: {error.message[:300]}"


@functools.cache
def path_pattern(template):
    return re.compile(re.sub(r"\{\w+\}", ".+", template))


def operation(method, target):
    """The template of a documented path, and the operation there if the method is documented too."""
    path = urlsplit(target).path
    for template, item in OURS["paths"].items():
        if path_pattern(template).fullmatch(path):
            return template, item.get("get" if method == "HEAD" else method.lower())
    return None, None


def resolve(response):
    return OURS["components"]["responses"][response["$ref"].rsplit("/", 1)[1]] if "$ref" in response else response


def reference_of(template, method, status, media):
    """Where openapi.yaml holds the schema of this reply."""
    path = template.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")
    response = OURS["paths"][template][method.lower()]["responses"][str(status)]
    if "$ref" in response:
        base = "ours" + response["$ref"]
    else:
        base = f"ours#/paths/{path}/{method.lower()}/responses/{status}"
    return f"{base}/content/{media.replace('/', '~1')}/schema"


def faults(exchange):
    """Everything in which a reply breaks the contract, as texts."""
    return [f"{exchange}: {fault}" for fault in _faults(exchange)]


def _faults(exchange):
    if "x-request-id" not in exchange.headers:
        yield "no x-request-id"
    template, documented = operation(exchange.method, exchange.target)
    if template and exchange.method == "OPTIONS":
        # What the document says in words, of every path.
        allowed = set(exchange.headers.get("allow", "").lower().split(", "))
        if exchange.status < 400 and (exchange.status != 204 or not allowed >= OURS["paths"][template].keys()):
            yield "not what OPTIONS is documented to give"
        elif exchange.status >= 400:
            yield from _error_faults(exchange)
        return
    if not documented:
        if exchange.status < 400:
            yield "not documented"
        elif exchange.method != "HEAD":
            yield from _error_faults(exchange)
        return
    if str(exchange.status) not in documented["responses"]:
        yield "status is not documented"
        return
    if exchange.method == "HEAD" or not exchange.complete and exchange.status != 200:
        return
    response = resolve(documented["responses"][str(exchange.status)])
    media = exchange.headers.get("content-type", "").split(";")[0]
    if media not in response["content"]:
        yield f"content type {media!r} is not documented"
    elif exchange.status >= 400:
        yield from _error_faults(exchange)
        yield from check(json.loads(exchange.body), reference_of(template, exchange.method, exchange.status, media))
    elif media == "text/event-stream":
        yield from _stream_faults(exchange, template)
    elif media == "application/json" and exchange.complete:
        value = json.loads(exchange.body)
        yield from check(value, reference_of(template, exchange.method, exchange.status, media))
        if template in WHOLE:
            yield from check(value, f"openai#/$defs/{WHOLE[template]}")


def _error_faults(exchange):
    if not exchange.headers.get("content-type", "").startswith("application/json"):
        yield "an error that is not JSON"
        return
    value = json.loads(exchange.body)
    yield from check(value, "openai#/$defs/ErrorResponse")
    yield from check(value, "ours#/components/schemas/ErrorResponse")


def _stream_faults(exchange, template):
    theirs, ours = EVENT[template]
    pieces = exchange.body.split(b"\n\n")
    events = [piece for piece in pieces[:-1] if not piece.startswith(b":")]
    if exchange.complete and pieces[-1]:
        yield f"ends within an event: {pieces[-1][:100]!r}"
    for position, event in enumerate(events):
        if not event.startswith(b"data: ") or b"\n" in event:
            yield f"not one data line: {event[:100]!r}"
        elif event == b"data: [DONE]":
            if position != len(events) - 1:
                yield "something follows [DONE]"
        else:
            value = json.loads(event[6:])
            if "error" in value:
                yield from check(value, "openai#/$defs/ErrorResponse")
                yield from check(value, "ours#/components/schemas/ErrorResponse")
                if position != len(events) - 1:
                    yield "something follows an error"
            else:
                yield from check(value, f"openai#/$defs/{theirs}")
                yield from check(value, f"ours#/components/schemas/{ours}")
