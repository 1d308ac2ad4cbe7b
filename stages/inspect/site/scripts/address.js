"use strict";
/* The state of a view lies in the address, behind the #, so that a view can be sent:
   #view/part/part?name=value */
window.hpacells = window.hpacells || {};
(function (hpacells) {
  hpacells.link = function (view, parts, parameters) {
    const path = [view, ...(parts || []).map((part) => encodeURIComponent(part))].join("/");
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(parameters || {})) {
      if (value !== "" && value !== null && value !== undefined) search.set(name, value);
    }
    const text = search.toString();
    return "#" + path + (text ? "?" + text : "");
  };

  function decode(part) {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  }

  hpacells.readAddress = function (hash) {
    const text = (hash === undefined ? location.hash : hash).replace(/^#/, "");
    const cut = text.indexOf("?");
    const [view, ...parts] = (cut < 0 ? text : text.slice(0, cut)).split("/");
    const parameters = Object.fromEntries(new URLSearchParams(cut < 0 ? "" : text.slice(cut + 1)));
    return { view: view || "fields", parts: parts.map(decode), parameters };
  };

  hpacells.go = function (link) {
    location.hash = link;
  };

  /* Changes the parameters of the address without opening the view again. */
  hpacells.keep = function (changes) {
    const { view, parts, parameters } = hpacells.readAddress();
    const link = hpacells.link(view, parts, { ...parameters, ...changes });
    history.replaceState(null, "", link);
  };

  hpacells.fieldLink = function (field, parameters) {
    return hpacells.link("field", [field.id], parameters);
  };

  hpacells.cellLink = function (id, n, parameters) {
    return hpacells.link("cell", [id, n], parameters);
  };
})(window.hpacells);
