"use strict";
/* Colours, stretches and adds the channels' grey pictures. How each channel is shown is kept from field to field. */
window.hpacells = window.hpacells || {};
(function (hpacells) {
  const COLOURS = { red: "#ff0000", green: "#00ff00", blue: "#0000ff", yellow: "#ffff00" };
  const FIELDS_KEPT = 3;
  const planes = new Map();

  function initial(name) {
    return { on: name !== "yellow", black: null, white: null, gamma: 1, colour: COLOURS[name] };
  }

  let mix = {};

  hpacells.resetMix = function () {
    mix = {};
    hpacells.keep({ mix: "" });
  };

  /* How a channel is shown: black and white are those of the field where nothing else was chosen. */
  hpacells.shownAs = function (channel) {
    const own = mix[channel.name] || initial(channel.name);
    return {
      ...own,
      black: own.black === null ? channel.black : own.black,
      white: own.white === null ? channel.white : own.white,
    };
  };

  hpacells.changeMix = function (name, changes) {
    mix[name] = { ...(mix[name] || initial(name)), ...changes };
    hpacells.keep({ mix: writeMix() });
  };

  function writeMix() {
    return Object.entries(mix)
      .map(([name, own]) =>
        [name, own.on ? 1 : 0, own.black === null ? "a" : own.black, own.white === null ? "a" : own.white, own.gamma, own.colour.slice(1)].join(":"),
      )
      .join(",");
  }

  hpacells.readMix = function (text) {
    if (!text) return;
    mix = {};
    for (const part of text.split(",")) {
      const [name, on, black, white, gamma, colour] = part.split(":");
      if (!(name in COLOURS) || !/^[0-9a-f]{6}$/i.test(colour || "")) continue;
      const value = (given) => (given === "a" || !Number.isFinite(Number(given)) ? null : Number(given));
      mix[name] = { on: on === "1", black: value(black), white: value(white), gamma: Number(gamma) || 1, colour: "#" + colour };
    }
  };

  hpacells.mixInAddress = function () {
    return writeMix();
  };

  async function decode(page, channel) {
    const picture = new Image();
    picture.src = await hpacells.loadOnce("fields/" + page + "_" + channel.name);
    await picture.decode();
    const canvas = document.createElement("canvas");
    canvas.width = picture.naturalWidth;
    canvas.height = picture.naturalHeight;
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(picture, 0, 0);
    const pixels = new Uint32Array(context.getImageData(0, 0, canvas.width, canvas.height).data.buffer);
    const grey = new Uint8Array(pixels.length);
    for (let place = 0; place < grey.length; place++) grey[place] = pixels[place];
    return { ...channel, grey, width: canvas.width, height: canvas.height };
  }

  /* Loads the channels of a field as planes of grey values; those of the last fields are kept. */
  hpacells.loadPlanes = function (page, field) {
    const known = planes.get(page) || Promise.all(field.channels.map((channel) => decode(page, channel)));
    planes.delete(page);
    planes.set(page, known);
    known.catch(() => planes.delete(page));
    if (planes.size > FIELDS_KEPT) planes.delete(planes.keys().next().value);
    return known;
  };

  function makeTable(plane, shown) {
    const value = parseInt(shown.colour.slice(1), 16);
    const parts = [value >> 16, (value >> 8) & 255, value & 255];
    const tables = parts.map(() => new Uint16Array(256));
    const width = Math.max(shown.white - shown.black, 0.5);
    for (let level = 0; level < 256; level++) {
      const grey = plane.low + (level * (plane.high - plane.low)) / 255;
      const part = Math.min(1, Math.max(0, (grey - shown.black) / width)) ** (1 / shown.gamma);
      for (let number = 0; number < 3; number++) tables[number][level] = Math.round(part * parts[number]);
    }
    return tables;
  }

  /* Draws some planes over one another into a canvas: of the whole field, or of a part of it.

     shown: of each plane how it is shown; region: x, y, width, height in px of the planes. */
  hpacells.compose = function (canvas, list, shown, region) {
    const width = list.length ? list[0].width : 1;
    const height = list.length ? list[0].height : 1;
    const part = region || { x: 0, y: 0, width, height };
    if (canvas.width !== part.width || canvas.height !== part.height) {
      canvas.width = part.width;
      canvas.height = part.height;
    }
    const context = canvas.getContext("2d");
    const image = context.createImageData(part.width, part.height);
    const data = image.data;
    const left = Math.max(0, part.x);
    const right = Math.min(width, part.x + part.width);
    const used = list.map((plane, place) => [plane.grey, ...makeTable(plane, shown[place])]).filter((_, place) => shown[place].on);
    for (let place = 3; place < data.length; place += 4) data[place] = 255;
    for (let y = Math.max(0, part.y); y < Math.min(height, part.y + part.height); y++) {
      const start = 4 * ((y - part.y) * part.width + (left - part.x));
      used.forEach(function ([grey, red, green, blue], number) {
        let target = start;
        const end = y * width + right;
        if (number === 0) {
          for (let source = y * width + left; source < end; source++, target += 4) {
            const level = grey[source];
            data[target] = red[level];
            data[target + 1] = green[level];
            data[target + 2] = blue[level];
          }
        } else {
          for (let source = y * width + left; source < end; source++, target += 4) {
            const level = grey[source];
            data[target] += red[level];
            data[target + 1] += green[level];
            data[target + 2] += blue[level];
          }
        }
      });
    }
    context.putImageData(image, 0, 0);
  };

  /* The controls of all channels; `changed` is called after each change. */
  hpacells.mixControls = function (field, changed) {
    const { el } = hpacells;
    const box = el("fieldset", { class: "mix" }, el("legend", {}, "Channels"));
    let waiting = false;
    function apply() {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(function () {
        waiting = false;
        changed();
      });
    }
    field.channels.forEach(function (channel, number) {
      const shown = hpacells.shownAs(channel);
      const change = (changes) => {
        hpacells.changeMix(channel.name, changes);
        apply();
      };
      const text = channel.stain + " (" + channel.name + ")";
      const range = (name, label, least, most, step, value) => {
        const output = el("output", {}, String(value));
        const input = el("input", {
          type: "range", min: least, max: most, step, value, name: channel.name + "-" + name,
          "aria-label": label + " of " + text,
          oninput: () => {
            output.textContent = input.value;
            change({ [name]: Number(input.value) });
          },
        });
        input.value = value;
        return el("label", { class: "slider" }, el("span", {}, label), input, output);
      };
      const most = Math.max(channel.high, Math.ceil(channel.white));
      const step = most - channel.low > 40 ? 1 : 0.5;
      box.append(
        el(
          "div",
          { class: "channel" },
          el(
            "div",
            { class: "channel-name" },
            el(
              "label",
              {},
              el("input", { type: "checkbox", name: channel.name, checked: shown.on, onchange: (event) => change({ on: event.target.checked }) }),
              " " + channel.stain + " ",
              el("kbd", {}, String(number + 1)),
            ),
            el("input", {
              type: "color", value: shown.colour, "aria-label": "Colour of " + text, name: channel.name + "-colour",
              oninput: (event) => change({ colour: event.target.value }),
            }),
          ),
          range("black", "black", channel.low, most, step, Math.round(shown.black)),
          range("white", "white", channel.low, most, step, Math.round(shown.white)),
          range("gamma", "gamma", 0.2, 4, 0.1, shown.gamma),
        ),
      );
    });
    return box;
  };
})(window.hpacells);
