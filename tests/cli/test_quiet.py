"""What keeps the command's standard error for the command's own words."""

import os
from pathlib import Path
from typing import Any

import click
import pytest

from tfgen.cli.errors import one_line_errors
from tfgen.cli.quiet import _standard_error_aside, import_tensorflow_quietly


def test_the_descriptor_itself_is_turned_aside_and_back(capfd: Any) -> None:
    with _standard_error_aside():
        os.write(2, b"C++ speaks\n")
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "after\n"


def _fail() -> None:
    with _standard_error_aside():
        os.write(2, b"the cause\n")
        raise KeyError("lost")


def test_where_it_fails_all_is_shown(capfd: Any) -> None:
    with pytest.raises(KeyError, match="lost"):
        _fail()
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "the cause\nafter\n"


def test_no_descriptor_is_left_open(capfd: Any) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        with _standard_error_aside():
            pass
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_missing_extra_is_told_by_the_command_s_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tfgen._requirements.metadata.version", lambda package: "2.15.0")
    with pytest.raises(ImportError, match=r"tfgen demo needs Keras 3.*Received: Keras 2\.15\.0"):
        import_tensorflow_quietly("tfgen demo")


@pytest.mark.parametrize("error", [ImportError("no extra"), FileNotFoundError("no file"), ValueError("no value")])
def test_errors_to_mend_are_one_line(error: Exception) -> None:
    @one_line_errors
    def command() -> None:
        raise error

    with pytest.raises(click.ClickException) as caught:
        command()
    assert (caught.value.message, caught.value.exit_code) == (str(error), 1)


def test_other_errors_keep_their_traceback() -> None:
    @one_line_errors
    def command(value: int) -> float:
        return 1 / value

    assert command(2) == 0.5
    assert command.__name__ == "command"
    with pytest.raises(ZeroDivisionError):
        command(0)
