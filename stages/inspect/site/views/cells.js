"use strict";
/* Lists of cells: chosen by class, label and so on, or in the order in which a label helps most. */
window.hpacells = window.hpacells || {};
(function (hpacells) {
  const { el } = hpacells;

  /* The tile of a cell, as composite and as the protein alone, cut from its field's sheet when it is seen. */
  hpacells.tile = function (page, n) {
    const box = el("div", { class: "tile" });
    hpacells.whenNear(box, async function () {
      try {
        const field = await hpacells.loadField(page);
        const place = field.cells.findIndex((cell) => cell.n === n);
        const sheet = Math.floor(place / field.sheetTiles) + 1;
        box.style.backgroundImage = 'url("fields/' + page + "_tiles_" + sheet + '.jpg")';
        box.style.backgroundPosition = "0 -" + (place % field.sheetTiles) * field.tile + "px";
      } catch {
        box.append("no picture");
      }
    });
    return box;
  };

  /* The name of a cell, of which the number stays in sight where the ID is too long. */
  hpacells.cellName = function (image, n) {
    return el("span", { class: "name" }, el("span", {}, image), hpacells.report.groups ? "" : el("span", {}, "cell " + n));
  };

  /* A card that opens a cell. `cell` has page, n, field, image and what is said of it. */
  hpacells.cellCard = function (cell, note, from) {
    const name = hpacells.report.groups ? cell.image : cell.image + ", cell " + cell.n;
    const mark = hpacells.markOf({ image: cell.image, cell: hpacells.report.groups ? 1 : cell.n });
    const called = cell.called === null ? "no prediction" : hpacells.classNames(cell.called);
    return el(
      "a",
      { class: "card cell-card " + (cell.verdict || ""), href: hpacells.cellLink(cell.field.id, cell.n, { from }), title: name },
      hpacells.tile(cell.page, cell.n),
      hpacells.cellName(cell.image, cell.n),
      el("span", {}, called, " ", cell.confidence === null ? "" : el("b", {}, hpacells.number(cell.confidence))),
      cell.given.length ? el("span", { class: "given" }, { right: "✓ ", partly: "≈ ", wrong: "✗ " }[cell.verdict] || "", "label ", hpacells.classNames(cell.given)) : null,
      cell.dropped ? el("span", { class: "reason" }, "left out: " + cell.dropped) : null,
      note ? el("span", { class: "quiet" }, note) : null,
      mark ? el("span", { class: "badge mark" }, "marked: " + hpacells.describeMark(mark)) : null,
    );
  };

  function matches(cell, chosen) {
    const { q, class: label, top, label: given, agree, out, conf, marked } = chosen;
    if (q && !cell.image.toLowerCase().includes(q.toLowerCase())) return false;
    if (label === "none" && !(cell.called && !cell.called.length)) return false;
    if (label && label !== "none" && !(cell.called && cell.called.includes(Number(label)))) return false;
    if (top && cell.top !== Number(top)) return false;
    if (conf && !(confidenceIn(cell, label) >= Number(conf))) return false;
    if (given === "none" && cell.given.length) return false;
    if (given && given !== "none" && !cell.given.includes(Number(given))) return false;
    if (chosen.single && cell.given.length !== 1) return false;
    if (agree === "differ" && cell.verdict !== "wrong" && cell.verdict !== "partly") return false;
    if (agree && agree !== "differ" && cell.verdict !== agree) return false;
    if (out === "kept" && cell.dropped) return false;
    if (out === "any" && !cell.dropped) return false;
    if (out && out !== "kept" && out !== "any" && cell.dropped !== out) return false;
    if (marked && Boolean(hpacells.markOf({ image: cell.image, cell: hpacells.report.groups ? 1 : cell.n })) !== (marked === "yes")) return false;
    return true;
  }

  function confidenceIn(cell, label) {
    const place = label && cell.called ? cell.called.indexOf(Number(label)) : -1;
    return place < 0 ? cell.confidence : cell.confidences[place];
  }

  /* The cells that an address of this view chooses, in their order. */
  hpacells.listCells = async function (address) {
    const cells = await hpacells.loadCells();
    const chosen = address.parameters;
    if (address.view === "queue") {
      const queue = await hpacells.load("data/queue");
      const known = new Map(cells.map((cell) => [cell.page + " " + cell.n, cell]));
      return queue.cells
        .map(([page, n, label, margin]) => ({ ...known.get(page + " " + n), asked: label, margin }))
        .filter((cell) => cell.image !== undefined);
    }
    const found = cells.filter((cell) => matches(cell, chosen));
    const keys = {
      confidence: (cell) => -(confidenceIn(cell, chosen.class) ?? -1),
      unsure: (cell) => confidenceIn(cell, chosen.class) ?? 2,
    };
    const key = keys[chosen.sort];
    if (!key) return found;
    return found
      .map((cell) => [key(cell), cell])
      .sort((one, other) => one[0] - other[0])
      .map(([, cell]) => cell);
  };

  hpacells.views.cells = async function (address, main) {
    const cells = await hpacells.loadCells();
    const chosen = { ...address.parameters };
    const called = new Set(cells.flatMap((cell) => cell.called || []));
    const given = new Set(cells.flatMap((cell) => cell.given));
    const reasons = [...new Set(cells.map((cell) => cell.dropped))].filter(Boolean).sort();
    const options = (labels) => [...labels].sort((one, other) => one - other).map((label) => [label, hpacells.className(label)]);
    const count = el("p", { role: "status", class: "count" });
    const place = el("div");

    async function show() {
      const link = hpacells.link("cells", [], chosen);
      const found = await hpacells.listCells(hpacells.readAddress(link));
      count.textContent = found.length + " of " + hpacells.plural(cells.length, "cell");
      place.replaceChildren(hpacells.grid(found, (cell) => hpacells.cellCard(cell, "", link.slice(1)), { "aria-label": "Cells" }));
    }

    function change(name) {
      return function (value) {
        chosen[name] = value;
        hpacells.keep({ [name]: value });
        show();
      };
    }

    main.append(
      hpacells.heading("Cells"),
      el(
        "form",
        { class: "filters", role: "search", onsubmit: (event) => event.preventDefault() },
        hpacells.labelled("ID", el("input", { type: "search", name: "q", value: chosen.q || "", oninput: (event) => change("q")(event.target.value) })),
        hpacells.choice("Predicted", [["", "any class"], ...options(called), ["none", "no class called"]], chosen.class || "", change("class"), { name: "class" }),
        chosen.top ? hpacells.choice("Likeliest", [["", "any class"], [chosen.top, hpacells.className(chosen.top)]], chosen.top, change("top"), { name: "top" }) : null,
        given.size ? hpacells.choice("Label", [["", "no matter"], ...options(given), ["none", "not labelled"]], chosen.label || "", change("label"), { name: "label" }) : null,
        given.size ? hpacells.choice("Prediction is", [["", "anything"], ["right", "right"], ["partly", "partly right"], ["wrong", "wrong"], ["differ", "partly right or wrong"]], chosen.agree || "", change("agree"), { name: "agree" }) : null,
        reasons.length ? hpacells.choice("Left out", [["", "also"], ["kept", "not shown"], ["any", "only these"], ...reasons.map((reason) => [reason, reason])], chosen.out || "", change("out"), { name: "out" }) : null,
        hpacells.choice("Marked", [["", "or not"], ["yes", "by you"], ["no", "not yet"]], chosen.marked || "", change("marked"), { name: "marked" }),
        hpacells.choice("Order", [["", "by field"], ["confidence", "most confident first"], ["unsure", "least confident first"]], chosen.sort || "", change("sort"), { name: "sort" }),
      ),
      count,
      place,
    );
    await show();
    return { title: "Cells" };
  };

  hpacells.views.queue = async function (address, main) {
    const queue = await hpacells.load("data/queue");
    const cells = await hpacells.listCells(address);
    main.append(
      hpacells.heading("To be labelled: " + queue.title),
      el("p", {}, queue.order, " Open a cell, mark it, and go on with the arrow keys."),
      el("p", { role: "status", class: "count" }, hpacells.plural(cells.length, "cell")),
      hpacells.grid(
        cells,
        (cell) => hpacells.cellCard(cell, "is it " + hpacells.className(cell.asked) + "? Margin " + hpacells.number(cell.margin), "queue"),
        { "aria-label": "Cells to be labelled" },
      ),
    );
    return { title: "To be labelled" };
  };
})(window.hpacells);
