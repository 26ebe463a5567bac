"""Every example of the pages runs, and the notebook."""

from __future__ import annotations

import re
import sys

import pytest
from conftest import ROOT

PAGES = ["docs/python.md", "judge-python/README.md", "README.md"]


@pytest.mark.parametrize("page", PAGES)
def test_examples_of_the_pages(page, monkeypatch, capsys):
    """Each page is one program; blocks marked notest need a cluster or a store."""
    monkeypatch.chdir(ROOT)
    text = (ROOT / page).read_text()
    blocks = re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    assert blocks
    exec(compile("\n".join(blocks), page, "exec"), {"__name__": "page"})
    capsys.readouterr()


def blocks_that_do_not_run_here() -> list[str]:
    text = (ROOT / "docs/python.md").read_text()
    return re.findall(r"^```python notest\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def test_blocks_that_do_not_run_here_are_python():
    blocks = blocks_that_do_not_run_here()
    assert len(blocks) == 2
    for block in blocks:
        compile(block, "docs/python.md", "exec")


def test_what_the_page_says_of_a_fetched_request(monkeypatch):
    """The document of --format full goes into batch, as the page says. A recorded request stands in for the store."""
    import json
    import subprocess
    from types import SimpleNamespace

    from conftest import command

    request = ROOT / "fixtures/recorded/slower/request.json"
    text = command("run", str(request), "--format", "full", codes=(0, 3, 4))
    (block,) = (block for block in blocks_that_do_not_run_here() if "subprocess" in block)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(stdout=text))
    page = {"__name__": "page"}
    exec(compile(block, "docs/python.md", "exec"), page)
    full = json.loads(text)
    del full["request"]
    assert page["judgement"].to_dict() == full


def test_the_notebook_runs():
    import nbclient
    import nbformat

    folder = ROOT / "judge-python/notebooks"
    notebook = nbformat.read(folder / "recorded.ipynb", as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells), "outputs are not committed"
    client = nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(folder)}})
    client.execute()
    shown = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert any("text/html" in output.get("data", {}) and "iframe" in output["data"]["text/html"] for output in shown)
    assert sys.version_info >= (3, 10)
