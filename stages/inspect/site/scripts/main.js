"use strict";
/* Opens the view that the address names. */
window.hpacells = window.hpacells || {};
window.hpacells.views = window.hpacells.views || {};
(function (hpacells) {
  const { el } = hpacells;
  let current = {};
  let turn = 0;

  function listViews() {
    const { report } = hpacells;
    return [
      ["fields", report.groups ? "Groups" : "Fields"],
      ["cells", "Cells"],
      ["classes", "Classes"],
      ...(report.queue ? [["queue", "To be labelled"]] : []),
      ["corrections", "Corrections"],
      ["run", "Run"],
    ];
  }

  function showViews(view) {
    const within = { field: "fields", cell: "cells", class: "classes" }[view] || view;
    document.getElementById("views").replaceChildren(
      ...listViews().map(([name, text]) => {
        const marks = name === "corrections" ? hpacells.allMarks().length : 0;
        return el("a", { href: "#" + name, "aria-current": name === within ? "page" : null }, text, marks ? el("span", { class: "badge mark" }, String(marks)) : "");
      }),
    );
  }

  async function open() {
    const own = ++turn;
    const address = hpacells.readAddress();
    const main = el("main", { id: "main", tabindex: "-1", "aria-busy": "true", "data-shows": hpacells.link(address.view, address.parts) });
    const view = hpacells.views[address.view];
    let opened = {};
    try {
      if (!view) throw new Error("This report has no view " + address.view);
      const waiting = setTimeout(() => own === turn && hpacells.announce("Loading"), 400);
      const content = el("div", { class: "view " + address.view });
      main.append(content);
      // The views measure their elements, so they must lie in the page before they are drawn.
      const shown = view(address, { append: (...parts) => own === turn && (place(main), content.append(...parts.filter(Boolean))) });
      opened = (await shown) || {};
      clearTimeout(waiting);
    } catch (error) {
      if (own !== turn) return;
      place(main);
      main.replaceChildren(hpacells.heading("Not shown"), el("p", { class: "reason", role: "alert" }, error.message + "."), el("p", {}, el("a", { href: "#fields" }, "To the overview")));
    }
    if (own !== turn) return;
    current = opened;
    main.setAttribute("aria-busy", "false");
    document.title = (opened.title ? opened.title + " | " : "") + "hpacells report";
    hpacells.announce(opened.title || "");
    showViews(address.view);
    const target = opened.focus || main.querySelector("h1");
    if (target && !main.contains(document.activeElement)) target.focus({ preventScroll: true });
  }

  function place(main) {
    if (main.isConnected) return;
    document.getElementById("main").replaceWith(main);
    window.scrollTo(0, 0);
  }

  const HELP = [
    ["?", "this help"],
    ["Esc", "back: from a cell to its field or list, from a field to all"],
    ["← →", "cell before and after; in a grid, card to card"],
    ["[ ]", "field or class before and after"],
    ["Enter", "open the cell that is chosen in a field"],
    ["1 2 3 4", "switch a channel on or off"],
    ["o", "outlines on or off"],
    ["+ − 0", "zoom in, zoom out, fit; with the mouse: wheel, drag, double click"],
    ["Shift ← → ↑ ↓", "move the picture of a field"],
    ["f", "from a cell to its field"],
    ["r", "mark the cell: right"],
    ["w", "mark the cell: wrong"],
    ["c", "mark the cell: another class (then Enter to save)"],
    ["b", "mark the cell: bad mask"],
    ["u", "take the mark back"],
  ];

  function showHelp() {
    const dialog = document.getElementById("help");
    dialog.replaceChildren(
      el("h2", { id: "help-title" }, "Keys"),
      el("table", {}, el("tbody", {}, HELP.map(([key, text]) => el("tr", {}, el("th", { scope: "row" }, el("kbd", {}, key)), el("td", {}, text))))),
      el("form", { method: "dialog" }, el("button", {}, "Close")),
    );
    dialog.showModal();
  }

  function isTyping(target) {
    return target.matches("input:not([type=checkbox]):not([type=color]), select, textarea");
  }

  document.addEventListener("keydown", function (event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.getElementById("help").open || isTyping(event.target)) return;
    if (event.key === "Enter" && event.target.matches("a, button, summary")) return;
    if (event.key === "?") {
      event.preventDefault();
      showHelp();
      return;
    }
    const act = current.keys && current.keys[event.key];
    if (act) {
      event.preventDefault();
      act();
    }
  });

  document.addEventListener("marked", () => showViews(hpacells.readAddress().view));

  async function start() {
    document.getElementById("help-button").addEventListener("click", showHelp);
    document.getElementById("skip").addEventListener("click", () => document.getElementById("main").focus());
    document.getElementById("summary").hidden = true;
    try {
      hpacells.report = await hpacells.load("data/report");
    } catch (error) {
      document.getElementById("summary").hidden = false;
      document.getElementById("loading").textContent = "The data of this report cannot be read: " + error.message + ". Keep the folder whole, or run hpacells inspect again.";
      return;
    }
    window.addEventListener("hashchange", open);
    await open();
  }

  document.addEventListener("DOMContentLoaded", start);
})(window.hpacells);
