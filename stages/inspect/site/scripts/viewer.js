"use strict";
/* A field's picture with its cells' outlines, to zoom and to move. */
window.hpacells = window.hpacells || {};
(function (hpacells) {
  const { el, svg } = hpacells;
  const MOST_ZOOM = 16;
  const CLICK_PX = 4;

  function describeCell(field, cell) {
    const top = hpacells.topClasses(cell).map(([label, p]) => hpacells.className(label) + " " + hpacells.number(p));
    const name = cell.image === field.title ? "Cell " + cell.n : cell.image;
    const mark = hpacells.markOf(cell);
    return [
      name,
      cell.dropped ? "left out: " + cell.dropped : "",
      ...(top.length ? top : ["no prediction"]),
      mark ? "marked: " + hpacells.describeMark(mark) : "",
    ].filter(Boolean);
  }

  /* Makes the viewer.

     field, planes: what is shown; options: cell (its number is chosen), at (x,y,zoom), open and choose (called with a
     cell), moved (called with x,y,zoom as text). */
  hpacells.makeViewer = function (field, planes, options) {
    const canvas = el("canvas", { role: "img", "aria-label": field.title + ": the channels that are switched on, over one another" });
    const numberSize = Math.min(field.width / 45, 0.4 * Math.sqrt(median(field.cells.map((cell) => cell.area)) || 4000));
    const outlines = new Map();
    const layer = svg("svg", { viewBox: "0 0 " + field.width + " " + field.height, class: "outlines", "aria-hidden": "true" });
    for (const cell of field.cells) {
      const kind = cell.dropped ? "dropped" : cell.verdict;
      const outline = svg("polygon", { points: cell.outline, class: kind || "plain", "data-n": cell.n });
      outlines.set(cell.n, outline);
      const [y0, x0, y1, x1] = cell.box;
      layer.append(
        outline,
        svg("text", { x: (x0 + x1) / 2, y: (y0 + y1) / 2, style: "font-size:" + numberSize.toFixed(1) + "px" }, String(cell.n)),
      );
    }
    const content = el("div", { class: "content", style: { width: field.width + "px", height: field.height + "px" } }, canvas, layer);
    const tip = el("div", { class: "tip", role: "tooltip", hidden: true });
    const frame = el(
      "div",
      { class: "frame", tabindex: "0", role: "group", "aria-label": "Picture of the field. Arrow keys walk from cell to cell, Enter opens one, plus and minus zoom, 0 fits." },
      content,
      tip,
    );
    const cells = new Map(field.cells.map((cell) => [cell.n, cell]));
    let chosen = null;
    let scale = 1;
    let left = 0;
    let top = 0;
    let timer = 0;
    let isStarted = false;

    function place() {
      content.style.transform = "translate(" + left + "px," + top + "px) scale(" + scale + ")";
      canvas.classList.toggle("pixels", scale * (field.width / (canvas.width || 1)) > 3);
      clearTimeout(timer);
      if (!isStarted) return;
      timer = setTimeout(function () {
        if (!frame.isConnected) return;
        const x = (frame.clientWidth / 2 - left) / scale;
        const y = (frame.clientHeight / 2 - top) / scale;
        options.moved([x.toFixed(0), y.toFixed(0), scale.toFixed(3)].join(","));
      }, 200);
    }

    function fitted() {
      return Math.min(frame.clientWidth / field.width, frame.clientHeight / field.height);
    }

    function centre(x, y, zoom) {
      scale = Math.min(MOST_ZOOM, Math.max(Math.min(fitted(), 1) / 2, zoom));
      left = frame.clientWidth / 2 - x * scale;
      top = frame.clientHeight / 2 - y * scale;
      place();
    }

    function fit() {
      centre(field.width / 2, field.height / 2, fitted());
    }

    /* Zooms so that a place of the frame keeps its place of the field. */
    function zoom(factor, x, y) {
      const before = scale;
      scale = Math.min(MOST_ZOOM, Math.max(Math.min(fitted(), 1) / 2, scale * factor));
      const atX = x === undefined ? frame.clientWidth / 2 : x;
      const atY = y === undefined ? frame.clientHeight / 2 : y;
      left = atX - ((atX - left) * scale) / before;
      top = atY - ((atY - top) * scale) / before;
      place();
    }

    function choose(number, show) {
      if (chosen !== null && outlines.has(chosen)) outlines.get(chosen).classList.remove("chosen");
      chosen = cells.has(number) ? number : null;
      if (chosen === null) return;
      outlines.get(chosen).classList.add("chosen");
      layer.append(outlines.get(chosen));
      const cell = cells.get(chosen);
      if (show) {
        const [y0, x0, y1, x1] = cell.box;
        const x = left + ((x0 + x1) / 2) * scale;
        const y = top + ((y0 + y1) / 2) * scale;
        if (x < 0 || y < 0 || x > frame.clientWidth || y > frame.clientHeight) centre((x0 + x1) / 2, (y0 + y1) / 2, scale);
      }
      options.choose(cell);
    }

    function step(by) {
      const numbers = [...cells.keys()];
      if (!numbers.length) return;
      const from = chosen === null ? (by > 0 ? -1 : 0) : numbers.indexOf(chosen);
      choose(numbers[(from + by + numbers.length) % numbers.length], true);
      hpacells.announce(describeCell(field, cells.get(chosen)).join(", "));
    }

    function at(event) {
      const target = event.target.closest("polygon");
      return target ? cells.get(Number(target.dataset.n)) : undefined;
    }

    const pointers = new Map();
    let moved = 0;
    let apart = 0;

    frame.addEventListener("pointerdown", function (event) {
      if (event.button) return;
      pointers.set(event.pointerId, { x: event.clientX, y: event.clientY, cell: at(event) });
      moved = 0;
      apart = 0;
    });
    frame.addEventListener("pointermove", function (event) {
      const pointer = pointers.get(event.pointerId);
      if (!pointer) {
        showTip(event);
        return;
      }
      const dx = event.clientX - pointer.x;
      const dy = event.clientY - pointer.y;
      moved += Math.abs(dx) + Math.abs(dy);
      if (moved > CLICK_PX && !frame.hasPointerCapture(event.pointerId)) frame.setPointerCapture(event.pointerId);
      pointer.x = event.clientX;
      pointer.y = event.clientY;
      if (pointers.size === 2) {
        const [one, other] = [...pointers.values()];
        const now = Math.hypot(one.x - other.x, one.y - other.y);
        const box = frame.getBoundingClientRect();
        if (apart) zoom(now / apart, (one.x + other.x) / 2 - box.left, (one.y + other.y) / 2 - box.top);
        apart = now;
        return;
      }
      if (moved <= CLICK_PX) return;
      left += dx;
      top += dy;
      tip.hidden = true;
      place();
    });
    for (const end of ["pointerup", "pointercancel"]) {
      frame.addEventListener(end, function (event) {
        const pointer = pointers.get(event.pointerId);
        pointers.delete(event.pointerId);
        if (end === "pointerup" && pointer && pointer.cell && moved <= CLICK_PX) options.open(pointer.cell);
      });
    }
    frame.addEventListener("pointerleave", () => (tip.hidden = true));
    frame.addEventListener(
      "wheel",
      function (event) {
        event.preventDefault();
        const box = frame.getBoundingClientRect();
        zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0016)), event.clientX - box.left, event.clientY - box.top);
      },
      { passive: false },
    );
    frame.addEventListener("dblclick", fit);

    function showTip(event) {
      const cell = at(event);
      tip.hidden = !cell;
      if (!cell) return;
      const [name, ...lines] = describeCell(field, cell);
      tip.replaceChildren(el("b", {}, name), ...lines.map((line) => el("div", {}, line)));
      const box = frame.getBoundingClientRect();
      const x = event.clientX - box.left;
      const y = event.clientY - box.top;
      tip.style.left = Math.max(0, Math.min(x + 14, frame.clientWidth - tip.offsetWidth - 4)) + "px";
      tip.style.top = (y + 18 + tip.offsetHeight > frame.clientHeight ? y - tip.offsetHeight - 10 : y + 18) + "px";
    }

    frame.addEventListener("keydown", function (event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const pan = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
      if (pan && event.shiftKey) {
        left += pan[0] * 60;
        top += pan[1] * 60;
        place();
      } else if (event.key === "ArrowRight" || event.key === "ArrowDown") step(1);
      else if (event.key === "ArrowLeft" || event.key === "ArrowUp") step(-1);
      else if (event.key === "Enter" && chosen !== null) options.open(cells.get(chosen));
      else if (event.key === "+" || event.key === "=") zoom(1.4);
      else if (event.key === "-") zoom(1 / 1.4);
      else if (event.key === "0") fit();
      else return;
      event.preventDefault();
    });

    return {
      frame,
      fit,
      zoom,
      choose,
      draw() {
        hpacells.compose(canvas, planes, field.channels.map(hpacells.shownAs));
      },
      showOutlines(isShown) {
        layer.classList.toggle("hidden", !isShown);
      },
      start() {
        const [x, y, zoomed] = (options.at || "").split(",").map(Number);
        if (zoomed > 0 && Number.isFinite(x) && Number.isFinite(y)) centre(x, y, zoomed);
        else fit();
        if (options.cell) choose(options.cell, true);
        isStarted = true;
      },
    };
  };

  function median(values) {
    return [...values].sort((one, other) => one - other)[values.length >> 1];
  }

  /* The likeliest classes of a cell, as [label, probability]. */
  hpacells.topClasses = function (cell, count) {
    if (!cell.p) return [];
    return cell.p
      .map((p, label) => [label, p])
      .sort((one, other) => other[1] - one[1])
      .slice(0, count || hpacells.report.top);
  };
})(window.hpacells);
