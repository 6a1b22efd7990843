(function () {
  "use strict";
  var root = document.documentElement;
  var themes = JSON.parse(document.getElementById("themes").textContent);
  var themeButton = document.getElementById("theme");
  var pages = Array.prototype.slice.call(document.querySelectorAll(".page"));
  var buttons = Array.prototype.slice.call(document.querySelectorAll("[data-page]"));
  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  var coarse = window.matchMedia("(pointer: coarse)").matches;
  var paper = 688; /* width of a printed figure in pixels, as in the style sheet */
  var tallest = 400; /* on paper, so that the first figure fits under the headline figures */
  var printing = false;
  var specs = {};
  root.classList.add("js");

  document.querySelectorAll("script[data-figure]").forEach(function (node) {
    specs[node.dataset.figure] = JSON.parse(node.textContent);
  });

  function colours() {
    var chosen = root.dataset.theme;
    if (printing) return themes.light;
    return themes[chosen === "auto" ? (dark.matches ? "dark" : "light") : chosen];
  }

  /* Copies a figure with "@token" replaced by the theme's colour and "$name" by its column. */
  function filled(value, tokens, columns) {
    if (typeof value === "string") {
      if (value.charAt(0) === "$") return columns[value.slice(1)] || [];
      return value.replace(/@([a-z]+[0-9]?)/g, function (all, name) { return tokens[name] || all; });
    }
    if (Array.isArray(value)) {
      var last = value[value.length - 1];
      return typeof last === "number" ? value : value.map(function (item) { return filled(item, tokens, columns); });
    }
    if (value && typeof value === "object") {
      var copy = {};
      Object.keys(value).forEach(function (key) { copy[key] = filled(value[key], tokens, columns); });
      return copy;
    }
    return value;
  }

  function draw(node) {
    var spec = specs[node.id];
    var tokens = colours();
    var columns = spec.columns;
    var layout = filled(spec.layout, tokens, columns);
    layout.width = printing ? paper : node.clientWidth;
    layout.height = printing ? Math.min(spec.height, tallest) : spec.height;
    layout.dragmode = coarse ? false : "zoom";
    layout.font = { family: getComputedStyle(document.body).fontFamily, size: 12, color: tokens.muted };
    if (layout.width < 480) narrow(layout);
    node.style.height = layout.height + "px";
    return Plotly.react(node, filled(spec.data, tokens, columns), layout, {
      displayModeBar: false, scrollZoom: false, showTips: false, doubleClick: "reset"
    });
  }

  /* Breaks a long text at the space nearest to its middle. */
  function halved(text) {
    var spaces = [];
    for (var k = 0; k < text.length; k += 1) if (text.charAt(k) === " ") spaces.push(k);
    if (text.length < 17 || !spaces.length) return text;
    var middle = text.length / 2;
    spaces.sort(function (a, b) { return Math.abs(a - middle) - Math.abs(b - middle); });
    return text.slice(0, spaces[0]) + "<br>" + text.slice(spaces[0] + 1);
  }

  /* Fits a figure to a phone: few level ticks, long names and the axis title on two lines, panel
     titles from the left edge. */
  function narrow(layout) {
    var axis = layout.xaxis;
    axis.tickangle = 0;
    if (layout.yaxis.ticktext) {
      var names = layout.yaxis.ticktext.map(halved);
      layout.height += 7 * names.filter(function (name) { return name.indexOf("<br>") > 0; }).length;
      layout.yaxis.ticktext = names;
    }
    if (axis.title && axis.title.text.length > 30) {
      axis.title.text = axis.title.text.replace(", ", "<br>");
      layout.margin.b += 16;
    }
    if (!axis.tickvals) {
      axis.nticks = 5;
    } else if (axis.type === "log") {
      var step = Math.ceil(axis.tickvals.length / 5);
      axis.ticktext = axis.ticktext.filter(function (_, k) { return k % step === 0; });
      axis.tickvals = axis.tickvals.filter(function (_, k) { return k % step === 0; });
    }
    (layout.annotations || []).forEach(function (note) {
      if (note.xref === "paper" && note.x === 0) note.xshift = 4 - layout.margin.l;
    });
  }

  /* Draws what is shown; the call itself draws, as a page that is printed does not wait. */
  function redraw() {
    var visible = Array.prototype.filter.call(document.querySelectorAll(".figure"), function (node) {
      return node.clientWidth > 0;
    });
    root.removeAttribute("data-ready");
    edges();
    return Promise.all(visible.map(draw)).then(function () { root.dataset.ready = "1"; });
  }

  function edges() {
    document.querySelectorAll(".scroll").forEach(function (box) {
      box.classList.toggle("right", box.scrollWidth - box.clientWidth - box.scrollLeft > 2);
    });
  }

  function setTheme(name) {
    root.dataset.theme = name;
    themeButton.textContent = "Theme: " + name;
    themeButton.setAttribute("aria-label", "Change theme, now " + name);
    redraw();
  }

  function show(slug) {
    pages.forEach(function (page) { page.hidden = page.id !== slug; });
    buttons.forEach(function (button) {
      button.setAttribute("aria-pressed", String(button.dataset.page === slug));
    });
  }

  function fromAddress() {
    var wanted = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    var page = wanted && wanted.closest(".page");
    show(page ? page.id : pages[0].id);
    return redraw().then(function () { if (wanted) wanted.scrollIntoView(); });
  }

  themeButton.addEventListener("click", function () {
    var order = ["auto", "light", "dark"];
    setTheme(order[(order.indexOf(root.dataset.theme) + 1) % 3]);
  });
  buttons.forEach(function (button) {
    button.addEventListener("click", function () { show(button.dataset.page); redraw(); });
  });
  document.querySelectorAll(".scroll").forEach(function (box) {
    box.addEventListener("scroll", edges, { passive: true });
  });
  document.querySelectorAll("details").forEach(function (fold) {
    fold.addEventListener("toggle", edges);
  });
  dark.addEventListener("change", function () { if (root.dataset.theme === "auto") redraw(); });

  var width = window.innerWidth;
  var waiting = 0;
  window.addEventListener("resize", function () {
    if (window.innerWidth === width || printing) return;
    width = window.innerWidth;
    clearTimeout(waiting);
    waiting = setTimeout(redraw, 120);
  });

  /* Prints every symbol, folds open; some browsers tell by events, some by the media query. */
  var opened = [];
  var shown = "";
  function toPaper() {
    if (printing) return;
    printing = true;
    shown = pages.filter(function (page) { return !page.hidden; })[0].id;
    pages.forEach(function (page) { page.hidden = false; });
    opened = Array.prototype.filter.call(document.querySelectorAll("details"), function (fold) { return !fold.open; });
    opened.forEach(function (fold) { fold.open = true; });
    redraw();
  }
  function toScreen() {
    if (!printing) return;
    printing = false;
    show(shown);
    opened.forEach(function (fold) { fold.open = false; });
    redraw();
  }
  window.addEventListener("beforeprint", toPaper);
  window.addEventListener("afterprint", toScreen);
  window.matchMedia("print").addEventListener("change", function (media) {
    if (media.matches) toPaper(); else toScreen();
  });

  window.addEventListener("hashchange", function () {
    var wanted = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    var page = wanted && wanted.closest(".page");
    if (page && page.hidden) { show(page.id); redraw(); }
  });
  fromAddress();
})();
