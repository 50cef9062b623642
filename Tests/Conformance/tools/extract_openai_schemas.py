#!/usr/bin/env python3
"""Reduces OpenAI's API specification to the schemas of the replies that this server gives.

    extract_openai_schemas.py openai-openapi.json > ../schemas/openai.json

Only what decides whether a reply is valid is kept: no descriptions, examples or names. The specification calls itself
OpenAPI 3.1 and still writes `nullable` of 3.0 in places, which is translated. Where OpenAI's own service does not keep
to its specification, `AMENDMENTS` says so.
"""

import json
import sys

ROOTS = [
    "CreateChatCompletionResponse", "CreateChatCompletionStreamResponse", "CreateCompletionResponse",
    "CreateEmbeddingResponse", "ErrorResponse", "ListModelsResponse", "Model",
]  # fmt: skip
KEPT = {
    "$ref", "additionalProperties", "anyOf", "const", "enum", "items", "maxItems", "maxLength", "maximum", "minItems",
    "minLength", "minimum", "oneOf", "allOf", "pattern", "properties", "required", "type",
}  # fmt: skip
PREFIX = "#/components/schemas/"

# Path of a schema and what is valid there besides; each is what the service sends.
AMENDMENTS = [
    # The first token of an echoed prompt has no probability, since nothing comes before it.
    ("CreateCompletionResponse/choices/items/logprobs/token_logprobs/items", {"type": "null"}),
    ("CreateCompletionResponse/choices/items/logprobs/top_logprobs/items", {"type": "null"}),
]
# Chunks of a streamed completion have the shape of a whole one, but not yet a reason to finish, nor usage.
CHUNK_OF = {"CreateCompletionResponse": "CreateCompletionStreamResponse"}
CHUNK_AMENDMENTS = [("choices/items/finish_reason", {"type": "null"}), ("usage", {"type": "null"})]


def reduce(schema):
    if isinstance(schema, bool):
        return schema
    kept = {}
    for key, value in schema.items():
        if key not in KEPT:
            continue
        if key == "properties":
            value = {name: reduce(part) for name, part in value.items()}
        elif key in ("anyOf", "oneOf", "allOf"):
            value = [reduce(part) for part in value]
        elif key in ("items", "additionalProperties"):
            value = reduce(value)
        elif key == "$ref":
            value = "#/$defs/" + value.removeprefix(PREFIX)
        kept[key] = value
    return {"anyOf": [kept, {"type": "null"}]} if schema.get("nullable") else kept


def references(schema):
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key == "$ref":
                yield value.removeprefix("#/$defs/")
            yield from references(value)
    elif isinstance(schema, list):
        for part in schema:
            yield from references(part)


def part(schema, path):
    """The schema at a path of property names and `items`, and what holds it."""
    holder, key = None, None
    for step in path.split("/"):
        # Nullable objects are a choice between the object and null.
        while "anyOf" in schema:
            schema = schema["anyOf"][0]
        holder, key = (schema, "items") if step == "items" else (schema["properties"], step)
        schema = holder[key]
    return holder, key


def amend(schema, path, alternative):
    holder, key = part(schema, path)
    holder[key] = {"anyOf": [holder[key], alternative]}


def main():
    with open(sys.argv[1]) as file:
        specification = json.load(file)
    source = specification["components"]["schemas"]
    schemas, wanted = {}, list(ROOTS)
    while wanted:
        name = wanted.pop()
        if name not in schemas:
            schemas[name] = reduce(source[name])
            wanted += references(schemas[name])
    for path, alternative in AMENDMENTS:
        name, _, rest = path.partition("/")
        amend(schemas[name], rest, alternative)
    for whole, chunk in CHUNK_OF.items():
        schemas[chunk] = json.loads(json.dumps(schemas[whole]))
        for path, alternative in CHUNK_AMENDMENTS:
            amend(schemas[chunk], path, alternative)
    json.dump({"version": specification["info"]["version"], "$defs": schemas}, sys.stdout, indent=1, sort_keys=True)
    print()


main()
