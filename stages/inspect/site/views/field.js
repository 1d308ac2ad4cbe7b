"use strict";
/* One field: its channels over one another, and its cells. */
window.hpacells = window.hpacells || {};
(function (hpacells) {
  const { el } = hpacells;

  hpacells.findField = async function (id) {
    const { list, pages } = await hpacells.loadFields();
    const page = pages.get(id);
    if (!page) throw new Error("This report has no " + (hpacells.report.groups ? "group " : "field ") + id);
    const entry = list[page - 1];
    if (entry.failed) throw new Error(id + " could not be shown; the view Run says why");
    const field = await hpacells.loadField(page);
    for (const cell of field.cells) cell.page = page;
    return { page, entry, field, list };
  };

  hpacells.sizeText = function (field) {
    const text = field.width + " × " + field.height + " px";
    return field.um ? text + ", " + (field.width * field.um).toFixed(0) + " × " + (field.height * field.um).toFixed(0) + " µm" : text;
  };

  function row(field, cell, viewer) {
    const top = hpacells.topClasses(cell, 1)[0];
    const mark = hpacells.markOf(cell);
    return el(
      "tr",
      { "data-n": cell.n, class: cell.dropped ? "dropped" : cell.verdict, onmouseenter: () => viewer.choose(cell.n, false) },
      el("td", { class: "number" }, el("a", { href: hpacells.cellLink(field.title, cell.n) }, hpacells.report.groups ? cell.image : String(cell.n))),
      el("td", {}, cell.dropped ? el("span", { class: "reason" }, "left out: " + cell.dropped) : cell.called ? hpacells.classNames(cell.called) : "no prediction"),
      el("td", { class: "number" }, top ? hpacells.number(top[1]) : ""),
      el("td", {}, { right: "✓", partly: "≈", wrong: "✗" }[cell.verdict] || "", mark ? el("span", { class: "badge mark" }, hpacells.describeMark(mark)) : ""),
    );
  }

  hpacells.views.field = async function (address, main) {
    const { page, entry, field, list } = await hpacells.findField(address.parts[0]);
    hpacells.readMix(address.parameters.mix);
    const planes = await hpacells.loadPlanes(page, field);
    const table = el("tbody");
    const viewer = hpacells.makeViewer(field, planes, {
      at: address.parameters.at,
      cell: Number(address.parameters.cell) || null,
      open: (cell) => hpacells.go(hpacells.cellLink(field.title, cell.n)),
      choose(cell) {
        hpacells.keep({ cell: cell.n });
        for (const line of table.children) line.classList.toggle("chosen", Number(line.dataset.n) === cell.n);
        const line = table.querySelector(".chosen");
        if (line && !line.matches(":hover")) line.scrollIntoView({ block: "nearest" });
      },
      moved: (at) => hpacells.keep({ at }),
    });
    table.append(...field.cells.map((cell) => row(field, cell, viewer)));
    const outlines = el("input", {
      type: "checkbox", name: "outlines", checked: address.parameters.outlines !== "0",
      onchange: (event) => {
        viewer.showOutlines(event.target.checked);
        hpacells.keep({ outlines: event.target.checked ? "" : "0" });
      },
    });
    const controls = el("div");
    function showControls() {
      controls.replaceChildren(hpacells.mixControls(field, () => viewer.draw()));
    }
    showControls();
    const before = list[page - 2];
    const after = list[page];
    main.append(
      el(
        "div",
        { class: "title" },
        hpacells.heading(field.title),
        el("span", { class: "quiet" }, field.mosaic ? hpacells.plural(field.cells.length, "cell") + (field.together ? ", all with one contrast" : ", each with a contrast of its own") : hpacells.sizeText(field) + ", " + hpacells.plural(field.cells.length, "cell")),
        entry.given.length ? el("span", { class: "given" }, "label ", hpacells.classNames(entry.given)) : "",
        el(
          "span",
          { class: "walk" },
          before ? el("a", { href: hpacells.fieldLink(before), rel: "prev" }, "← before") : "",
          after ? el("a", { href: hpacells.fieldLink(after), rel: "next" }, "next →") : "",
        ),
      ),
      el(
        "div",
        { class: "field" },
        el(
          "div",
          { class: "picture" },
          viewer.frame,
          el(
            "p",
            { class: "tools" },
            el("button", { type: "button", onclick: () => viewer.zoom(1.4), "aria-label": "Zoom in" }, "+"),
            el("button", { type: "button", onclick: () => viewer.zoom(1 / 1.4), "aria-label": "Zoom out" }, "−"),
            el("button", { type: "button", onclick: () => viewer.fit() }, "Fit"),
            el("label", {}, outlines, " outlines and numbers ", el("kbd", {}, "o")),
            el(
              "button",
              {
                type: "button",
                onclick: () => {
                  hpacells.resetMix();
                  showControls();
                  viewer.draw();
                },
              },
              "Reset channels",
            ),
            el("span", { class: "quiet" }, "Dashed: left out. ", entry.given.length ? "Magenta: nothing in common with the label." : ""),
          ),
        ),
        el(
          "div",
          { class: "side" },
          controls,
          el(
            "div",
            { class: "scroll", tabindex: "0", role: "region", "aria-label": "Cells" },
            el(
              "table",
              { class: "cells" },
              el("thead", {}, el("tr", {}, ...["Cell", "Predicted", "p", ""].map((text) => el("th", { scope: "col", class: text === "p" || text === "Cell" ? "number" : "" }, text)))),
              table,
            ),
          ),
        ),
      ),
    );
    viewer.draw();
    viewer.start();
    viewer.showOutlines(outlines.checked);
    return {
      title: field.title,
      keys: {
        o: () => outlines.click(),
        Escape: () => hpacells.go("#fields"),
        "[": () => before && hpacells.go(hpacells.fieldLink(before)),
        "]": () => after && hpacells.go(hpacells.fieldLink(after)),
        ...hpacells.channelKeys(controls),
      },
      focus: viewer.frame,
    };
  };

  /* Keys 1 to 4 switch the channels. */
  hpacells.channelKeys = function (controls) {
    const keys = {};
    for (let number = 1; number <= 4; number++) {
      keys[String(number)] = () => {
        const box = controls.querySelectorAll(".channel-name input[type=checkbox]")[number - 1];
        if (box) box.click();
      };
    }
    return keys;
  };
})(window.hpacells);
