"""The arrows between the parts of the house run one way. Read from the source, so nothing has to be imported."""

from __future__ import annotations

import ast
import sys
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CORE = sorted((ROOT / "lmcore").rglob("*.py"))
PAGES = sorted((ROOT / "pages").rglob("*.py"))
RANKS = [  # a module may import from its own rank and the ranks before it
    {"paths", "files"},
    {"corpora", "tokenizers"},
    {"batches", "blanks"},
    {"models"},
    {"sampling", "beam", "speculative", "evaluation"},
    {"probes"},
    {"training"},
    {"checkpoints"},
    {"hugging_face"},
    {"jobs", "library"},
    {"bench", "cli"},
]
RANK = {name: rank for rank, names in enumerate(RANKS) for name in names}


def imports(path: Path) -> set[str]:
    """Every module that a file imports, at the top or inside a function."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def roots(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path)}


def part(path: Path) -> str:
    return path.relative_to(ROOT / "lmcore").with_suffix("").parts[0]


def ids(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", CORE, ids=ids)
def test_the_core_knows_no_ui(path: Path):
    assert not roots(path) & {"streamlit", "starlette", "pages", "app"}


@pytest.mark.parametrize("path", CORE, ids=ids)
def test_plotly_only_draws_figures(path: Path):
    if part(path) != "figures":
        assert "plotly" not in roots(path)
    else:
        assert not roots(path) & {"torch", "tokenizers", "safetensors", "sqlalchemy"}
        assert not {name for name in imports(path) if name.startswith("lmcore.") and "figures" not in name}


@pytest.mark.parametrize("path", CORE, ids=ids)
def test_counting_and_tokenizers_need_no_torch(path: Path):
    if (
        part(path)
        in {"tokenizers", "corpora", "sampling", "beam", "speculative", "evaluation", "batches", "library", "jobs"}
        or "ngram" in path.name
    ):
        assert "torch" not in {name.split(".")[0] for name in imports(path)} or path.name == "worker.py"


@pytest.mark.parametrize("path", CORE, ids=ids)
def test_arrows_run_one_way(path: Path):
    if part(path) not in RANK:
        return
    used = {name.split(".")[1] for name in imports(path) if name.startswith("lmcore.")} & RANK.keys()
    above = {name for name in used if RANK[name] > RANK[part(path)]}
    assert not above


@pytest.mark.parametrize("path", PAGES, ids=ids)
def test_pages_import_no_page(path: Path):
    others = {name for name in imports(path) if name.startswith("pages.") and not name.startswith("pages.shared")}
    assert not others


@cache
def taken() -> set[str]:
    """The names of all packages and modules that are installed."""
    return (set(sys.stdlib_module_names) | set(packages_distributions())) - {"pages"}


@pytest.mark.parametrize("path", PAGES, ids=ids)
def test_no_page_is_named_like_a_package(path: Path):
    assert path.name != "__init__.py"
    assert not ({path.stem} | set(path.relative_to(ROOT / "pages").parts[:-1])) & taken()


@pytest.mark.parametrize("path", [ROOT / "app.py", *CORE, *PAGES], ids=ids)
def test_nothing_unsafe_is_read_or_run(path: Path):
    assert not roots(path) & {"pickle", "cPickle", "dill", "shelve", "marshal"}
    called = {
        ast.unparse(node.func) for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)
    }
    assert not called & {"eval", "exec", "torch.load", "st.html", "os.system"}
    assert "unsafe_allow_html" not in path.read_text("utf-8")
