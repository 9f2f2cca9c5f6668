// Draws the figure that the API sends, in the colours of the page. The figure itself is made on the server.
"use strict";
(() => {
  const box = document.getElementById("main-chart");
  const note = document.getElementById("main-chart-note");

  const PAPER = 700; // px between the margins of A4 and of US Letter

  // A mouse can draw across days; a finger scrolls the page, and has the fields.
  const drawn = matchMedia("(pointer: fine)").matches ? { dragmode: "select", selectdirection: "h" } : {};

  // The legend shows the name of a band. Of the modes only this one is a word of ours, and not of the protocol.
  const told = (shape) => (shape.name === "unknown" ? { ...shape, name: box.dataset.unknown } : shape);

  // What depends on the page and not on the figures: language, colours, type, room.
  const dressed = (layout) => {
    const small = box.clientWidth < 560;
    const { color: ink, backgroundColor: paper, borderTopColor: line } = getComputedStyle(box);
    const axis = { gridcolor: line, zerolinecolor: line, linecolor: line };
    const dress = (name) => ({ ...layout[name], ...axis });
    const bare = (name) => (small ? { ...dress(name), title: { text: "" } } : dress(name));
    return {
      ...layout,
      ...drawn,
      shapes: layout.shapes?.map(told),
      newselection: { line: { color: ink, width: 1 } },
      font: { family: "system-ui, sans-serif", size: small ? 11 : 13, color: ink },
      hoverlabel: { bgcolor: paper, bordercolor: line, font: { color: ink } },
      margin: { ...layout.margin, l: small ? 44 : 64 },
      xaxis: dress("xaxis"),
      yaxis: bare("yaxis"),
      yaxis2: bare("yaxis2"),
    };
  };

  // The days under the mouse become the range of the page, as if they stood in its form.
  const choose = (event) => {
    const [from, to] = (event?.range?.x ?? []).map((moment) => String(moment).slice(0, 10)).sort();
    if (!to) return;
    const address = new URL(location.href);
    address.hash = "";
    address.searchParams.delete("cursor");
    address.searchParams.set("from", from);
    address.searchParams.set("to", to);
    location.assign(address);
  };

  // This script stands before Plotly: the figure is on its way while that is read.
  const loaded = new Promise((resolve) => document.addEventListener("DOMContentLoaded", resolve));

  const draw = async () => {
    const answer = await fetch(box.dataset.figure, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    const { data, layout, config: locale } = await answer.json();
    const config = { ...locale, responsive: true, displayModeBar: false };
    await loaded;
    await Plotly.newPlot(box, data, dressed(layout), config);
    box.on("plotly_selected", choose);
    const redress = () => Plotly.react(box, data, dressed(layout), config);
    document.addEventListener("themechange", redress);
    // Paper is narrower than most screens, and nothing tells the chart so.
    addEventListener("beforeprint", () => Plotly.relayout(box, { autosize: false, width: PAPER }));
    addEventListener("afterprint", () => Plotly.relayout(box, { autosize: true, width: null }));
    let small = box.clientWidth < 560;
    addEventListener("resize", () => {
      if (small !== box.clientWidth < 560) {
        small = !small;
        redress();
      }
    });
  };

  note.textContent = note.dataset.drawing;
  draw().then(
    () => note.remove(),
    (error) => {
      note.textContent = note.dataset.failed;
      console.error(error);
    },
  );
})();
