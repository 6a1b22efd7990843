"""The report in a real browser: three widths, both themes, no script, print."""

import pytest

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
    assert page.locator(".needs-script:visible").count() == 16
    assert page.locator("#theme:visible").count() == 0
    context.close()


@pytest.mark.slow
def test_print_is_light_with_folds_open(chromium, address):
    context = chromium.new_context(viewport={"width": 1400, "height": 900}, color_scheme="dark")
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector(READY, state="attached")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.wait_for_selector(READY, state="attached")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(246, 248, 250)"
    assert page.locator("details:visible:not([open])").count() == 0
    assert page.locator("button:visible").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details[open]").count() == 0
    context.close()
