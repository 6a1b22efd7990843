"""The report in a real browser: three widths, both themes, no script, print."""

from itertools import pairwise

import pytest

from regime_factory.report.palette import THEMES

pytestmark = pytest.mark.browser

WIDTHS = (1400, 768, 390)
READY = "html[data-ready]"


@pytest.fixture(scope="module")
def address(html, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(html, encoding="utf-8")
    return path.as_uri()


@pytest.fixture(scope="module")
def opened(chromium, address):
    """One page per width and theme, with what it asked for and said."""
    contexts, pages = [], {}

    def open_page(width, theme):
        if (width, theme) not in pages:
            context = chromium.new_context(
                viewport={"width": width, "height": 900}, color_scheme=theme
            )
            contexts.append(context)
            page = context.new_page()
            heard = {"requests": [], "messages": []}
            page.on("request", lambda request: heard["requests"].append(request.url))
            page.on("console", lambda message: heard["messages"].append(message.text))
            page.on("pageerror", lambda error: heard["messages"].append(str(error)))
            page.goto(address)
            page.wait_for_selector(READY, state="attached")
            pages[width, theme] = (page, heard)
        return pages[width, theme]

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_layout_requests_and_messages(opened, address, width, theme):
    page, heard = opened(width, theme)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert [url for url in heard["requests"] if not url.startswith("data:")] == [address]
    assert heard["messages"] == []
    assert page.locator(".page:visible").count() == 1
    assert page.locator(".page:visible .figure svg.main-svg").count() >= 8


@pytest.mark.parametrize("width", WIDTHS)
def test_no_text_below_12_pixels(opened, width):
    page, _ = opened(width, "light")
    smallest = page.evaluate(
        """() => {
          const sizes = [];
          document.querySelectorAll('details').forEach(fold => fold.open = true);
          document.querySelectorAll('body *').forEach(node => {
            const own = Array.from(node.childNodes).some(c => c.nodeType === 3 && c.data.trim());
            const shown = node.closest('svg') || node.getClientRects().length;
            const skipped = node.closest('script, style, noscript');
            if (own && shown && !skipped) sizes.push(parseFloat(getComputedStyle(node).fontSize));
          });
          document.querySelectorAll('details').forEach(fold => fold.open = false);
          return Math.min(...sizes);
        }"""
    )
    assert smallest >= 12


def test_first_screen_ends_inside_figure_one(opened):
    page, _ = opened(1400, "light")
    box = page.locator(".page:visible .figure").first.bounding_box()
    assert box["y"] < 900 < box["y"] + box["height"]


@pytest.mark.parametrize("width", WIDTHS)
def test_no_text_of_a_figure_is_cut_off(opened, width):
    page, _ = opened(width, "light")
    cut = page.evaluate(
        """() => Array.from(document.querySelectorAll('.figure')).flatMap(figure => {
          const frame = figure.getBoundingClientRect();
          return Array.from(figure.querySelectorAll('text')).filter(text => {
            const box = text.getBoundingClientRect();
            return box.width && (box.left < frame.left - 1 || box.right > frame.right + 1);
          }).map(text => figure.id + ': ' + text.textContent);
        })"""
    )
    assert cut == []


@pytest.mark.slow
def test_figures_have_labels_and_follow_the_theme(chromium, address):
    page = chromium.new_page(viewport={"width": 1400, "height": 900}, color_scheme="light")
    page.goto(address)
    page.wait_for_selector(READY, state="attached")
    labels = page.locator(".figure").evaluate_all("all => all.map(f => f.ariaLabel)")
    assert all(labels)

    def line_colour():
        return page.evaluate(
            "document.querySelector('.figure').data.slice(-6).map(t => t.line && t.line.color)"
        )

    light = line_colour()
    page.click("#theme")
    page.click("#theme")
    page.wait_for_selector(READY, state="attached")
    assert page.locator("#theme").inner_text() == "Theme: dark"
    assert line_colour() != light
    assert "@" not in page.evaluate(
        "JSON.stringify([...document.querySelectorAll('.figure')].map(f => [f.data, f.layout]))"
    )
    page.close()


@pytest.mark.slow
def test_the_symbol_switch_shows_one_whole_page(chromium, address):
    page = chromium.new_page(viewport={"width": 1400, "height": 900})
    page.goto(address)
    page.wait_for_selector(READY, state="attached")
    page.click("button[data-page=nasdaq]")
    page.wait_for_selector(READY, state="attached")
    assert page.locator("h1:visible").all_inner_texts() == ["NASDAQ, daily bars"]
    assert page.locator("#nasdaq .figure svg.main-svg").count() >= 8
    page.goto(f"{address}#nasdaq-data")
    page.reload()
    page.wait_for_selector(READY, state="attached")
    assert page.locator("h1:visible").all_inner_texts() == ["NASDAQ, daily bars"]
    page.close()


def test_without_script_text_and_tables_of_all_symbols_show(chromium, address):
    context = chromium.new_context(
        java_script_enabled=False, viewport={"width": 768, "height": 900}
    )
    page = context.new_page()
    page.goto(address)
    assert page.locator("h1:visible").count() == 2
    assert page.locator(".verdict h2:visible").count() == 2
    assert page.locator("table:visible").count() >= 6
    assert page.locator(".needs-script:visible").count() == 22
    assert page.locator("#theme:visible").count() == 0
    context.close()


def test_names_and_ticks_of_the_strategies_stand_apart_on_a_phone(opened):
    page, _ = opened(390, "light")
    boxes = page.evaluate(
        """() => {
          const figure = document.querySelector('.page:not([hidden]) .figure[id$=strategies]');
          const boxes = selector => [...figure.querySelectorAll(selector)].map(text => {
            const box = text.getBoundingClientRect();
            return [box.left, box.right, box.top, box.bottom, text.getAttribute('transform') || ''];
          });
          return [boxes('.xtick text'), boxes('.ytick text'), boxes('.xtitle')];
        }"""
    )
    ticks, names, (title,) = boxes
    assert len(ticks) >= 3
    assert all("rotate(90" not in tick[4] for tick in ticks)
    assert all(a[1] < b[0] for a, b in pairwise(sorted(ticks)))
    assert max(tick[3] for tick in ticks) <= title[2] + 1
    rows = sorted(names, key=lambda box: box[2])
    assert all(a[3] <= b[2] + 1 for a, b in pairwise(rows))


RECORD = """() => addEventListener('beforeprint', () => {
  window.printed = {
    pages: [...document.querySelectorAll('.page')].filter(page => !page.hidden).length,
    closed: document.querySelectorAll('details:not([open])').length,
    drawn: [...document.querySelectorAll('.figure')].map(figure => {
      const svg = figure.querySelector('svg.main-svg');
      return svg ? [Number(svg.getAttribute('width')), figure.layout.font.color] : null;
    }),
  };
})"""
PAPER = 718  # A4 at 96 pixels an inch, less twice 10 mm


@pytest.mark.slow
def test_print_draws_every_symbol_light_and_at_page_width(chromium, address):
    context = chromium.new_context(viewport={"width": 1400, "height": 900}, color_scheme="dark")
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector(READY, state="attached")
    page.evaluate(RECORD)
    made = page.pdf(format="A4", print_background=True)
    assert made.startswith(b"%PDF")
    printed = page.evaluate("window.printed")
    assert (printed["pages"], printed["closed"]) == (2, 0)
    assert len(printed["drawn"]) == 22
    assert {tuple(figure) for figure in printed["drawn"]} == {(688, THEMES["light"]["muted"])}
    page.wait_for_selector(READY, state="attached")
    assert page.locator(".page:visible").count() == 1
    assert page.locator("details[open]").count() == 0
    widths = page.evaluate(
        "[...document.querySelectorAll('.page:not([hidden]) .figure')]"
        ".map(figure => [figure.clientWidth, figure.layout.width])"
    )
    assert all(shown == drawn for shown, drawn in widths)
    assert max(shown for shown, _ in widths) > PAPER
    context.close()


@pytest.mark.slow
@pytest.mark.parametrize("width", [PAPER, 1046])
def test_nothing_is_wider_than_the_paper(chromium, address, width):
    """Upright and across: what `page.pdf` lays out, measured in print emulation."""
    context = chromium.new_context(viewport={"width": width, "height": 1046}, color_scheme="dark")
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector(READY, state="attached")
    page.emulate_media(media="print")
    page.wait_for_selector(".page:last-of-type details[open]")
    page.wait_for_selector(READY, state="attached")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(246, 248, 250)"
    assert page.locator("button:visible").count() == 0
    assert page.locator(".page:visible").count() == 2
    over = page.evaluate(
        """() => [...document.querySelectorAll('.card')].flatMap(card => {
          const inner = card.getBoundingClientRect();
          return [...card.querySelectorAll('table, td, th, .figure, p')].filter(node => {
            const box = node.getBoundingClientRect();
            const wide = node.scrollWidth > node.clientWidth + 1 && node.matches('td, th');
            return box.width && (box.left < inner.left || box.right > inner.right || wide);
          }).map(node => node.tagName + ': ' + node.textContent.slice(0, 40));
        })"""
    )
    assert over == []
    apart = page.evaluate(
        """() => [...document.querySelectorAll('.figure')].filter(figure => {
          const group = figure.closest('.whole, .pair > div');
          return !group || getComputedStyle(group).breakInside !== 'avoid' ||
            !group.querySelector('h2, h3') || group.getBoundingClientRect().height > 1046;
        }).map(figure => figure.id)"""
    )
    assert apart == []
    context.close()
