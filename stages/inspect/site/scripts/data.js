"use strict";
/* Loads the report's data. A page that was opened from disk may not fetch files, but it may run scripts:
   each part of the data is a script that calls hpacells.receive. */
window.hpacells = window.hpacells || {};
(function (hpacells) {
  const received = new Map();
  const promises = new Map();
  const FIELDS_KEPT = 40;

  hpacells.receive = function (name, content) {
    received.set(name, content);
  };

  function run(name) {
    return new Promise(function (resolve, reject) {
      const script = document.createElement("script");
      script.src = name.split("/").map(encodeURIComponent).join("/") + ".js";
      script.addEventListener("load", function () {
        script.remove();
        if (received.has(name)) resolve(received.get(name));
        else reject(new Error(name + ".js is damaged"));
        received.delete(name);
      });
      script.addEventListener("error", function () {
        script.remove();
        reject(new Error(name + ".js cannot be read"));
      });
      document.head.append(script);
    });
  }

  /* Loads a part that is kept from then on. */
  hpacells.load = function (name) {
    if (!promises.has(name)) {
      const promise = run(name);
      promise.catch(() => promises.delete(name));
      promises.set(name, promise);
    }
    return promises.get(name);
  };

  /* Loads a part once: pictures, which are large, are kept by those who decode them. */
  hpacells.loadOnce = run;

  const fields = new Map();

  /* Loads what is said of a field and its cells, by its number; the last ones are kept. */
  hpacells.loadField = function (page) {
    const known = fields.get(page) || run("fields/" + page);
    fields.delete(page);
    fields.set(page, known);
    known.catch(() => fields.delete(page));
    if (fields.size > FIELDS_KEPT) fields.delete(fields.keys().next().value);
    return known;
  };

  let index = null;

  /* Loads the index of fields: a list with `page`, and the numbers by ID. */
  hpacells.loadFields = function () {
    if (!index) {
      index = (async function () {
        const parts = [];
        for (let part = 1; part <= hpacells.report.parts.fields; part++) parts.push(hpacells.load("data/fields_" + part));
        const list = (await Promise.all(parts)).flat();
        const pages = new Map();
        list.forEach(function (field, place) {
          field.page = place + 1;
          if (!pages.has(field.id)) pages.set(field.id, place + 1);
        });
        return { list, pages };
      })();
    }
    return index;
  };

  let cells = null;

  /* Loads the index of cells, one entry per cell. */
  hpacells.loadCells = function () {
    if (!cells) {
      cells = (async function () {
        const parts = [];
        for (let part = 1; part <= hpacells.report.parts.cells; part++) parts.push(hpacells.load("data/cells_" + part));
        const fields = (await hpacells.loadFields()).list;
        const list = [];
        for (const part of await Promise.all(parts)) {
          for (let place = 0; place < part.f.length; place++) {
            const called = part.c[place] < 0 ? null : part.sets[part.c[place]];
            list.push({
              page: part.f[place],
              n: part.n[place],
              field: fields[part.f[place] - 1],
              image: part.i ? part.i[place] : fields[part.f[place] - 1].id,
              called,
              given: part.sets[part.g[place]],
              top: part.t[place],
              confidence: part.p[place],
              confidences: part.q[place] || (called && called.length ? [part.p[place]] : []),
              verdict: ["", "right", "partly", "wrong"][part.v[place]],
              dropped: part.reasons[part.d[place]],
            });
          }
        }
        return list;
      })();
    }
    return cells;
  };
})(window.hpacells);
