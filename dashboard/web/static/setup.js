// Asks again while something is still awaited: a record that is not live yet, a self-test under way.
"use strict";
(() => {
  const EVERY = 5000; // ms
  const LONGEST = 30 * 60 * 1000;
  const box = document.getElementById("setup");
  const ways = document.getElementById("ways");
  const note = document.getElementById("live-note");
  const began = Date.now();
  const words = JSON.parse(box.dataset.words); // in the language of the page
  const LIVE = [["is-seen", words.live], ["is-missing", words.missing]];
  const ENDS = [["is-seen", words.ok], ["is-missing", words.stopped], ["", words.waiting]];
  const utc = (time) => `${time.toISOString().slice(0, 19).replace("T", " ")} UTC`;

  const make = (name, text, style = "") => {
    const element = document.createElement(name);
    element.textContent = text;
    if (style) element.className = style;
    return element;
  };
  const pick = (among, value) => among[value === null ? 2 : value ? 0 : 1];

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
    const said = pick([words.arrived, words.lost, words.underway], test.arrived);
    const head = make("p", `${words.started} ${utc(new Date(test.started_at))}: `);
    head.append(make("strong", said));
    const parts = test.ways.flatMap((way) => {
      const list = make("ol", "", "way");
      for (const step of way.steps) {
        const [style, text] = pick(ENDS, step.ok);
        const item = make("li", "");
        item.append(make("span", text, `live-mark ${style}`), ` ${words.steps[step.name] ?? step.name}: ${step.text}`);
        list.append(item);
      }
      return [make("h3", way.rua || words.record), list];
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
        if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
        const { steps, self_test: test } = await answer.json();
        showSteps(steps);
        if (ways.dataset.pending === "yes") showWays(test);
        note.textContent = `${words.looked} ${utc(new Date())}`;
      } catch (error) {
        note.textContent = `${words.failed} ${error.message}`;
      }
    }
    later();
  };

  const later = () => {
    if (isAwaited() && Date.now() - began < LONGEST) setTimeout(look, EVERY);
  };
  later();
})();
