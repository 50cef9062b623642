"""LangChain's OpenAI package."""

import openai
import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_openai import ChatOpenAI, OpenAI

MESSAGES = [SystemMessage("You are brief."), HumanMessage("Hi."), AIMessage("Hello."), HumanMessage("A colour?")]


@pytest.fixture
def asked(tapped, model):
    return dict(model=model, base_url=tapped + "/v1", api_key="unused", max_retries=0, temperature=0)


def test_chat_whole_and_streamed(asked):
    chat = ChatOpenAI(**asked, max_tokens=12, stream_usage=True)
    whole = chat.invoke(MESSAGES)
    streamed = None
    for chunk in chat.stream(MESSAGES):
        streamed = chunk if streamed is None else streamed + chunk
    assert streamed.content == whole.content and whole.content
    assert streamed.usage_metadata["output_tokens"] == whole.usage_metadata["output_tokens"] > 0
    assert streamed.response_metadata["finish_reason"] == whole.response_metadata["finish_reason"]
    assert whole.response_metadata["model_name"] == asked["model"]


def test_logprobs_seed_and_stop(asked):
    chat = ChatOpenAI(**{**asked, "temperature": 1.3}, max_tokens=10, seed=4, logprobs=True, top_logprobs=2)
    first, second = chat.invoke(MESSAGES), chat.invoke(MESSAGES)
    assert first.content == second.content
    assert len(first.response_metadata["logprobs"]["content"][0]["top_logprobs"]) == 2
    stop = first.content[2:4]
    assert chat.invoke(MESSAGES, stop=[stop]).content == first.content[: first.content.index(stop)]


def test_a_batch(asked):
    chat = ChatOpenAI(**asked, max_tokens=6)
    questions = ["One plus one?", "A river?", "A city?"]
    assert [reply.content for reply in chat.batch(questions)] == [chat.invoke(text).content for text in questions]


def test_several_choices(asked):
    generated = ChatOpenAI(**{**asked, "temperature": 1.0}, max_tokens=6, n=2).generate([MESSAGES])
    assert len(generated.generations[0]) == 2


def test_text_completions(asked):
    model = OpenAI(**asked, max_tokens=6)
    assert "".join(model.stream("The capital of France is")) == model.invoke("The capital of France is")
    assert len(model.generate(["One, two,", "Red, green,"]).generations) == 2


def test_errors_have_their_class(asked):
    with pytest.raises(openai.BadRequestError):
        ChatOpenAI(**{**asked, "temperature": 3}).invoke(MESSAGES)
    with pytest.raises(openai.NotFoundError):
        ChatOpenAI(**{**asked, "model": "nope"}).invoke(MESSAGES)
