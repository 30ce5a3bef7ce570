// The merges of byte pair encoding, one after the other. Dragging the slider cuts the text anew at every step, here in
// the browser; only where it was let go is told to the page.

const SVG = "http://www.w3.org/2000/svg";
const PLAY_MS = 420;

function make(root, on) {
  const me = { at: 0, timer: 0 };

  const head = el("div", "head"), facts = el("p", "facts");
  const graph = el("div", "graph", null, { "aria-hidden": "true" });
  const svg = document.createElementNS(SVG, "svg"), path = document.createElementNS(SVG, "path");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("viewBox", "0 0 1000 100");
  path.setAttribute("vector-effect", "non-scaling-stroke");
  svg.append(path);
  const dot = el("span", "dot"), high = el("span", "high quiet"), low = el("span", "low quiet");
  graph.append(svg, dot, high, low);
  const slider = el("input", "slider", null, { type: "range", min: 0, max: 0, step: 1, value: 0, "aria-label": "Merges done" });
  const buttons = el("div", "buttons");
  const back = el("button", "back", "One back", { type: "button" }), next = el("button", "next", "Next merge", { type: "button" });
  const play = el("button", "play", "Play", { type: "button" }), place = el("span", "quiet where");
  buttons.append(back, next, play, place);
  const title = el("h3", "name"), line = el("div", "chips", null, { role: "group" });
  const none = el("p", "quiet none", "No text, no tokens: type something above.");
  root.append(head, facts, graph, slider, buttons, title, line, none);

  // ---- the tokenizer, as lmcore has it -------------------------------------------------------------------------
  function learn(data) {
    me.data = data;
    me.total = data.counts.length;
    me.index = new Map(); // byte -> index
    me.spelled = [new Uint8Array()]; // index -> bytes
    data.letters.forEach((byte, i) => {
      me.index.set(byte, i + 1);
      me.spelled[i + 1] = Uint8Array.of(byte);
    });
    me.rank = new Map(); // left * 65536 + right -> the merge that joins them
    for (let s = 0; s < me.total; s++) {
      const [left, right] = [me.spelled[data.left[s]], me.spelled[data.right[s]]];
      const both = new Uint8Array(left.length + right.length);
      both.set(left);
      both.set(right, left.length);
      me.spelled[data.new[s]] ??= both;
      me.rank.set(data.left[s] * 65536 + data.right[s], s);
    }
    const coder = new TextEncoder();
    me.words = data.pieces.map((piece) => Array.from(coder.encode(piece), (byte) => me.index.get(byte)));
    me.n_bytes = me.words.reduce((sum, word) => sum + word.length, 0);
  }

  /** A word cut with the first `s` merges: of the pairs in it, the one that was learnt first is joined first. */
  function cut(word, s) {
    const ids = word.slice();
    for (;;) {
      let best = s, at = -1;
      for (let i = 0; i + 1 < ids.length; i++) {
        const rank = me.rank.get(ids[i] * 65536 + ids[i + 1]);
        if (rank < best) [best, at] = [rank, i];
      }
      if (at < 0) return ids;
      ids.splice(at, 2, me.data.new[best]);
    }
  }

  const label = (index) => {
    const read = readable(me.spelled[index]);
    return [read.raw ? read.text.replace(/></g, " ").slice(1, -1) : face(read.text), read.raw];
  };
  const chip = (index, fresh) => {
    const node = pair(...[label(index)[0], index, label(index)[1]]);
    if (fresh) node.classList.add("fresh");
    return node;
  };
  const times = (n) => (n === 1 ? "once" : `${whole(n)} times`);

  // ---- drawing -------------------------------------------------------------------------------------------------
  function draw() {
    const { data, at, total } = me, s = at - 1; // the merge just done
    head.replaceChildren();
    if (!at) {
      head.append(el("span", "big", "No merge yet"), el("span", "", "every byte is a token"));
      facts.textContent = `The vocabulary has the start token and the 256 bytes: ${whole(data.sizes[0])}.` + (total ? " Drag, or press the right arrow." : " No pair of neighbours stands twice in this text, so there is nothing to merge.");
    } else {
      const sum = el("span", "sum");
      sum.append(chip(data.left[s]), el("span", "op", "+"), chip(data.right[s]), el("span", "op", "→"), chip(data.new[s], true));
      head.append(el("span", "big", `Merge ${whole(at)}`), sum);
      facts.textContent = `The pair stood in the text ${times(data.counts[s])}; no other pair stood there more often. Joined, it is index ${whole(data.new[s])}; the vocabulary has ${whole(data.sizes[at])} tokens now.`;
    }
    const cuts = me.words.map((word) => cut(word, at));
    const n = cuts.reduce((sum, ids) => sum + ids.length, 0);
    const nodes = [], begins = [], ends = [];
    let left = data.most;
    for (const ids of cuts) {
      ids.forEach((index, j) => {
        if (left-- <= 0) return;
        nodes.push(chip(index, at > 0 && index === data.new[s]));
        begins.push(j === 0);
        ends.push(j === ids.length - 1 && me.spelled[index].at(-1) === 10);
      });
    }
    title.replaceChildren(el("b", "", "Your text"), el("span", "quiet count", ` ${whole(n)} ${n === 1 ? "token" : "tokens"} for ${whole(me.n_bytes)} bytes${n > nodes.length ? `, the first ${whole(nodes.length)} drawn` : ""}`));
    line.replaceChildren(groups(nodes, (i) => begins[i], (i) => ends[i]));
    root.classList.toggle("nothing", !me.n_bytes);
    slider.value = at;
    slider.setAttribute("aria-valuetext", at ? `Merge ${at}: ${label(data.left[s])[0]} and ${label(data.right[s])[0]}, ${times(data.counts[s])}` : "no merge yet");
    place.textContent = `${whole(at)} of ${whole(total)} merges`;
    back.disabled = at === 0;
    next.disabled = play.disabled = at === total;
    dot.style.setProperty("--x", total > 1 && at ? (at - 1) / (total - 1) : 0);
    dot.style.setProperty("--y", at ? height(s) : 0);
    dot.hidden = !at;
  }

  /** Where a merge's count lies between the smallest and the largest one, 0 to 1, by its logarithm. */
  const height = (s) => {
    const [low, high] = [Math.log(me.data.counts[me.total - 1]), Math.log(me.data.counts[0])];
    return high > low ? Math.min(1, (Math.log(me.data.counts[s]) - low) / (high - low)) : 0;
  };

  /** How often the pair of each merge stood there, on a log scale, from the first merge to the last. */
  function curve() {
    const { total, data } = me, step = Math.max(1, Math.floor(total / 400)), points = [];
    for (let s = 0; s < total; s += step) points.push(`${((1000 * s) / Math.max(1, total - 1)).toFixed(1)} ${(96 - 92 * height(s)).toFixed(1)}`);
    path.setAttribute("d", points.length ? `M${points.join("L")}` : "");
    high.textContent = total ? `${whole(data.counts[0])} times` : "";
    low.textContent = total > 1 ? times(data.counts[total - 1]) : "";
    graph.hidden = total < 2;
  }

  // ---- what a person does --------------------------------------------------------------------------------------
  function go(to, tell) {
    me.at = Math.max(0, Math.min(me.total, to));
    draw();
    if (tell) me.component.setStateValue("step", { at: me.at, seq: Date.now() });
  }
  function stop(tell) {
    if (!me.timer) return;
    clearInterval(me.timer);
    me.timer = 0;
    play.textContent = "Play";
    if (tell) go(me.at, true);
  }
  on(slider, "input", () => {
    stop(false);
    go(Number(slider.value), false);
  });
  on(slider, "change", () => go(Number(slider.value), true));
  on(back, "click", () => (stop(false), go(me.at - 1, true)));
  on(next, "click", () => (stop(false), go(me.at + 1, true)));
  on(play, "click", () => {
    if (me.timer) return stop(true);
    play.textContent = "Pause";
    me.timer = setInterval(() => {
      go(me.at + 1, false);
      if (me.at === me.total) stop(true);
    }, PLAY_MS);
  });

  me.update = (bytes) => {
    root.classList.toggle("dark", isDark(root));
    const data = unpack(bytes);
    if (data.sig === me.sig && data.rev === me.rev) return;
    const fresh = data.sig !== me.sig, pushed = data.rev !== me.rev;
    [me.sig, me.rev] = [data.sig, data.rev];
    if (fresh) {
      stop(false);
      learn(data);
      slider.max = me.total;
      line.dir = direction(data.pieces.join(""));
      curve();
    }
    go(pushed ? data.step : me.at, false);
  };
  me.destroy = () => stop(false);
  return me;
}

export default mount(make);
