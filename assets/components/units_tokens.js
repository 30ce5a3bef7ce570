// A heatmap of units × tokens and the text beside it, under the hand: pointing previews a place, a click locks it,
// arrows move, Enter locks, Escape lets go. For components that have both.

/** Where on a heatmap's canvas an event is: its unit, by the rows that are drawn, and its token. */
function unitAndToken(me, canvas, event) {
  const box = canvas.getBoundingClientRect(), { P } = me.data, R = me.rows.length;
  if (!box.width) return null;
  const r = Math.min(R - 1, Math.max(0, Math.floor(((event.clientY - box.top) / box.height) * R)));
  return { unit: me.rows[r], at: Math.min(P - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * P))) };
}

/**
 * Let a person move over `grid` (whose places `place(event)` finds) and `strip` (of .tok chips with data-t).
 * `me` has unit, at, locked, rows and data.P; `current()` is the place that is shown, `preview(place or null)` shows
 * another one for a moment, `go(unit, at, lock)` goes there.
 */
function movedByHand(root, me, { on, grid, strip, place, current, preview, go }) {
  const chipAt = (event) => {
    const node = event.target.closest?.(".tok");
    return node ? { unit: me.unit, at: Number(node.dataset.t) } : null;
  };
  for (const [node, where] of [[grid, place], [strip, chipAt]]) {
    on(node, "pointermove", (event) => {
      const found = event.pointerType === "touch" || me.locked ? null : where(event);
      if (found) preview(found);
    });
    on(node, "pointerleave", () => {
      if (!me.locked) preview(null);
    });
    on(node, "click", (event) => {
      const found = where(event);
      if (found) go(found.unit, found.at, !(me.locked && found.unit === me.unit && found.at === me.at));
    });
    on(node, "keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.target !== node) return;
      const { unit, at } = current(), r = Math.max(0, me.rows.indexOf(unit)), down = node === grid ? 1 : 0, last = me.data.P - 1;
      let [dr, dt] = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [down, 0], ArrowUp: [-down, 0] }[event.key] ?? [0, 0];
      if (event.key === "Home") dt = -at;
      else if (event.key === "End") dt = last - at;
      else if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        return go(unit, at, !me.locked);
      }
      if (!dr && !dt) return;
      event.preventDefault();
      go(me.rows[Math.min(me.rows.length - 1, Math.max(0, r + dr))], Math.min(last, Math.max(0, at + dt)));
    });
  }
  on(root, "keydown", (event) => {
    if (event.key !== "Escape" || !me.locked) return;
    event.stopPropagation();
    go(me.unit, me.at, false);
  });
}
