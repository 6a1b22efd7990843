"""Every block of code of the docs does what its page says, in a copy of the project."""

from pathlib import Path

import pytest

from .pages import PAGES, blocks_of, relative
from .project import run_in_copy

RUN = ("python", "bash")
KNOWN = {"python", "bash", "yaml", "csv", "text"}
WITH_CODE = [page for page in PAGES[1:] if any(b.language in RUN for b in blocks_of(page))]


@pytest.mark.slow
@pytest.mark.parametrize("page", WITH_CODE, ids=relative)
def test_page_runs_from_top_to_bottom(page: Path, tmp_path: Path) -> None:
    run_in_copy(page, tmp_path)


def test_blocks_have_a_language_and_few_are_left_out() -> None:
    left_out = []
    for page in PAGES:
        for block in blocks_of(page):
            assert block.language in KNOWN, f"{relative(page)}, line {block.line}"
            if block.marker.startswith("not run"):
                assert len(block.marker) > len("not run: "), "say why"
                left_out.append((relative(page), block.line))
    assert len(left_out) <= 2, left_out


def test_no_fence_is_overlooked() -> None:
    for page in PAGES:
        fences = page.read_text("utf-8").count("```")
        assert fences == 2 * len(blocks_of(page)), relative(page)
