"use strict";
/* Makes elements. Whatever comes from the data becomes text, never markup. */
window.hpacells = window.hpacells || {};
(function (hpacells) {
  const SVG = "http://www.w3.org/2000/svg";

  function fill(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (name === "value") element.value = value;
      else if (name === "checked" || name === "selected" || name === "disabled") element[name] = Boolean(value);
      else if (name === "style" && typeof value === "object") Object.assign(element.style, value);
      else element.setAttribute(name, value === true ? "" : value);
    }
    for (const child of children.flat(3)) {
      if (child !== null && child !== undefined && child !== false) element.append(child);
    }
    return element;
  }

  hpacells.el = function (tag, attributes, ...children) {
    return fill(document.createElement(tag), attributes, children);
  };

  hpacells.svg = function (tag, attributes, ...children) {
    return fill(document.createElementNS(SVG, tag), attributes, children);
  };

  hpacells.announce = function (text) {
    document.getElementById("announcer").textContent = text;
  };

  hpacells.heading = function (text) {
    return hpacells.el("h1", { tabindex: "-1" }, text);
  };

  /* A form field with its label. */
  hpacells.labelled = function (text, input) {
    return hpacells.el("label", { class: "control" }, hpacells.el("span", {}, text), input);
  };

  /* A choice among [value, text] pairs. */
  hpacells.choice = function (text, options, value, change, attributes) {
    const select = hpacells.el(
      "select",
      { ...attributes, onchange: () => change(select.value) },
      options.map(([key, name]) => hpacells.el("option", { value: key, selected: String(key) === String(value) }, name)),
    );
    return hpacells.labelled(text, select);
  };

  hpacells.number = function (value, digits) {
    return value === null || value === undefined ? "–" : value.toFixed(digits === undefined ? 2 : digits);
  };

  hpacells.plural = function (count, one, many) {
    return count.toLocaleString("en") + " " + (count === 1 ? one : many || one + "s");
  };

  hpacells.className = function (label) {
    return hpacells.report.classes[label];
  };

  hpacells.classNames = function (labels) {
    return labels.length ? labels.map(hpacells.className).join(", ") : "no class";
  };

  /* Calls back when an element comes near the part of the page that is seen. */
  hpacells.whenNear = function (element, act) {
    const observer = new IntersectionObserver(
      function (entries) {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        observer.disconnect();
        act();
      },
      { rootMargin: "400px" },
    );
    observer.observe(element);
  };

  const PER_TURN = 60;

  /* A grid of cards that grows while one scrolls; arrow keys move from card to card. */
  hpacells.grid = function (items, makeCard, attributes) {
    const grid = hpacells.el("div", { class: "grid", role: "list", ...attributes });
    let shown = 0;
    function more() {
      const part = items.slice(shown, shown + PER_TURN);
      shown += part.length;
      grid.append(...part.map((item) => hpacells.el("div", { role: "listitem" }, makeCard(item))));
      if (shown < items.length) {
        const rest = hpacells.el("div", { class: "rest", role: "listitem" }, hpacells.plural(items.length - shown, "more") + " …");
        rest.textContent = (items.length - shown).toLocaleString("en") + " more …";
        grid.append(rest);
        hpacells.whenNear(rest, function () {
          rest.remove();
          more();
        });
      }
    }
    more();
    grid.addEventListener("keydown", function (event) {
      const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 0, ArrowUp: 0 }[event.key];
      if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
      const cards = [...grid.querySelectorAll("a.card")];
      const place = cards.indexOf(document.activeElement);
      if (place < 0) return;
      const columns = getComputedStyle(grid).gridTemplateColumns.split(" ").length;
      const next = cards[place + (step || (event.key === "ArrowDown" ? columns : -columns))];
      if (next) {
        event.preventDefault();
        next.focus();
      }
    });
    return grid;
  };
})(window.hpacells);
