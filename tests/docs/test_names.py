"""Names that README and docs mention in code spans exist: settings, datasets, files, messages."""

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest
import yaml

from regime_factory.params import GLOBALS, PARAMETERS, RUN_ARGUMENTS
from regime_factory.run_checks import pipeline_names

from .pages import PAGES, PROJECT, relative

SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
FENCE = re.compile(r"^ *```.*?^ *```$", flags=re.MULTILINE | re.DOTALL)
MADE_BY_READERS = {"conf/NAME", "conf/mine", "conf/six_hours", "conf/cautious", "conf/my_market"}


def prose(page: Path) -> str:
    """Text of a page without its code blocks."""
    return FENCE.sub("", page.read_text("utf-8"))


def spans(page: Path) -> list[str]:
    """Code spans of the prose."""
    return SPAN.findall(prose(page))


def known_settings() -> set[str]:
    """Every dotted setting of the models and of the files, with the blocks themselves."""
    found = {*PARAMETERS, *GLOBALS, *RUN_ARGUMENTS}
    for block, model in PARAMETERS.items():
        found |= {f"{block}.{name}" for name in model.model_fields}
    for file in (PROJECT / "conf" / "base").glob("parameters*.yml"):
        found |= dotted(yaml.safe_load(file.read_text("utf-8")))
    return found


def dotted(tree: object, above: str = "") -> set[str]:
    if not isinstance(tree, dict):
        return set()
    own = {f"{above}{key}" for key in tree}
    return own.union(*(dotted(value, f"{above}{key}.") for key, value in tree.items()))


def known_datasets() -> set[str]:
    files = (PROJECT / "conf" / "base").glob("catalog*.yml")
    return {name for file in files for name in yaml.safe_load(file.read_text("utf-8"))}


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_settings_and_datasets_exist(page: Path) -> None:
    settings, datasets = known_settings(), known_datasets()
    families = {name.partition(".")[0] for name in datasets if "." in name}
    for name in spans(page):
        value = name.split("=")[0]
        if not re.fullmatch(r"[a-z]\w*(\.\w+\*?)+", value) or value.endswith((".py", ".md")):
            continue
        head = value.partition(".")[0]
        if head in {*PARAMETERS, *families}:
            pattern = re.escape(value).replace(r"\*", r"\w+")
            known = settings | datasets
            files = value.endswith((".yml", ".html", ".csv", ".js", ".ipynb"))
            assert files or any(re.fullmatch(pattern, item) for item in known), name


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_python_names_exist(page: Path) -> None:
    for name in spans(page):
        if re.fullmatch(r"regime_factory(\.\w+)+", name):
            module, _, attribute = name.rpartition(".")
            try:
                import_module(name)
            except ModuleNotFoundError:
                assert hasattr(import_module(module), attribute), name


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_files_of_the_project_exist(page: Path) -> None:
    for name in spans(page):
        tops = r"(conf|src|tests|docs|notebooks|examples|benchmarks)/[\w./*-]*[\w*/]"
        place = re.fullmatch(tops, name)
        if place and not name.startswith(tuple(MADE_BY_READERS)):
            assert list(PROJECT.glob(name)), name


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_commands_named_in_prose_exist(page: Path) -> None:
    makefile = (PROJECT / "Makefile").read_text("utf-8")
    for name in spans(page):
        target = re.match(r"make ([a-z-]+)", name)
        if target:
            assert re.search(rf"^{target[1]}:", makefile, flags=re.MULTILINE), name
        asked = re.search(r"--pipelines? ([\w,]+)", name)
        if asked:
            assert set(asked[1].split(",")) <= {*pipeline_names(), "A", "B"}, name


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_links_lead_somewhere(page: Path) -> None:
    text = prose(page)
    links = re.findall(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)|srcset=\"([^\"]+)\"", text)
    for target in ("".join(parts).strip() for parts in links):
        assert (page.parent / target).exists(), target


def test_every_page_is_in_the_navigation_once() -> None:
    named = re.findall(r"[\w/-]+\.md", (PROJECT / "mkdocs.yml").read_text("utf-8"))
    own = [page.relative_to(PROJECT / "docs").as_posix() for page in PAGES[1:]]
    assert sorted(named) == sorted(own)


def test_every_message_of_troubleshooting_is_one_of_the_code() -> None:
    """A heading quotes a message; ... stands for what a run fills in."""
    texts = texts_of_the_code()
    page = PROJECT / "docs" / "troubleshooting.md"
    quoted = re.findall(r"^### `(.+)`$", page.read_text("utf-8"), flags=re.MULTILINE)
    assert len(quoted) >= 20
    for message in quoted:
        parts = [part.strip(" '") for part in message.split("...") if part.strip(" '")]
        assert any(all(part in text for part in parts) for text in texts), message


def texts_of_the_code() -> list[str]:
    """Every text of the source; places that a run fills in are left out of it."""
    texts = []
    for file in (PROJECT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.JoinedStr):
                pieces = [v.value if isinstance(v, ast.Constant) else "\0" for v in node.values]
                texts.append("".join(map(str, pieces)))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.append(node.value)
    return texts


def test_the_table_of_the_readme_names_datasets() -> None:
    text = (PROJECT / "README.md").read_text("utf-8")
    table = text.split("## What comes out")[1].split("```")[0]
    names = [name for name in SPAN.findall(table) if re.fullmatch(r"[a-z][a-z0-9_.*]+", name)]
    assert len(names) > 15
    for name in names:
        pattern = re.escape(name).replace(r"\*", r"\w+")
        assert any(re.fullmatch(pattern, item) for item in known_datasets()), name


def test_every_check_of_the_gate_is_explained() -> None:
    from regime_factory.bars.quality.findings import CHECKS

    explained = set(spans(PROJECT / "docs" / "concepts" / "quality.md"))
    assert set(CHECKS) <= explained, set(CHECKS) - explained
