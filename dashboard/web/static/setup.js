// Asks again while something is still awaited: a record that is not live yet, a self-test under way.
"use strict";
(() => {
  const EVERY = 5000; // ms
  const LONGEST = 30 * 60 * 1000;
  const box = document.getElementById("setup");
  const ways = document.getElementById("ways");
  const note = document.getElementById("live-note");
  const began = Date.now();
  const LIVE = [["is-seen", "live"], ["is-missing", "not seen"]];
  const ENDS = [["is-seen", "ok"], ["is-missing", "stopped"], ["", "waiting"]];

  const make = (name, text, style = "") => {
    const element = document.createElement(name);
    element.textContent = text;
    if (style) element.className = style;
    return element;
  };
  const pick = (words, value) => words[value === null ? 2 : value ? 0 : 1];

  const showSteps = (steps) => {
    for (const { key, seen } of steps) {
      const tick = document.querySelector(`[data-step="${key}"] .live-mark`);
      if (tick === null || seen === null) continue;
      const [style, text] = pick(LIVE, seen);
      tick.className = `live-mark ${style}`;
      tick.textContent = text;
    }
  };

  const showWays = (test) => {
    if (test === null) return;
    const said = pick(["it arrived", "it did not arrive", "under way"], test.arrived);
    const head = make("p", `Started ${new Date(test.started_at).toUTCString()}: `);
    head.append(make("strong", said));
    const parts = test.ways.flatMap((way) => {
      const list = make("ol", "", "way");
      for (const step of way.steps) {
        const [style, text] = pick(ENDS, step.ok);
        const item = make("li", "");
        item.append(make("span", text, `live-mark ${style}`), ` ${step.name}: ${step.text}`);
        list.append(item);
      }
      return [make("h3", way.rua || "the record"), list];
    });
    ways.replaceChildren(head, ...parts);
    ways.dataset.pending = test.arrived === null ? "yes" : "no";
  };

  const isAwaited = () =>
    ways.dataset.pending === "yes" || document.querySelector("#setup .live-mark.is-missing") !== null;

  const look = async () => {
    if (document.visibilityState === "visible") {
      try {
        const answer = await fetch(box.dataset.live, { headers: { Accept: "application/json" } });
        if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
        const { steps, self_test: test } = await answer.json();
        showSteps(steps);
        if (ways.dataset.pending === "yes") showWays(test);
        note.textContent = `Looked at ${new Date().toLocaleTimeString()}.`;
      } catch (error) {
        note.textContent = `Could not look: ${error.message}.`;
      }
    }
    later();
  };

  const later = () => {
    if (isAwaited() && Date.now() - began < LONGEST) setTimeout(look, EVERY);
  };
  later();
})();
