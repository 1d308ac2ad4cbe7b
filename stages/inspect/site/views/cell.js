"use strict";
/* One cell: its channels, its classes, what is known of it, and what the user says of it. */
window.hpacells = window.hpacells || {};
(function (hpacells) {
  const { el, svg } = hpacells;
  const MARGIN = 0.18;

  /* The square around a cell that is shown, in px of the field. */
  function findRegion(field, cell) {
    const [y0, x0, y1, x1] = cell.box;
    const margin = field.mosaic ? 0 : MARGIN;
    const side = Math.max(16, Math.round(Math.max(y1 - y0, x1 - x0) * (1 + 2 * margin)));
    return { x: Math.round((x0 + x1 - side) / 2), y: Math.round((y0 + y1 - side) / 2), width: side, height: side };
  }

  function makePicture(field, cell, region, planes, indices, text) {
    const canvas = el("canvas", { role: "img", "aria-label": text + " of the cell" });
    const outline = svg("svg", { viewBox: [region.x, region.y, region.width, region.height].join(" "), class: "outlines", "aria-hidden": "true" }, svg("polygon", { points: cell.outline, class: "plain" }));
    const scale = planes.length ? planes[0].width / field.width : 1;
    const part = { x: Math.round(region.x * scale), y: Math.round(region.y * scale), width: Math.max(1, Math.round(region.width * scale)), height: Math.max(1, Math.round(region.height * scale)) };
    const used = indices.map((index) => planes[index]);
    return {
      figure: el("figure", {}, el("div", { class: "square" }, canvas, outline), el("figcaption", {}, text)),
      draw() {
        const shown = indices.map(function (index) {
          const own = hpacells.shownAs(field.channels[index]);
          return indices.length > 1 ? own : { ...own, on: true, colour: "#ffffff" };
        });
        hpacells.compose(canvas, used, shown, part);
      },
    };
  }

  function scaleBar(field, region) {
    if (!field.um) return "";
    const width = region.width * field.um;
    const length = [1, 2, 5, 10, 20, 50, 100].findLast((um) => um <= width / 3) || width / 3;
    return el("span", { class: "scale-bar", style: { width: (100 * length) / width + "%" } }, length + " µm");
  }

  function bars(cell) {
    const { report } = hpacells;
    if (!cell.p) return el("p", { class: "quiet" }, cell.dropped ? "No prediction: the cell was left out." : "No prediction.");
    const order = cell.p.map((p, label) => [label, p]).sort((one, other) => other[1] - one[1]);
    return el(
      "table",
      { class: "bars" },
      el("caption", {}, report.thresholds ? "Probability of each class; the line is its threshold" : "Probability of each class"),
      el(
        "tbody",
        {},
        order.map(([label, p]) =>
          el(
            "tr",
            { class: cell.called.includes(label) ? "called" : "" },
            el("th", { scope: "row" }, hpacells.className(label)),
            el(
              "td",
              { class: "track" },
              el("span", { class: "bar", style: { width: (100 * p).toFixed(1) + "%" } }),
              report.thresholds ? el("span", { class: "threshold", title: "threshold " + hpacells.number(report.thresholds[label]), style: { left: 100 * report.thresholds[label] + "%" } }) : "",
            ),
            el("td", { class: "number" }, p < 0.0005 && p > 0 ? "<0.001" : hpacells.number(p, 3)),
            el("td", { class: "flags" }, cell.called.includes(label) ? "called " : "", cell.given.includes(label) ? el("b", { class: "right" }, "label") : ""),
          ),
        ),
      ),
    );
  }

  function facts(field, cell) {
    const um = field.um;
    const area = (px) => (um ? (px * um * um).toFixed(0) + " µm² (" + px.toLocaleString("en") + " px)" : px.toLocaleString("en") + " px");
    const box = cell.stored || cell.box;
    const rows = [];
    const add = (name, ...value) => rows.push(el("dt", {}, name), el("dd", {}, value));
    add("Predicted", cell.called === null ? "no prediction" : el("b", {}, hpacells.classNames(cell.called)));
    if (cell.given.length) {
      const verdict = { right: "✓ right", partly: "≈ partly right", wrong: "✗ wrong" }[cell.verdict];
      add(hpacells.report.groups ? "Label" : "Label of the image", hpacells.classNames(cell.given), " ", verdict ? el("span", { class: "verdict " + cell.verdict }, verdict) : "");
    }
    if (cell.dropped) add("Left out", el("span", { class: "reason" }, cell.dropped));
    if (cell.area) add("Cell", area(cell.area));
    if (cell.nucleus) add("Nucleus", area(cell.nucleus));
    const high = box[2] - box[0];
    const wide = box[3] - box[1];
    if (high && wide) add("Box", um ? (wide * um).toFixed(1) + " × " + (high * um).toFixed(1) + " µm" : wide + " × " + high + " px");
    if (!field.mosaic) add("Inside the image", (cell.inside < 1 ? "about " : "") + (100 * cell.inside).toFixed(0) + " %");
    return el("dl", { class: "facts" }, rows);
  }

  function markPanel(cell, after) {
    const panel = el("fieldset", { class: "marks" });
    let open = false;
    function button(mark, text, key) {
      const now = hpacells.markOf(cell);
      return el(
        "button",
        { type: "button", "data-mark": mark, "aria-pressed": String(Boolean(now && now.mark === mark)), disabled: mark === "right" && cell.called === null, onclick: () => choose(mark) },
        text + " ",
        el("kbd", {}, key),
      );
    }
    function choose(mark) {
      if (mark === "right" && cell.called === null) return;
      if (mark === "class") {
        open = true;
        show();
        panel.querySelector(".classes input").focus();
        return;
      }
      open = false;
      const now = hpacells.markOf(cell);
      if (now && now.mark === mark) hpacells.removeMark(now);
      else hpacells.setMark(cell, mark, []);
      finish();
    }
    function finish() {
      const now = hpacells.markOf(cell);
      show();
      hpacells.announce(now ? "marked: " + hpacells.describeMark(now) : "no mark");
      if (now && hpacells.goesOn()) after();
    }
    function save() {
      const names = [...panel.querySelectorAll(".classes input:checked")].map((input) => input.value);
      open = false;
      hpacells.setMark(cell, "class", names);
      finish();
    }
    function show() {
      const now = hpacells.markOf(cell);
      const ticked = now && now.mark === "class" ? now.classes : [];
      panel.replaceChildren(
        el("legend", {}, "Your mark"),
        el("p", { class: "buttons" }, button("right", "Right", "r"), button("wrong", "Wrong", "w"), button("class", "Another class …", "c"), button("mask", "Bad mask", "b")),
        el(
          "p",
          { class: "now" },
          now ? ["Marked: ", el("b", {}, hpacells.describeMark(now)), " ", el("button", { type: "button", onclick: undo }, "Take back ", el("kbd", {}, "u"))] : el("span", { class: "quiet" }, "Not marked."),
        ),
        open
          ? el(
              "div",
              { class: "classes" },
              el("p", {}, "Which classes does the cell show?"),
              el("div", { class: "choices" }, hpacells.report.classes.slice(0, hpacells.report.predicted || undefined).map((name) => el("label", {}, el("input", { type: "checkbox", value: name, checked: ticked.includes(name) }), " " + name))),
              el("p", { class: "buttons" }, el("button", { type: "button", class: "save", onclick: save }, "Save"), el("button", { type: "button", onclick: () => ((open = false), show()) }, "Cancel")),
            )
          : "",
        el("label", { class: "quiet" }, el("input", { type: "checkbox", name: "on", checked: hpacells.goesOn(), onchange: (event) => hpacells.goOn(event.target.checked) }), " go on to the next cell after a mark"),
        hpacells.marksAreKept() ? "" : el("p", { class: "reason" }, "This browser keeps nothing for pages from disk: export your marks before you close the page."),
      );
    }
    function undo() {
      const now = hpacells.markOf(cell);
      if (now) hpacells.removeMark(now);
      finish();
    }
    show();
    return { panel, choose, undo, save: () => open && save(), close: () => open && ((open = false), show(), true) };
  }

  let moves = false;
  hpacells.goesOn = () => moves;
  hpacells.goOn = (is) => (moves = is);

  function near(cell, list) {
    if (!cell.near.length) return "";
    return el(
      "section",
      { "aria-labelledby": "near" },
      el("h2", { id: "near" }, "Most alike"),
      el("p", { class: "quiet" }, "Compared " + hpacells.report.neighbours + "; the number is the cosine distance."),
      hpacells.grid(
        cell.near.filter(([page]) => page),
        ([page, n, distance]) => {
          const place = el("div", { class: "late" });
          const entry = list[page - 1];
          place.append(el("a", { class: "card cell-card", href: hpacells.cellLink(entry.id, n) }, hpacells.tile(page, n), hpacells.cellName(entry.id, n), el("span", { class: "said" }), el("span", { class: "quiet" }, "distance " + hpacells.number(distance, 3))));
          hpacells.whenNear(place, async function () {
            const other = (await hpacells.loadField(page)).cells.find((each) => each.n === n);
            place.querySelector(".said").textContent = hpacells.classNames(other.called || []) + " " + hpacells.number(Math.max(...(other.p || [0])));
            if (hpacells.report.groups) place.querySelector(".name span").textContent = other.image;
          });
          return place;
        },
        { "aria-label": "Most alike cells" },
      ),
    );
  }

  function attention(page, field, cell) {
    if (!cell.attention) return "";
    const [place, text] = cell.attention;
    const side = field.attentionTile;
    const sheet = Math.floor(place / field.sheetTiles) + 1;
    const { legend, scale, heads } = hpacells.report.attention;
    return el(
      "section",
      { "aria-labelledby": "why" },
      el("h2", { id: "why" }, "Why"),
      el("div", {
        class: "attention", role: "img", "aria-label": text,
        style: { width: side * heads + "px", height: side + "px", backgroundImage: 'url("fields/' + page + "_attention_" + sheet + '.jpg")', backgroundPosition: "0 -" + (place % field.sheetTiles) * side + "px" },
      }),
      el("p", {}, text),
      el("p", { class: "quiet" }, legend + " ", el("span", { class: "scale" }, "0 ", el("img", { src: scale, alt: "colours from 0 to the map's maximum" }), " its maximum")),
    );
  }

  /* Where one comes from: the list of cells that the arrow keys walk, as addresses. */
  async function listAround(from, field) {
    if (!from) return field.cells.map((cell) => ({ id: field.title, n: cell.n }));
    const address = hpacells.readAddress(from);
    if (address.view === "class") {
      const [what, label] = [address.parameters.list, Number(address.parts[0])];
      const { classes } = await hpacells.load("data/classes");
      const { list } = await hpacells.loadFields();
      return classes[label][what].map(([page, n]) => ({ id: list[page - 1].id, n }));
    }
    return (await hpacells.listCells(address)).map((cell) => ({ id: cell.field.id, n: cell.n }));
  }

  hpacells.views.cell = async function (address, main) {
    const [id, number] = address.parts;
    const { page, field, list } = await hpacells.findField(id);
    const cell = field.cells.find((each) => String(each.n) === number);
    if (!cell) throw new Error(id + " has no cell " + number);
    hpacells.readMix(address.parameters.mix);
    const from = address.parameters.from || "";
    const around = await listAround(from, field);
    const place = around.findIndex((each) => each.id === id && String(each.n) === number);
    const planes = await hpacells.loadPlanes(page, field);
    const region = findRegion(field, cell);
    const every = field.channels.map((_, index) => index);
    const pictures = [makePicture(field, cell, region, planes, every, "composite"), ...every.map((index) => makePicture(field, cell, region, planes, [index], field.channels[index].stain))];
    const box = el("div", { class: "pictures" }, pictures.map((picture) => picture.figure));
    pictures[0].figure.querySelector(".square").append(scaleBar(field, region));
    const draw = () => pictures.forEach((picture) => picture.draw());
    const go = (by) => {
      const next = around[place + by];
      if (place >= 0 && next) hpacells.go(hpacells.cellLink(next.id, next.n, { from, mix: hpacells.mixInAddress() }));
      else hpacells.announce("no further cell");
    };
    const marks = markPanel(cell, () => go(1));
    const controls = hpacells.mixControls(field, draw);
    const outlines = el("input", {
      type: "checkbox", name: "outlines", checked: address.parameters.outlines !== "0",
      onchange: (event) => {
        box.classList.toggle("bare", !event.target.checked);
        hpacells.keep({ outlines: event.target.checked ? "" : "0" });
      },
    });
    box.classList.toggle("bare", !outlines.checked);
    const name = hpacells.report.groups ? cell.image : id + ", cell " + cell.n;
    const back = hpacells.fieldLink({ id }, { cell: cell.n, mix: hpacells.mixInAddress() });
    main.append(
      el(
        "div",
        { class: "title" },
        hpacells.heading(name),
        el("a", { href: back }, hpacells.report.groups ? "its group " : "its field ", el("kbd", {}, "f")),
        el(
          "span",
          { class: "walk" },
          from ? el("a", { href: "#" + from }, "back to the list") : "",
          el("button", { type: "button", onclick: () => go(-1), disabled: place < 1, "aria-label": "Cell before" }, "←"),
          el("span", { class: "quiet" }, place < 0 ? "" : place + 1 + " of " + around.length),
          el("button", { type: "button", onclick: () => go(1), disabled: place < 0 || place + 1 >= around.length, "aria-label": "Next cell" }, "→"),
        ),
      ),
      el(
        "div",
        { class: "cell" },
        el(
          "div",
          {},
          box,
          el("p", { class: "tools" }, el("label", {}, outlines, " outline ", el("kbd", {}, "o"))),
          controls,
          el("section", { "aria-labelledby": "seen" }, el("h2", { id: "seen" }, "Tile"), el("p", { class: "quiet" }, "What was cut out for the classifier: composite (" + hpacells.report.colours + ") and the protein alone."), hpacells.tile(page, cell.n)),
          attention(page, field, cell),
        ),
        el("div", {}, marks.panel, facts(field, cell), bars(cell)),
      ),
      near(cell, list),
    );
    draw();
    return {
      title: name,
      keys: {
        ArrowRight: () => go(1),
        ArrowLeft: () => go(-1),
        r: () => marks.choose("right"),
        w: () => marks.choose("wrong"),
        c: () => marks.choose("class"),
        b: () => marks.choose("mask"),
        u: () => marks.undo(),
        Enter: () => marks.save(),
        f: () => hpacells.go(back),
        o: () => outlines.click(),
        Escape: () => marks.close() || hpacells.go(from ? "#" + from : back),
        ...hpacells.channelKeys(controls),
      },
    };
  };
})(window.hpacells);
