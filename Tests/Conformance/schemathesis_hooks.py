"""What Schemathesis cannot read from the schemas: which valid requests may still be refused.

Its own check wants 2xx for all that the schemas allow. Some rules tie fields together, or fields to the model, and are
in the descriptions; a refusal by one of them names the field and is no fault. Any other refusal is.
"""

import re

import schemathesis
from process import EMBEDDER

# The field that is named, and what the message says.
RULES = [
    (r"(messages|prompt|input|query|documents|text_1|text_2).*", r"maximum context length"),
    (r"max_tokens|max_completion_tokens", r"must not differ"),
    (r"stream_options", r"needs 'stream'"),
    (r"top_logprobs", r"needs? 'logprobs'"),
    (r"min_tokens", r"must not be more|limit"),
    (r"best_of", r"must (not be less|equal)|'n'"),
    (r"(logit_bias|stop_token_ids|prompt|tokens|input).*", r"is no token of this model"),
    (r"dimensions", r"vectors of the model"),
    (r"continue_final_message|add_generation_prompt", r"continue_final_message|add_generation_prompt|last message"),
    (r"logit_bias.*", r"token id"),
    (r"messages.*", r"template|may have no content"),
    (r"chat_template_kwargs.*", r".*"),
    (r"truncate_prompt_tokens", r"no tokens|leaves none"),
    (r"text_1", r"as many as text_2"),
]


@schemathesis.check
def valid_requests_are_served(ctx, response, case):
    if case.meta is None or not case.meta.generation.mode.is_positive or response.status_code in (404, 405):
        return
    if response.status_code == 408 and isinstance(case.body, dict) and case.body.get("timeout"):
        return
    if response.status_code == 413 and len(response.request.body or b"") > 8 << 20:
        return
    # What a chat model cannot do, and what only a chat model can.
    asked = case.body.get("model") if isinstance(case.body, dict) else None
    if response.status_code == 501 and ("Texts" in case.operation.tags or asked == EMBEDDER):
        return
    if response.status_code >= 400:
        error = response.json()["error"]
        # HTTP's own rule, which no schema of a parameter repeats.
        if error["code"] == "bad_request" and re.search("%(0|1|7F)", response.request.url):
            return
        for param, message in RULES:
            if re.fullmatch(param, error["param"] or "") and re.search(message, error["message"]):
                return
        raise AssertionError(f"a valid request was refused: {response.status_code} {error}")
