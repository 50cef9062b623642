#!/usr/bin/env python3
"""Compares a running server with the reference numbers beside this script. Exit code 1 if a gate fails.

    python check.py --url http://127.0.0.1:8080 --model smollm2-135m-instruct [--exact] [--binary B --gguf F]

--exact applies the gates for unquantised weights (<= 0.002, greedy and top-1 equal wherever the margin is > 0.01).
--binary also runs `B perplexity` on the reference text (gate 0.8 %) and `B tokenize --json`.
--reference DIR reads the JSON files from another folder (e.g. made from an F32 file).
"""
import argparse, json, pathlib, subprocess, sys
import httpx

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--url", required=True)
parser.add_argument("--model", required=True)
parser.add_argument("--exact", action="store_true")
parser.add_argument("--binary")
parser.add_argument("--gguf")
parser.add_argument("--reference", default=str(pathlib.Path(__file__).parent))
args = parser.parse_args()
HERE = pathlib.Path(args.reference)
DIFFERENCE_GATE = 0.002 if args.exact else 0.06
AGREEMENT_GATE = 99.5 if args.exact else 96.5
MARGIN = 0.01 if args.exact else 0.4
client = httpx.Client(base_url=args.url, timeout=600)
failures = []


def gate(name, ok, detail=""):
    print(f"{'ok  ' if ok else 'FAIL'}  {name}  {detail}", flush=True)
    if not ok:
        failures.append(name)


def load(name):
    return json.loads((HERE / name).read_text())


def post(path, **body):
    response = client.post(path, json={"model": args.model, **body})
    if response.status_code != 200:
        raise RuntimeError(f"{path}: {response.status_code} {response.text[:400]}")
    return response.json()


def name_of(data):
    """How the server spells a token: its text, or its bytes if they are not whole characters."""
    try:
        return bytes(data).decode()
    except UnicodeDecodeError:
        return "bytes:" + "".join(f"\\x{b:02x}" for b in data)


def best(alternatives):
    return max(alternatives, key=alternatives.get)


def scored(prompt, **extra):
    """The choice of an echoed prompt. Servers differ in whether the arrays may hold a generated token."""
    return post("/v1/completions", prompt=prompt, max_tokens=0, echo=True, logprobs=1, temperature=0, **extra)["choices"][0]


def check_scores():
    differences, agreed, total = [], 0, 0
    for case in load("scores.json"):
        for kind, prompt in (("tokens", case["tokens"]), ("text", case["text"])):
            choice = scored(prompt)
            logprobs = choice["logprobs"]["token_logprobs"]
            tops = choice["logprobs"]["top_logprobs"]
            name = f"score {case['name']} as {kind}"
            if len(logprobs) != len(case["tokens"]) or logprobs[0] is not None:
                gate(name, False, f"{len(logprobs)} log-probabilities for {len(case['tokens'])} tokens, first {logprobs[0]}")
                continue
            here = [abs(a - b) for a, b in zip(logprobs[1:], case["logprobs"][1:])]
            same = [best(t) == name_of(b) for t, b in zip(tops[1:], case["top1_bytes"][1:])]
            clear = [s for s, m in zip(same, case["margin"][1:]) if m > MARGIN]
            mean = sum(here) / len(here)
            gate(name, mean <= DIFFERENCE_GATE and choice["text"] == case["text"],
                 f"mean |diff| {mean:.5f}  max {max(here):.3f}  top-1 {100 * sum(same) / len(same):.2f} %  "
                 f"(margin > {MARGIN}: {sum(clear)}/{len(clear)})  text equal {choice['text'] == case['text']}")
            if kind == "tokens":
                differences += here
                agreed += sum(same)
                total += len(same)
    if total:
        mean = sum(differences) / len(differences)
        gate("mean absolute difference, all texts", mean <= DIFFERENCE_GATE, f"{mean:.5f} (gate {DIFFERENCE_GATE})")
        gate("top-1 agreement, all texts", 100 * agreed / total >= AGREEMENT_GATE,
             f"{100 * agreed / total:.2f} % of {total} (gate {AGREEMENT_GATE})")


def check_greedy():
    free = forced = 0
    for number, case in enumerate(load("greedy.json")):
        names = [name_of(b) for b in case["bytes"]]
        stop = next((i for i, m in enumerate(case["margins"]) if m <= MARGIN), len(names))
        choice = post("/v1/completions", prompt=case["prompt_tokens"], max_tokens=64, temperature=0,
                      logprobs=1)["choices"][0]
        expected = [n for n in names[:stop] if n != "<|im_end|>"]
        got = choice["logprobs"]["tokens"][:len(expected)]
        gate(f"greedy {number}", got == expected, f"{len(expected)} tokens" if got == expected else f"{got} != {expected}")
        free += len(expected)
        # The same path, each step judged on its own: no early uncertain step hides the later ones.
        ids = case["prompt_tokens"] + case["tokens"]
        tops = scored(ids)["logprobs"]["top_logprobs"][len(case["prompt_tokens"]):]
        wrong = [(i, best(t), n) for i, (t, n, m) in enumerate(zip(tops, names, case["margins"]))
                 if m > MARGIN and best(t) != n]
        forced += sum(m > MARGIN for m in case["margins"])
        gate(f"greedy {number} forced", not wrong and len(tops) == len(names), str(wrong or ""))
    print(f"      {free} free and {forced} forced steps compared")


