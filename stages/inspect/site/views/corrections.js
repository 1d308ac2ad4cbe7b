"use strict";
/* What the user has said of cells, to be exported. */
window.hpacells = window.hpacells || {};
(function (hpacells) {
  const { el } = hpacells;

  hpacells.views.corrections = async function (address, main) {
    const { list } = await hpacells.loadFields();
    const place = el("div");
    function show() {
      const marks = hpacells.allMarks();
      place.replaceChildren(
        el(
          "p",
          { class: "buttons" },
          el("button", { type: "button", id: "export", disabled: !marks.length, onclick: hpacells.exportMarks }, "Export corrections.csv"),
          el(
            "button",
            {
              type: "button", disabled: !marks.length,
              onclick: () => {
                if (window.confirm("Take back all " + hpacells.plural(marks.length, "mark") + "?")) {
                  hpacells.removeAllMarks();
                  show();
                }
              },
            },
            "Take all back",
          ),
        ),
        marks.length
          ? el(
              "table",
              {},
              el("thead", {}, el("tr", {}, ["Cell", "Mark", "Predicted", ""].map((name) => el("th", { scope: "col" }, name)))),
              el(
                "tbody",
                {},
                marks.map((mark) =>
                  el(
                    "tr",
                    {},
                    el("th", { scope: "row" }, list[mark.page - 1] ? el("a", { href: hpacells.cellLink(list[mark.page - 1].id, mark.n) }, hpacells.report.groups ? mark.image : mark.image + ", cell " + mark.cell) : mark.image + ", cell " + mark.cell),
                    el("td", {}, mark.mark === "right" ? "right: " + (mark.classes.join(", ") || "no class") : hpacells.describeMark(mark)),
                    el("td", {}, mark.predicted.join(", ")),
                    el(
                      "td",
                      {},
                      el(
                        "button",
                        {
                          type: "button",
                          onclick: () => {
                            hpacells.removeMark(mark);
                            show();
                          },
                        },
                        "Take back",
                      ),
                    ),
                  ),
                ),
              ),
            )
          : el("p", { class: "quiet" }, "No cell is marked yet. Open a cell, and press r (right), w (wrong), c (another class) or b (bad mask)."),
      );
    }
    main.append(
      hpacells.heading("Corrections"),
      el("p", {}, "Marks are kept in this browser alone, for these cells. Train with them: ", el("code", {}, "hpacells train --work W --labels LABELS.csv --corrections corrections.csv")),
      hpacells.marksAreKept() ? "" : el("p", { class: "reason" }, "This browser keeps nothing for pages from disk: export your marks before you close the page."),
      place,
    );
    show();
    return { title: "Corrections" };
  };
})(window.hpacells);
