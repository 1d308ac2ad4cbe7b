"use strict";
/* What the user says of cells: kept in this browser, and written to a CSV file that `hpacells train` reads. */
window.hpacells = window.hpacells || {};
(function (hpacells) {
  const NAMES = { right: "right", wrong: "wrong", class: "another class", mask: "bad mask" };
  const COLUMNS = ["ID", "Cell", "Mark", "Label", "Predicted", "ImageLabel", "y0", "x0", "y1", "x1", "Area"];
  let marks = null;
  let isKept = true;

  function key() {
    return "hpacells.marks." + hpacells.report.key;
  }

  function all() {
    if (marks) return marks;
    marks = new Map();
    try {
      const stored = JSON.parse(localStorage.getItem(key()) || "[]");
      for (const mark of stored) marks.set(name(mark.image, mark.cell), mark);
    } catch {
      isKept = false;
    }
    return marks;
  }

  function name(image, cell) {
    return JSON.stringify([image, cell]);
  }

  function keep() {
    try {
      localStorage.setItem(key(), JSON.stringify([...all().values()]));
      isKept = true;
    } catch {
      isKept = false;
    }
    document.dispatchEvent(new CustomEvent("marked"));
  }

  hpacells.marksAreKept = () => isKept;
  hpacells.allMarks = () => [...all().values()];
  hpacells.markOf = (cell) => all().get(name(cell.image, cell.cell));

  hpacells.describeMark = function (mark) {
    return mark.mark === "class" ? mark.classes.join(", ") || "no class" : NAMES[mark.mark];
  };

  /* Marks a cell of a field as right, wrong, bad mask, or of other classes (their names). */
  hpacells.setMark = function (cell, mark, classes) {
    const names = (labels) => labels.map(hpacells.className);
    all().set(name(cell.image, cell.cell), {
      image: cell.image,
      cell: cell.cell,
      mark,
      classes: mark === "right" ? names(cell.called || []) : mark === "class" ? classes : [],
      predicted: names(cell.called || []),
      given: names(cell.given),
      box: cell.stored || cell.box,
      area: cell.area,
      page: cell.page,
      n: cell.n,
    });
    keep();
  };

  hpacells.removeMark = function (mark) {
    all().delete(name(mark.image, mark.cell));
    keep();
  };

  hpacells.removeAllMarks = function () {
    all().clear();
    keep();
  };

  /* As data/tables/csv_file.py does: a spreadsheet must take no text for a formula. */
  function quote(value) {
    let text = String(value);
    if (/^'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/.test(text) && !/^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(text)) text = "'" + text;
    return /[",\r\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
  }

  hpacells.writeMarks = function () {
    const rows = hpacells.allMarks().map((mark) => [
      mark.image,
      mark.cell,
      mark.mark,
      mark.classes.join("|"),
      mark.predicted.join("|"),
      mark.given.join("|"),
      ...mark.box,
      mark.area,
    ]);
    return [COLUMNS, ...rows].map((row) => row.map(quote).join(",")).join("\r\n") + "\r\n";
  };

  hpacells.exportMarks = function () {
    const address = URL.createObjectURL(new Blob([hpacells.writeMarks()], { type: "text/csv" }));
    const link = hpacells.el("a", { href: address, download: "corrections.csv" });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
    hpacells.announce("corrections.csv is written with " + hpacells.plural(hpacells.allMarks().length, "mark"));
  };
})(window.hpacells);
