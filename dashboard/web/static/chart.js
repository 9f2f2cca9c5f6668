// Draws the figure that the API sends, in the colours of the page. The figure itself is made on the server.
"use strict";
(() => {
  const box = document.getElementById("main-chart");
  const note = document.getElementById("main-chart-note");
  const config = { responsive: true, displayModeBar: false };

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  // What depends on the page and not on the figures: colours, type, room.
  const dressed = (layout) => {
    const small = box.clientWidth < 560;
    const ink = colour("--ink");
    const axis = { gridcolor: colour("--line"), zerolinecolor: colour("--line"), linecolor: colour("--line") };
    const dress = (name) => ({ ...layout[name], ...axis });
    const bare = (name) => (small ? { ...dress(name), title: { text: "" } } : dress(name));
    return {
      ...layout,
      font: { family: "system-ui, sans-serif", size: small ? 11 : 13, color: ink },
      hoverlabel: { bgcolor: colour("--paper"), bordercolor: colour("--line"), font: { color: ink } },
      margin: { ...layout.margin, l: small ? 44 : 64 },
      xaxis: dress("xaxis"),
      yaxis: bare("yaxis"),
      yaxis2: bare("yaxis2"),
    };
  };

  const draw = async () => {
    const answer = await fetch(box.dataset.figure, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    const { data, layout } = await answer.json();
    await Plotly.newPlot(box, data, dressed(layout), config);
    const redress = () => Plotly.react(box, data, dressed(layout), config);
    document.addEventListener("themechange", redress);
    let small = box.clientWidth < 560;
    addEventListener("resize", () => {
      if (small !== box.clientWidth < 560) {
        small = !small;
        redress();
      }
    });
  };

  note.textContent = "Drawing the chart …";
  draw().then(
    () => note.remove(),
    (error) => (note.textContent = `The chart could not be drawn (${error.message}); the table holds the same figures.`),
  );
})();
