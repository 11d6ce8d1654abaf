"""The package knows nothing of tfgen's models."""

import ast
from pathlib import Path

import tfgen_export


def imported(path: Path) -> set[str]:
    """The top-level packages that a file imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path} imports relatively"
            names.add(str(node.module).split(".")[0])
    return names


def test_nothing_of_tfgen_is_imported() -> None:
    files = list(Path(tfgen_export.__file__).parent.rglob("*.py"))
    assert len(files) > 10
    for path in files:
        assert not imported(path) & {"tfgen", "tfgen_serving", "tensorflow_probability", "keras"}, path


def test_what_is_public_is_there() -> None:
    assert all(hasattr(tfgen_export, name) for name in tfgen_export.__all__)
