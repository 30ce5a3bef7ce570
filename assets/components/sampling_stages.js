// What each stage of the pipeline makes of the same tokens: numbers only, no DOM.

const OFF = { penalty: 1, temperature: 1, top_k: 0, top_p: 1, min_p: 0 }; // each stage's setting that changes nothing

/** Tokens by logit, largest first, ties by index; `out` are left out (they can never be drawn). */
function sortedTokens(logits, out) {
  const order = [];
  for (let i = 0; i < logits.length; i++) if (!out.has(i)) order.push(i);
  return order.sort((a, b) => logits[b] - logits[a] || a - b); // -inf minus -inf is NaN: then by index
}

/** z / penalty where z > 0, z * penalty elsewhere, of those seen; as lmcore.sampling.repetition_penalty. */
function penalise(z, penalty) {
  if (z === -Infinity || penalty === 1) return z;
  return z > 0 ? z / penalty : z * penalty;
}

/**
 * The order after the penalty. Only the seen tokens move, so two sorted lists are merged: nothing is sorted anew but
 * the seen ones. Returns {order, sorted}: token indices and their penalised logits, largest first, ties by index.
 */
function penalisedOrder(order, logits, seen, penalty) {
  const n = order.length, value = (i) => (seen.has(i) ? penalise(logits[i], penalty) : logits[i]);
  let merged = order;
  if (penalty !== 1 && seen.size) {
    const before = (a, b) => value(b) - value(a) || a - b;
    const moved = order.filter((i) => seen.has(i)).sort(before), stay = order.filter((i) => !seen.has(i));
    merged = new Array(n);
    for (let k = 0, i = 0, j = 0; k < n; k++) {
      const first = j >= moved.length || (i < stay.length && before(stay[i], moved[j]) <= 0);
      merged[k] = first ? stay[i++] : moved[j++];
    }
  }
  return { order: merged, sorted: Float64Array.from(merged, value) };
}

/**
 * Everything about the stages at these settings: {order, sorted, weights, all, kept, sums, entropy}. `kept` and `sums`
 * say how many tokens, and how much weight, are left after softmax, top-k, top-p and min-p.
 */
function runStages(order, logits, seen, s) {
  const { order: now, sorted } = penalisedOrder(order, logits, seen, s.penalty);
  const weights = new Float64Array(sorted.length), shape = { ...OFF, temperature: s.temperature };
  const results = [distribution(sorted, weights, shape)];
  for (const name of ["top_k", "top_p", "min_p"]) {
    shape[name] = s[name]; // a stage that is off changes nothing, so nothing is computed for it
    results.push(s[name] === OFF[name] ? results[results.length - 1] : distribution(sorted, weights, shape));
  }
  const place = new Int32Array(logits.length).fill(-1);
  now.forEach((token, at) => { place[token] = at; });
  return {
    order: now, sorted, weights, place,
    all: results[0].sum, kept: results.map((d) => d.kept), sums: results.map((d) => d.sum), entropy: results[3].entropy,
  };
}

/** z / T as it is shown, with what it tends to at the ends. */
function divided(z, T, isFirst) {
  if (T === 0) return isFirst ? 0 : -Infinity;
  return T === Infinity ? 0 : z / T;
}

/** The token in whose part of the line 0 to 1 the number u lies, in the order of the vocabulary; as sampling.pick. */
function tokenAt(run, u) {
  const kept = run.order.slice(0, run.kept[3]).sort((a, b) => a - b), end = u * run.sums[3];
  let line = 0, last = kept[0];
  for (const token of kept) {
    const w = run.weights[run.place[token]];
    if (w > 0) last = token;
    line += w;
    if (line > end) return token;
  }
  return last;
}
