// Texts with the runs underlined that stand word for word in the text they were learnt from.
// Hovering or focusing a run says where; a click keeps it.

class CopiedRuns {
  constructor(root) {
    this.root = root;
    this.list = el("div", "lines");
    this.where = el("p", "where quiet", null, { "aria-live": "polite" });
    root.append(this.list, this.where);
  }

  update(bytes) {
    const data = unpack(bytes);
    if (data.sig === this.sig) return;
    this.sig = data.sig;
    this.data = data;
    this.locked = null;
    this.list.replaceChildren(...data.lines.map((line, i) => this.line(line, i)));
    this.tell(null);
  }

  line(line, i) {
    const row = el("div", "line");
    row.append(el("span", "name quiet", line.name));
    const text = el("p", "text");
    let at = 0;
    line.runs.forEach(([begin, end], j) => {
      const from = Math.max(begin, at); // two runs may overlap: what both have belongs to the first
      if (from > at) text.append(line.tokens.slice(at, from).join(""));
      // no <button>: that is a box of its own and would break the line
      const run = el("span", "run", line.tokens.slice(from, end).join(""), { role: "button", tabindex: "0" });
      run.onpointerenter = run.onfocus = () => this.locked === null && this.tell([i, j]);
      run.onpointerleave = () => this.locked === null && this.tell(null);
      run.onclick = () => {
        this.locked = this.locked && this.locked[0] === i && this.locked[1] === j ? null : [i, j];
        this.tell(this.locked || [i, j]);
      };
      run.onkeydown = (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        run.onclick();
      };
      text.append(run);
      at = end;
    });
    text.append(line.tokens.slice(at).join(""));
    row.append(text, el("span", "share", line.share));
    return row;
  }

  tell(which) {
    for (const run of this.list.querySelectorAll(".run")) run.classList.remove("now");
    if (which === null) {
      this.where.textContent = this.data.hint;
      return;
    }
    const [i, j] = which;
    this.list.children[i].querySelectorAll(".run")[j].classList.add("now");
    const [begin, end, quote] = this.data.lines[i].runs[j];
    this.where.replaceChildren(`${end - begin} tokens in a row, as in the text: `, el("q", "quote", quote));
  }
}

export default mount((root) => new CopiedRuns(root));
