"""Every numeric field of every endpoint, as openapi.yaml lists them, at and beyond its limits."""

import json

import contract
import pytest
from process import model_for

NUMERIC = {"integer", "number"}
# The request that a field is added to, and what some fields need beside them. Replies end soon whatever the limit is.
BASE = {
    "/v1/chat/completions": {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 2},
    "/v1/completions": {"prompt": "Hi", "max_tokens": 2},
    "/tokenize": {"content": "Hi"},
    "/detokenize": {"tokens": [1]},
}
SHORT = {"stop": [" ", "a", "e", "o"], "max_tokens": None}
BESIDES = {
    "top_logprobs": {"logprobs": True}, "max_tokens": SHORT, "max_completion_tokens": SHORT,
}  # fmt: skip
# Valid alone but not together with the rest of the request: the field that is named, and the error's code.
TOGETHER = {
    ("min_tokens", "max"): [("min_tokens", "invalid_value"), ("min_tokens", "context_length_exceeded")],
    ("max_tokens", "max"): [("max_tokens", "context_length_exceeded")],
    ("max_completion_tokens", "max"): [("max_completion_tokens", "context_length_exceeded")],
    ("dimensions", "max"): [("dimensions", "integer_above_max_value")],
    ("truncate_prompt_tokens", "0"): [("truncate_prompt_tokens", "invalid_value")],
}  # fmt: skip
# Neither of the two models has the head for these.
NEITHER = dict.fromkeys(["/v1/classify", "/classify", "/v1/fill-mask"], [("model", "not_implemented")])
NESTED = [
    ("/v1/chat/completions", "logit_bias.1", {"type": "number", "minimum": -100, "maximum": 100}),
    ("/v1/completions", "logit_bias.1", {"type": "number", "minimum": -100, "maximum": 100}),
    ("/v1/completions", "prompt[0]", None), ("/v1/completions", "prompt[0][0]", None),
    ("/v1/chat/completions", "stop_token_ids[0]", None), ("/v1/completions", "stop_token_ids[0]", None),
    ("/detokenize", "tokens[0]", None),
]  # fmt: skip


def body_schema(path):
    schema = contract.OURS["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    return contract.OURS["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]


def numeric_fields():
    for path, item in contract.OURS["paths"].items():
        if "post" not in item:
            continue
        for name, schema in body_schema(path)["properties"].items():
            kinds = schema.get("type", [])
            numbers = [value for value in schema.get("enum", []) if type(value) in (int, float)]
            if NUMERIC & set([kinds] if isinstance(kinds, str) else kinds) or numbers:
                yield path, name, schema


def maximum(schema):
    if schema.get("format") == "int64":
        return 2**63 - 1
    return schema["maximum"] if "maximum" in schema else max(value for value in schema["enum"] if value is not None)


def is_valid(value, schema):
    """By the schema; 2^63 is more than its int64 holds."""
    if schema.get("format") == "int64" and isinstance(value, int) and value >= 2**63:
        return False
    return not list(contract.Draft202012Validator(schema).iter_errors(value))


def cases():
    for path, name, schema in numeric_fields():
        most = maximum(schema)
        for label, text in (
            ("-1", "-1"), ("0", "0"), ("max", str(most)), ("max+1", str(most + 1)), ("2^63", str(2**63)),
            ("1e400", "1e400"), ("x", '"x"'), ("[]", "[]"), ("null", "null"),
        ):  # fmt: skip
            yield pytest.param(path, name, schema, label, text, id=f"{path}-{name}-{label}")


def post(http, path, fields):
    """Posts a body whose values are given as JSON texts."""
    members = {"model": json.dumps(model_for(path))}
    members |= {name: json.dumps(value) for name, value in BASE.get(path, example(path)).items()} | fields
    text = ", ".join(f'"{name}": {value}' for name, value in members.items())
    return http.post(path, content=f"{{{text}}}", headers={"content-type": "application/json"})


def example(path):
    """For an endpoint that is not listed above, what openapi.yaml shows."""
    content = contract.OURS["paths"][path]["post"]["requestBody"]["content"]["application/json"]
    shown = next(iter(content["examples"].values()))["value"]
    return {name: value for name, value in shown.items() if name != "model"}


@pytest.mark.parametrize("path, name, schema, label, text", list(cases()))
def test_a_number(http, path, name, schema, label, text):
    besides = {key: json.dumps(value) for key, value in BESIDES.get(name, {}).items()}
    response = post(http, path, besides | {name: text})
    if text != "1e400" and is_valid(json.loads(text), schema):
        if response.status_code != 200:
            error = response.json()["error"]
            expected = TOGETHER.get((name, label), []) + NEITHER.get(path, [])
            assert (error["param"], error["code"]) in expected, response.text
        return
    assert response.status_code == 400, response.text
    assert response.json()["error"]["param"] == name, response.text


@pytest.mark.parametrize("path, place, schema", NESTED, ids=lambda value: value if isinstance(value, str) else "")
@pytest.mark.parametrize("text", ["-1", str(2**31), str(2**63), "1e400", '"x"', "[]", "null", "1.5", "true"])
def test_a_number_within(http, path, place, schema, text):
    name = place.split("[")[0].split(".")[0]
    if "." in place:
        value = f'{{"1": {text}}}'
    else:
        value = "[" * place.count("[") + text + "]" * place.count("[")
    response = post(http, path, {name: value})
    if schema and text in ("-1", "1.5"):
        assert response.status_code == 200, response.text
    elif (place, text) == ("prompt[0]", '"x"'):
        assert response.status_code == 200, "a list of texts"
    else:
        assert response.status_code == 400, response.text
        assert response.json()["error"]["param"].startswith(name), response.text
