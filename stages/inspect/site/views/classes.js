"use strict";
/* The classes: their figures, and their most telling cells. */
window.hpacells = window.hpacells || {};
(function (hpacells) {
  const { el, svg } = hpacells;

  function plot(name, text, xName, yName, ...marks) {
    const axes = [0, 0.5, 1].flatMap((value) => [
      svg("text", { x: 40 + 200 * value, y: 232, "text-anchor": "middle" }, String(value)),
      svg("text", { x: 34, y: 214 - 200 * value, "text-anchor": "end" }, String(value)),
      svg("line", { x1: 40, x2: 240, y1: 210 - 200 * value, y2: 210 - 200 * value, class: "rule" }),
    ]);
    return el(
      "figure",
      { class: "plot" },
      svg("svg", { viewBox: "0 0 250 255", role: "img", "aria-label": text }, axes, marks, svg("text", { x: 140, y: 250, "text-anchor": "middle" }, xName), svg("text", { x: 10, y: 110, "text-anchor": "middle", transform: "rotate(-90 10 110)" }, yName)),
      el("figcaption", {}, name),
    );
  }

  function drawCurve(entry) {
    if (!entry.curve) return el("p", { class: "quiet" }, "No curve: no label of this class is known.");
    const points = entry.curve.map(([recall, precision]) => 40 + 200 * recall + "," + (210 - 200 * precision)).join(" ");
    return plot("Precision by recall; average precision " + hpacells.number(entry.ap, 3), "Curve of precision by recall of " + entry.name, "recall", "precision", svg("polyline", { points, class: "curve" }));
  }

  function drawAgreement(entry) {
    const { agreement } = entry;
    if (!agreement) return el("p", { class: "quiet" }, "No image has several cells with one of this class.");
    const most = Math.max(...agreement.bins);
    const bars = agreement.bins.map((count, bin) => svg("rect", { x: 41 + 20 * bin, width: 18, y: 210 - (200 * count) / most, height: (200 * count) / most, class: "count" }, svg("title", {}, hpacells.plural(count, "image"))));
    return plot(
      "Share of an image's cells that have the class, in the " + hpacells.plural(agreement.images, "image") + " with any; mean " + hpacells.number(agreement.mean) + ". The highest bar is " + hpacells.plural(most, "image") + ".",
      "Histogram of the share of an image's cells that are " + entry.name,
      "share of the image's cells",
      "images, of the highest bar",
      bars,
    );
  }

  function drawConfusion(data) {
    const { classes, confusion } = data;
    const used = confusion.map((_, label) => label).filter((label) => confusion[label].some(Boolean) || confusion.some((row) => row[label]));
    if (!used.length) return el("p", { class: "quiet" }, "No confusion matrix: no cell with one label was predicted.");
    const head = used.map((label) => el("th", { scope: "col" }, el("span", {}, classes[label].name)));
    return el(
      "div",
      { class: "wide", tabindex: "0", role: "region", "aria-label": "Confusion matrix" },
      el(
        "table",
        { class: "confusion" },
        el("caption", {}, "Given class (rows) by likeliest class (columns), " + hpacells.plural(data.singles, "cell") + " with one given class. A number opens its cells."),
        el("thead", {}, el("tr", {}, el("td"), head)),
        el(
          "tbody",
          {},
          used.map(function (given) {
            const total = confusion[given].reduce((sum, count) => sum + count, 0);
            return el(
              "tr",
              {},
              el("th", { scope: "row" }, classes[given].name),
              used.map(function (top) {
                const count = confusion[given][top];
                if (!count) return el("td");
                const share = count / total;
                return el(
                  "td",
                  { class: given === top ? "same" : "other", style: "--share:" + share.toFixed(3) },
                  el("a", { href: hpacells.link("cells", [], { label: given, top, single: 1, out: "kept" }), title: hpacells.plural(count, "cell") + " of " + classes[given].name + ", likeliest " + classes[top].name }, String(count)),
                );
              }),
            );
          }),
        ),
      ),
    );
  }

  hpacells.views.classes = async function (address, main) {
    const data = await hpacells.load("data/classes");
    const labelled = Number(data.labelled) > 0;
    const columns = ["Class", "predicted", ...(labelled ? ["label", "right", "partly", "wrong", "AP"] : []), "agreement"];
    main.append(
      hpacells.heading("Classes"),
      el("p", { class: "quiet" }, labelled ? (hpacells.report.groups ? "" : "Labels are those of the images, which not every cell of an image need show. ") + "AP: average precision of the cells' probabilities. " : "No labels are known, so nothing is compared. ", "Agreement: mean share of an image's cells that have the class, over the images with any."),
      el(
        "table",
        { class: "classes-table" },
        el("thead", {}, el("tr", {}, columns.map((name, place) => el("th", { scope: "col", class: place ? "number" : "" }, name)))),
        el(
          "tbody",
          {},
          data.classes.map((entry, label) =>
            entry.predicted || entry.given
              ? el(
                  "tr",
                  {},
                  el("th", { scope: "row" }, el("a", { href: hpacells.link("class", [label]) }, entry.name)),
                  el("td", { class: "number" }, String(entry.predicted)),
                  labelled ? [entry.given, entry.right, entry.partly, entry.wrong].map((count) => el("td", { class: "number" }, String(count))) : null,
                  labelled ? el("td", { class: "number" }, hpacells.number(entry.ap, 3)) : null,
                  el("td", { class: "number" }, entry.agreement ? hpacells.number(entry.agreement.mean) : "–"),
                )
              : null,
          ),
        ),
      ),
      el("h2", {}, "Confusion"),
      drawConfusion(data),
    );
    return { title: "Classes" };
  };

  hpacells.views.class = async function (address, main) {
    const data = await hpacells.load("data/classes");
    const label = Number(address.parts[0]);
    const entry = data.classes[label];
    if (!entry) throw new Error("This report has no class " + address.parts[0]);
    const cells = new Map((await hpacells.loadCells()).map((cell) => [cell.page + " " + cell.n, cell]));
    const show = (what, text, link) => {
      const list = (entry[what] || []).map(([page, n, p]) => [cells.get(page + " " + n), p]).filter(([cell]) => cell);
      return el(
        "section",
        { "aria-label": text },
        el("h2", {}, text),
        list.length
          ? hpacells.grid(list, ([cell, p]) => hpacells.cellCard({ ...cell, confidence: p }, "", hpacells.link("class", [label], { list: what }).slice(1)), { "aria-label": text })
          : el("p", { class: "quiet" }, "There is none."),
        list.length ? el("p", {}, el("a", { href: link }, "all of them")) : "",
      );
    };
    const names = data.classes.map((each, number) => [number, each]).filter(([, each]) => each.predicted || each.given);
    const place = names.findIndex(([number]) => number === label);
    const go = (by) => names[place + by] && hpacells.go(hpacells.link("class", [names[place + by][0]]));
    main.append(
      el("div", { class: "title" }, hpacells.heading(entry.name), el("span", { class: "quiet" }, hpacells.plural(Number(entry.predicted), "cell") + " predicted" + (entry.given ? ", " + entry.given + " labelled" : "")), el("span", { class: "walk" }, el("a", { href: "#classes" }, "all classes"))),
      el("div", { class: "plots" }, drawCurve(entry), drawAgreement(entry)),
      show("confident", "Most confident cells", hpacells.link("cells", [], { class: label, sort: "confidence" })),
      entry.given !== 0 || entry.wrong || entry.partly || Number(data.labelled) ? show("mistakes", "Most confident mistakes: the label says otherwise", hpacells.link("cells", [], { class: label, agree: "differ", sort: "confidence" })) : "",
    );
    return { title: entry.name, keys: { "[": () => go(-1), "]": () => go(1), Escape: () => hpacells.go("#classes") } };
  };
})(window.hpacells);
