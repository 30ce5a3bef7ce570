// What lmcore/sampling.py does, for tokens that are sorted already: temperature, top-k, top-p, min-p, renormalise.

/**
 * The distribution over tokens sorted by log-probability, ties by index. Because order never changes with temperature,
 * every cut keeps a prefix. Fills `weights` (relative to the first) and returns {kept, all, sum, entropy}: how many
 * stay, the sum of all weights, the sum of the kept ones, and the entropy of the result in nats.
 */
function distribution(sorted, weights, { temperature, top_k, top_p, min_p }) {
  const n = sorted.length, first = sorted[0];
  let all = 0;
  if (temperature === 0) {
    weights.fill(0);
    weights[0] = all = 1;
  } else if (temperature === Infinity) {
    weights.fill(1);
    all = n;
  } else {
    const beta = 1 / temperature;
    let i = 0;
    for (; i < n; i++) {
      const x = (sorted[i] - first) * beta;
      if (x < -740) break; // from here on all are 0, -inf among them
      all += weights[i] = Math.exp(x);
    }
    weights.fill(0, i);
  }
  let kept = temperature === 0 ? 1 : n;
  if (top_k > 0 && top_k < kept) {
    const last = sorted[top_k - 1];
    kept = top_k;
    while (kept < n && sorted[kept] === last) kept++; // those that equal the k-th stay with it
  }
  if (temperature === Infinity) {
    // What is left as T grows without bound: a ratio below 1 tends to 1, so min-p cuts only when it is 1.
    if (top_k > 0 || top_p < 1 || min_p > 0) while (kept > 1 && sorted[kept - 1] === -Infinity) kept--;
    if (top_p < 1) kept = Math.max(1, Math.ceil(top_p * kept - 1e-9));
    if (min_p === 1) while (kept > 1 && sorted[kept - 1] < first) kept--;
    return { kept, all, sum: kept, entropy: Math.log(kept) };
  }
  let sum = all;
  if (kept < n) {
    sum = 0;
    for (let i = 0; i < kept; i++) sum += weights[i];
  }
  if (top_p < 1) {
    let i = 0, mass = 0;
    while (i < kept) {
      mass += weights[i++];
      if (mass >= top_p * sum) break;
    }
    kept = i;
    sum = mass;
  }
  if (min_p > 0) {
    let i = kept;
    while (i > 1 && weights[i - 1] < min_p) i--; // weights[0] is 1
    if (i < kept) {
      kept = i;
      sum = 0;
      for (let j = 0; j < kept; j++) sum += weights[j];
    }
  }
  let entropy;
  if (temperature === 0) entropy = 0;
  else {
    let drift = 0; // H = ln Z - sum w x / Z, with w = exp(x): no logarithm per token
    const beta = 1 / temperature;
    for (let i = 0; i < kept && weights[i] > 0; i++) drift += weights[i] * (sorted[i] - first) * beta;
    entropy = Math.max(0, Math.log(sum) - drift / sum);
  }
  return { kept, all, sum, entropy };
}
