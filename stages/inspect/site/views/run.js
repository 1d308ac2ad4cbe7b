"use strict";
/* How the results came about. */
window.hpacells = window.hpacells || {};
(function (hpacells) {
  const { el } = hpacells;
  const PICTURES = { "curves.png": "Training curves", "find_rate.png": "Range test of the learning rate" };

  function flatten(settings, prefix) {
    return Object.entries(settings || {}).flatMap(([name, value]) =>
      value && typeof value === "object" && !Array.isArray(value) ? flatten(value, prefix + name + ".") : [[prefix + name, Array.isArray(value) ? value.join(", ") : String(value)]],
    );
  }

  function pairs(list, caption) {
    return el("table", { class: "pairs" }, el("caption", {}, caption), el("tbody", {}, list.map(([name, value]) => el("tr", {}, el("th", { scope: "row" }, name), el("td", {}, value)))));
  }

  function folded(summary, ...content) {
    return el("details", {}, el("summary", {}, summary), content);
  }

  function stageRow(stage) {
    const counts = Object.entries(stage.counts || {}).map(([name, count]) => count.toLocaleString("en", { maximumFractionDigits: 4 }) + " " + name);
    return el(
      "tr",
      {},
      el("th", { scope: "row" }, stage.stage),
      el("td", { class: "number" }, stage.seconds < 100 ? stage.seconds.toFixed(1) : stage.seconds.toFixed(0)),
      el("td", {}, counts.join(", ")),
      el("td", {}, stage.failures && stage.failures.length ? el("span", { class: "reason" }, hpacells.plural(stage.failures.length, "failure")) : ""),
      el("td", {}, (stage.finished || "").replace("T", " ").replace("+00:00", " UTC")),
    );
  }

  hpacells.views.run = async function (address, main) {
    const run = await hpacells.load("data/run");
    const summary = document.getElementById("summary").cloneNode(true);
    summary.id = "shown-summary";
    summary.hidden = false;
    const failures = run.stages.flatMap((stage) => (stage.failures || []).map((failure) => [stage.stage + ": " + failure.where, failure.why]));
    const warnings = run.stages.flatMap((stage) => (stage.warnings || []).map((text) => [stage.stage, text]));
    const all = [...warnings, ...failures, ...run.failures.map((failure) => ["inspect: " + failure.where, failure.why])];
    main.append(
      hpacells.heading("Run"),
      summary,
      el("h2", {}, "Warnings"),
      all.length ? pairs(all, "What failed, and what was warned of") : el("p", {}, "None."),
      el("h2", {}, "Stages"),
      el(
        "table",
        {},
        el("thead", {}, el("tr", {}, ["Stage", "seconds", "what was done", "", "finished"].map((name, place) => el("th", { scope: "col", class: place === 1 ? "number" : "" }, name)))),
        el("tbody", {}, run.stages.map(stageRow)),
      ),
      el("h2", {}, "Classifier"),
      run.classifier ? el("p", {}, run.classifier + ". ", run.limits ? el("b", {}, "Note: " + run.limits + ".") : "") : el("p", { class: "quiet" }, "None has predicted."),
      run.weights.length ? pairs(run.weights, "SHA-256 of the weights") : "",
      run.pictures.map((name) => el("section", {}, el("h2", {}, PICTURES[name]), el("img", { src: name, alt: PICTURES[name], class: "wide-picture", loading: "lazy" }))),
      el("h2", {}, "Settings and versions"),
      run.stages.map((stage) => folded("Settings of " + stage.stage, pairs(flatten(stage.settings, ""), "Settings of " + stage.stage))),
      folded("Settings of inspect", pairs(flatten(run.settings, ""), "Settings of inspect")),
      run.stages.length ? folded("Versions", pairs(Object.entries(run.stages[run.stages.length - 1].versions || {}), "Versions when " + run.stages[run.stages.length - 1].stage + " ran")) : "",
      el("p", { class: "quiet" }, "hpacells " + hpacells.report.version + ". This report loads nothing from elsewhere; its data lie in the files beside it."),
    );
    return { title: "Run" };
  };
})(window.hpacells);
