"use strict";
/* The grid of fields. */
window.hpacells = window.hpacells || {};
(function (hpacells) {
  const { el } = hpacells;

  function matches(field, chosen) {
    const { q, class: label, conf, label: given, agree, out } = chosen;
    if (q && !field.id.toLowerCase().includes(q.toLowerCase())) return false;
    const least = Number(conf || 0);
    if (label === "none" && !field.none) return false;
    if (label && label !== "none" && !field.classes.some(([number, , best]) => number === Number(label) && best >= least)) return false;
    if (!label && least && !field.classes.some(([, , best]) => best >= least)) return false;
    if (given === "none" && field.given.length) return false;
    if (given && given !== "none" && !field.given.includes(Number(given))) return false;
    if (agree === "differ" && !field.differ) return false;
    if (agree === "wrong" && !field.wrong) return false;
    if (agree === "same" && (field.differ || !field.given.length)) return false;
    if (out === "none" && field.dropped.length) return false;
    if (out === "any" && !field.dropped.length) return false;
    if (out && out !== "none" && out !== "any" && !field.dropped.includes(out)) return false;
    return true;
  }

  function order(list, chosen) {
    const best = (field) => {
      const entry = field.classes.find(([number]) => number === Number(chosen.class));
      return entry ? entry[2] : Math.max(0, ...field.classes.map(([, , value]) => value));
    };
    const keys = {
      confidence: (field) => -best(field),
      unsure: (field) => (field.confidence === null ? 2 : field.confidence),
      cells: (field) => -field.cells,
      differ: (field) => -field.differ / Math.max(1, field.cells),
      agreement: (field) => (field.agreement === null ? 2 : field.agreement),
    };
    if (chosen.sort === "id") return [...list].sort((one, other) => one.id.localeCompare(other.id, "en", { numeric: true }));
    const key = keys[chosen.sort];
    if (!key) return list;
    return list
      .map((field) => [key(field), field])
      .sort((one, other) => one[0] - other[0])
      .map(([, field]) => field);
  }

  function card(field, chosen) {
    const classes = field.classes.slice(0, 3).map(([label, count]) => hpacells.className(label) + " " + count);
    const badges = [];
    if (field.differ) badges.push(el("span", { class: "badge differ", title: "cells of which label and prediction differ" }, "≠ " + field.differ));
    if (field.cells > field.kept) badges.push(el("span", { class: "badge out", title: field.dropped.join(", ") }, field.cells - field.kept + " left out"));
    return el(
      "a",
      { class: "card field-card", href: hpacells.fieldLink(field, { mix: hpacells.mixInAddress() }), title: field.id },
      field.failed
        ? el("div", { class: "missing" }, "could not be shown")
        : el("img", { src: "fields/" + field.page + "_small.jpg", loading: "lazy", decoding: "async", alt: "", width: 190, height: 190 }),
      el("span", { class: "name" }, field.id),
      el("span", { class: "quiet" }, hpacells.plural(field.cells, "cell"), " ", badges),
      field.given.length ? el("span", { class: "given" }, "label ", hpacells.classNames(field.given)) : null,
      el("span", { class: "classes" }, classes.join(" · ") || "nothing predicted"),
    );
  }

  hpacells.views.fields = async function (address, main) {
    const { list } = await hpacells.loadFields();
    const chosen = { ...address.parameters };
    const { report } = hpacells;
    const what = report.groups ? "Groups" : "Fields";
    const known = new Set(list.flatMap((field) => field.classes.map(([label]) => label)));
    const given = new Set(list.flatMap((field) => field.given));
    const reasons = [...new Set(list.flatMap((field) => field.dropped))].sort();
    const classOptions = (labels) => [...labels].sort((one, other) => one - other).map((label) => [label, hpacells.className(label)]);
    const count = el("p", { role: "status", class: "count" });
    const place = el("div");

    function show() {
      const found = order(list.filter((field) => matches(field, chosen)), chosen);
      const noun = report.groups ? "group" : "field";
      count.textContent = found.length === list.length ? hpacells.plural(list.length, noun) : found.length + " of " + hpacells.plural(list.length, noun);
      place.replaceChildren(
        found.length ? hpacells.grid(found, (field) => card(field, chosen), { "aria-label": what }) : el("p", { class: "quiet" }, "None is like that. ", el("a", { href: "#fields" }, "Show all")),
      );
    }

    function change(name) {
      return function (value) {
        chosen[name] = value;
        hpacells.keep({ [name]: value });
        show();
      };
    }

    const search = el("input", { type: "search", name: "q", value: chosen.q || "", oninput: (event) => change("q")(event.target.value) });
    const least = el("output", {}, Number(chosen.conf || 0).toFixed(2));
    const confidence = el("input", {
      type: "range", name: "conf", min: 0, max: 1, step: 0.05, value: chosen.conf || 0,
      oninput: (event) => {
        least.textContent = Number(event.target.value).toFixed(2);
        change("conf")(event.target.value === "0" ? "" : event.target.value);
      },
    });
    confidence.value = chosen.conf || 0;
    const sort = [
      ["", "as segmented"], ["id", "ID"], ["confidence", "most confident first"], ["unsure", "least confident first"],
      ["cells", "most cells first"], ["agreement", "cells that disagree first"],
    ];
    if (given.size) sort.push(["differ", "most disagreement with the label first"]);
    main.append(
      hpacells.heading(what),
      report.total > list.length ? el("p", { class: "quiet" }, list.length + " of " + report.total + " are shown, evenly spread (setting inspect.max_fields).") : "",
      el(
        "form",
        { class: "filters", role: "search", onsubmit: (event) => event.preventDefault() },
        hpacells.labelled("ID", search),
        hpacells.choice("Predicted", [["", "any class"], ...classOptions(known), ["none", "no class called"]], chosen.class || "", change("class"), { name: "class" }),
        el("label", { class: "control" }, el("span", {}, "Probability at least ", least), confidence),
        given.size ? hpacells.choice("Label", [["", "no matter"], ...classOptions(given), ["none", "not labelled"]], chosen.label || "", change("label"), { name: "label" }) : null,
        given.size
          ? hpacells.choice("Label and prediction", [["", "no matter"], ["differ", "differ in some cell"], ["wrong", "have nothing in common in some cell"], ["same", "are the same in all cells"]], chosen.agree || "", change("agree"), { name: "agree" })
          : null,
        reasons.length
          ? hpacells.choice("Left out", [["", "no matter"], ["any", "some cell"], ...reasons.map((reason) => [reason, reason]), ["none", "no cell"]], chosen.out || "", change("out"), { name: "out" })
          : null,
        hpacells.choice("Order", sort, chosen.sort || "", change("sort"), { name: "sort" }),
      ),
      count,
      place,
    );
    show();
    return { title: what };
  };
})(window.hpacells);
