"""Which columns are a model's inputs."""

from typing import Any

import pytest

from tfgen_serving import InputError, TensorInfo
from tfgen_serving.tables.choice import Column, choose_columns

OPTIONS = {"x": "--x", "context": "--context"}


def info(name: str, *sizes: int | None) -> TensorInfo:
    return TensorInfo(name=name, dtype="float32", shape=(None, *sizes))


def columns(words: str) -> list[Column]:
    """Columns of numbers, of text where a name ends in "'", of lists where it ends in "*"."""
    return [
        Column(word.rstrip("'*"), number=word[-1] not in "'*", list=word[-1] == "*", kind="text")
        for word in words.split()
    ]


def choose(inputs: list[TensorInfo], words: str, kept: str = "", **asked: list[str]) -> dict[str, str]:
    chosen = choose_columns(inputs, columns(words), asked, options=OPTIONS, kept=kept.split())
    return {name: " ".join(names) for name, names in chosen.items()}


@pytest.mark.parametrize(
    ("words", "kept", "expected"),
    [
        ("b a", "", "b a"),
        ("who' b a", "", "b a"),
        ("id b a", "id", "b a"),
        ("id x_1 x_0", "", "x_0 x_1"),
        ("x_1 x_0", "", "x_1 x_0"),  # all the numbers there are, in the file's order
        ("id x*", "", "x"),
        ("a b x*", "", "x"),
    ],
)
def test_columns_of_a_model_without_context(words: str, kept: str, expected: str) -> None:
    assert choose([info("x", 2)], words, kept) == {"x": expected}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("x_1 context x_0", {"x": "x_0 x_1", "context": "context"}),
        ("a b x_0 x_1 context_0", {"x": "x_0 x_1", "context": "context_0"}),
        ("x* context", {"x": "x", "context": "context"}),
        ("context* x_0 x_1", {"x": "x_0 x_1", "context": "context"}),
    ],
)
def test_columns_of_a_conditional_model(words: str, expected: dict[str, str]) -> None:
    assert choose([info("x", 2), info("context", 1)], words) == expected


def test_more_than_ten_columns_are_in_the_order_of_their_numbers() -> None:
    names = [f"x_{number}" for number in range(12)]
    assert choose([info("x", 3, 4)], "id " + " ".join(sorted(names))) == {"x": " ".join(names)}


def test_a_single_number_is_called_by_the_input() -> None:
    assert choose([info("x"), info("context", 1)], "context x") == {"x": "x", "context": "context"}


def test_columns_asked_for() -> None:
    both = [info("x", 2), info("context", 1)]
    assert choose(both, "a b c d'", x=["c", "a"], context=["a"]) == {"x": "c a", "context": "a"}
    assert choose(both, "a b context", x=["b", "a"]) == {"x": "b a", "context": "context"}
    assert choose(both, "event* context", x=["event"]) == {"x": "event", "context": "context"}
    assert choose([info("x", 2)], "a b id", kept="a", x=["b", "a"]) == {"x": "b a"}


@pytest.mark.parametrize(
    ("words", "asked", "told"),
    [
        ("a", {}, "the file must have columns x_0 to x_1 for x, float32 .batch, 2., or 2 columns of numbers in all: "
         "--x names others. Received: columns of numbers a$"),
        ("a b c", {}, "Received: columns of numbers a, b, c$"),
        ("a' b'", {}, "Received: columns of numbers none$"),
        ("a a", {}, "Received: columns of numbers a, a$"),
        ("id x_0 x_2", {}, "the file must have columns x_0 to x_1"),
        ("id x_00 x_1", {}, "the file must have columns x_0 to x_1"),
        ("a b", {"x": ["a"]}, r"--x must name 2 columns for x, float32 \[batch, 2\]. Received: \['a'\]"),
        ("a b", {"x": ["a", "c"]}, "--x must name columns of the file: a, b. Received: 'c', no column"),
        ("a b a", {"x": ["b", "a"]}, "--x must name columns of the file: a, b, a. Received: 'a', 2 columns"),
        ("a b'", {"x": ["a", "b"]}, "--x must name columns of numbers. Received: 'b', text"),
        ("a b*", {"x": ["a", "b"]}, "--x must name columns of numbers. Received: 'b', text"),
        ("a b", {"context": ["a"]}, r"--context must not be given: the model takes x. Received: \['a'\]"),
    ],
)  # fmt: skip
def test_columns_that_cannot_be(words: str, asked: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        choose([info("x", 2)], words, **asked)


@pytest.mark.parametrize("words", ["a b c", "a b"])
def test_a_conditional_model_s_columns_are_never_guessed(words: str) -> None:
    with pytest.raises(
        InputError, match=r"^the file must have columns x_0 to x_1 for x, float32 \[batch, 2\]: --x names"
    ):
        choose([info("x", 2), info("context", 1)], words)
    with pytest.raises(InputError, match=r"^the file must have columns context for context.*: --context names others"):
        choose([info("x", 2), info("context", 1)], "x_0 x_1 c")


def test_free_sizes_are_no_columns() -> None:
    with pytest.raises(
        InputError, match=r"x must have fixed sizes to be read from columns. Received: float32 \[batch, \?"
    ):
        choose([info("x", None, 2)], "a b")


def test_text_that_may_be_numbers_is_taken_where_it_is_asked_for_or_called_by_the_input() -> None:
    cells = [Column(name, number=False, list=False, kind="text", text=True) for name in ("x_0", "x_1", "b")]
    assert choose_columns([info("x", 2)], cells, {}, options=OPTIONS) == {"x": ("x_0", "x_1")}
    assert choose_columns([info("x", 2)], cells, {"x": ["b", "x_1"]}, options=OPTIONS) == {"x": ("b", "x_1")}