def check_tokens():
    wrong = 0
    cases = load("tokens.json")
    for case in cases:
        for key, special in (("plain", False), ("special", True)):
            got = post("/tokenize", content=case["text"], add_special=False, parse_special=special)["tokens"]
            if got != case[key]:
                wrong += 1
                print(f"      {key} {case['text'][:60]!r}: {got[:16]} != {case[key][:16]}")
        text = post("/detokenize", tokens=case["plain"])["content"]
        if text != case["text"]:
            wrong += 1
            print(f"      detokenize {case['text'][:60]!r}: {text[:60]!r}")
    gate("tokenize and detokenize", wrong == 0, f"{len(cases)} texts, {wrong} wrong")


def check_chat():
    from openai import OpenAI
    openai = OpenAI(base_url=args.url + "/v1", api_key="unused", max_retries=0)
    for number, case in enumerate(load("chat.json")):
        limit = 48
        whole = openai.chat.completions.create(model=args.model, messages=case["messages"], temperature=0,
                                               max_tokens=limit, logprobs=True)
        # User text is never parsed for special tokens, so a prompt that holds their names gets more tokens.
        injected = "<|" in json.dumps(case["messages"])
        count, reference = whole.usage.prompt_tokens, len(case["tokens_if_all_special"])
        gate(f"chat {number} prompt tokens", count > reference if injected else count == reference,
             f"{count} (reference {reference}{', injected' if injected else ''})")
        if "greedy" in case:
            greedy = case["greedy"]
            stop = next((i for i, m in enumerate(greedy["margins"]) if m <= MARGIN), len(greedy["margins"]))
            expected = [b for b in greedy["bytes"][:stop] if bytes(b) != b"<|im_end|>"]
            got = [t.bytes for t in whole.choices[0].logprobs.content][:len(expected)]
            gate(f"chat {number} greedy", got == expected, f"{len(expected)} tokens")
            if stop == len(greedy["margins"]):
                gate(f"chat {number} stops", whole.choices[0].finish_reason == "stop")
        text, finish = "", None
        for chunk in openai.chat.completions.create(model=args.model, messages=case["messages"], temperature=0,
                                                    max_tokens=limit, stream=True):
            text += chunk.choices[0].delta.content or ""
            finish = chunk.choices[0].finish_reason or finish
        gate(f"chat {number} streamed", text == whole.choices[0].message.content
             and finish == whole.choices[0].finish_reason, f"{text[:50]!r} {finish}")
    completion = openai.completions.create(model=args.model, prompt="The capital of France is", max_tokens=5, temperature=0)
    streamed = "".join(c.choices[0].text for c in openai.completions.create(
        model=args.model, prompt="The capital of France is", max_tokens=5, temperature=0, stream=True))
    gate("completions streamed", completion.choices[0].text == streamed, repr(streamed))


def check_binary():
    reference = load("perplexity.json")
    result = json.loads(subprocess.run(
        [args.binary, "perplexity", "--model", args.gguf, "--file", reference["file"], "--context", "512", "--json"],
        check=True, capture_output=True, text=True).stdout)
    got = result.get("perplexity")
    change = 100 * (got / reference["perplexity"] - 1)
    gate("perplexity", abs(change) <= (0.01 if args.exact else 0.8),
         f"{got:.4f} against {reference['perplexity']:.4f}: {change:+.3f} %; {result}")
    wrong = 0
    for case in load("tokens.json"):
        if "\0" in case["text"]:
            continue
        file = pathlib.Path("/tmp/needletail-check-text")
        file.write_text(case["text"], newline="")
        ids = json.loads(subprocess.run([args.binary, "tokenize", "--model", args.gguf, "--file", str(file), "--json"],
                                        check=True, capture_output=True, text=True).stdout)
        wrong += ids != case["plain"]
    gate("tokenize --file --json", wrong == 0, f"{wrong} wrong")


for check in [check_tokens, check_scores, check_greedy, check_chat] + ([check_binary] if args.binary else []):
    try:
        check()
    except Exception as error:
        gate(check.__name__, False, f"{type(error).__name__}: {error}")
print("all gates passed" if not failures else f"{len(failures)} failed: {', '.join(failures)}")
sys.exit(bool(failures))
