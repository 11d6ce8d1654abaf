"""Notebooks: paired with their scripts, free of what is one machine's, and running in the time they have."""

import importlib.util
import os
import re
import time
from pathlib import Path

import jupytext
import nbformat
import pytest

FOLDER = Path(__file__).parents[2] / "notebooks"
SCRIPTS = sorted(FOLDER.glob("[0-9]*.py"))


def _load_execute():
    spec = importlib.util.spec_from_file_location("notebooks_execute", FOLDER / "execute.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


execute = _load_execute()


@pytest.fixture(params=SCRIPTS, ids=lambda path: path.stem)
def script(request):
    return request.param


def committed(script):
    return nbformat.read(script.with_suffix(".ipynb"), as_version=nbformat.NO_CONVERT)


def outputs(notebook):
    return [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


def printed(notebook):
    return "".join(output.text for output in outputs(notebook) if output.output_type == "stream")


def test_every_notebook_has_a_script():
    assert SCRIPTS
    assert sorted(FOLDER.glob("*.ipynb")) == [script.with_suffix(".ipynb") for script in SCRIPTS]


def test_the_sources_are_the_same(script):
    text, notebook = jupytext.read(script), committed(script)
    assert [(cell.cell_type, cell.source) for cell in notebook.cells] == [
        (cell.cell_type, cell.source) for cell in text.cells
    ]
    assert notebook.metadata.kernelspec == text.metadata.kernelspec
    assert notebook.metadata.jupytext.formats == "ipynb,py:percent"


def test_the_notebook_is_valid_and_executed_from_top_to_bottom(script):
    notebook = committed(script)
    nbformat.validate(notebook)
    counts = [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))
    assert any("image/png" in output.get("data", {}) for output in outputs(notebook))


def test_outputs_hold_nothing_of_the_machine(script):
    notebook = committed(script)
    assert {output.output_type for output in outputs(notebook)} <= {"stream", "display_data"}
    assert {output.name for output in outputs(notebook) if output.output_type == "stream"} == {"stdout"}
    assert not re.search(r"(^|\s|['\"=])(/|~|[A-Za-z]:\\)\w", printed(notebook))
    assert set(notebook.metadata) == {"jupytext", "kernelspec"}
    # Blank lines between cells are jupytext's; execution times and the like are a machine's.
    assert all(set(cell.metadata) <= {"lines_to_next_cell"} for cell in notebook.cells)


@pytest.mark.slow
def test_the_notebook_runs_in_time_and_prints_what_it_did(script):
    # The limit is inside: `execute` stops the kernel after TIME_LIMIT seconds.
    assert execute.TIME_LIMIT == 90
    fresh, old = execute.execute(script), committed(script)
    assert [output.output_type for output in outputs(fresh)] == [output.output_type for output in outputs(old)]
    # Trained numbers differ between machines; the words around them may not.
    number = re.compile(r"-?\d[\d.,]*(e[-+]\d+)?")
    assert number.sub("#", printed(fresh)) == number.sub("#", printed(old))


def test_a_notebook_that_takes_too_long_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(execute, "TIME_LIMIT", 3.0)
    endless = tmp_path / "00_endless.py"
    identity = tmp_path / "process"
    endless.write_text(
        f"# %%\nimport os, pathlib\npathlib.Path({str(identity)!r}).write_text(str(os.getpid()))\n"
        "while True:\n    pass\n"
    )
    with pytest.raises(TimeoutError, match="within 3 seconds"):
        execute.write(endless)
    assert not endless.with_suffix(".ipynb").exists()
    process = int(identity.read_text())
    deadline = time.monotonic() + 5
    with pytest.raises(ProcessLookupError):  # noqa: PT012 (the process may take a moment to end)
        while time.monotonic() < deadline:
            os.kill(process, 0)
            time.sleep(0.1)


def test_a_notebook_is_written_with_its_outputs_and_without_stderr(tmp_path):
    small = tmp_path / "00_small.py"
    small.write_text(
        "# %%\nimport sys\nprint('one')\nprint('noise', file=sys.stderr, flush=True)\nprint('two', flush=True)\n"
    )
    written = nbformat.read(execute.write(small), as_version=4)
    assert printed(written) == "one\ntwo\n"
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["00_small.ipynb", "00_small.py"]


def test_mixture_densities_says_what_it_found():
    text = printed(committed(FOLDER / "01_mixture_densities.py"))
    gaps = [float(gap) for gap in re.findall(r"^  \S.*? (\d\.\d+) ± .* nats$", text, flags=re.MULTILINE)]
    best, unimodal, mixture = gaps
    assert 0.5 < best <= unimodal < best + 0.05
    assert 0 < mixture < 0.01
    differences = [float(value) for value in re.findall(r"largest difference (\S+)", text)]
    assert len(differences) == 3
    assert max(differences) < 1e-4


def test_tfp_to_onnx_says_what_it_found():
    text = printed(committed(FOLDER / "03_tfp_to_onnx.py"))
    student, by_rows, petals = (
        float(re.search(pattern + r".*difference (\S+)", text)[1]) for pattern in ("601 rows", "float64", "petals")
    )
    assert student < 1e-5
    assert by_rows < 1e-12
    assert petals < 1e-5
    assert re.findall(r"^(\w+) .* draws, equal (bit for bit|to rounding)", text, flags=re.MULTILINE) == [
        ("die", "bit for bit"),
        ("uniform", "bit for bit"),
        ("normal", "to rounding"),
    ]
    truths = re.findall(r"^  (?:beta|gammas|hidden Markov) +(\S+)$", text, flags=re.MULTILINE)
    assert len(truths) == 3
    assert max(float(difference) for difference in truths) < 1e-12
    refusals = re.findall(r"^(\w+Operators?|ConversionError): ", text, flags=re.MULTILINE)
    assert refusals == ["UnsupportedOperators"] * 3 + ["ConversionError"]
    columns = [slice(start, start + 18) for start in (26, 44, 62)]
    rows = [[line[column].strip() for column in columns] for line in text.partition("tfgen_export\n")[2].splitlines()]
    assert len(rows) == 6
    assert [ours == truth for truth, _, ours in rows] == [True, False, True, True, True, True]
    assert all(theirs != truth for truth, theirs, _ in rows)


def test_normalising_flows_says_what_it_found():
    text = printed(committed(FOLDER / "04_normalising_flows.py"))
    gap = float(re.search(r"\] = (\S+) ±", text)[1])
    assert -0.001 < gap < 0.01
    bits, table = (float(re.search(pattern + r" (\d\.\d+)", text)[1]) for pattern in ("test digits:", "grey values:"))
    assert 1.5 < bits < table - 0.2
    assert float(re.search(r"largest difference (\S+)", text)[1]) < 5e-4
