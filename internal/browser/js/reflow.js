(() => {
  const root = document.documentElement;
  const width = root.clientWidth;
  const name = e => e.localName + (e.id && '#' + e.id) + [...e.classList].map(c => '.' + c).join('');

  // right is the right edge of an element or of the text in it.
  const right = e => {
    const boxes = [e.getBoundingClientRect()];
    for (const n of e.childNodes) {
      if (n.nodeType === Node.TEXT_NODE && n.data.trim()) {
        const text = document.createRange();
        text.selectNodeContents(n);
        boxes.push(...text.getClientRects());
      }
    }
    return Math.max(...boxes.filter(b => b.width > 0).map(b => b.right)) + scrollX;
  };

  // excused elements scroll within a box of their own, or are in one that shows nothing.
  const excused = e => {
    for (let a = e; a && a !== document.body && a !== root; a = a.parentElement) {
      const style = getComputedStyle(a);
      const clips = style.overflowX !== 'visible' || style.clipPath !== 'none' || style.clip !== 'auto';
      if (clips && (a.offsetWidth <= 1 || a.offsetHeight <= 1)) return true;
      if (a !== e && (style.overflowX === 'auto' || style.overflowX === 'scroll')) return true;
    }
    return false;
  };

  const wide = [];
  const visit = e => {
    if (!e.checkVisibility({visibilityProperty: true})) {
      return [...e.children].forEach(visit); // a child may be visible all the same
    }
    const r = right(e);
    if (r > width + 0.5 && !excused(e)) {
      wide.push({Element: name(e), Right: r});
      return;
    }
    [...e.children].forEach(visit);
  };
  [...document.body.children].forEach(visit);

  // Each line of text that is shown, with the element it is of.
  const lines = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const e = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !e.checkVisibility({visibilityProperty: true})) continue;
    const text = document.createRange();
    text.selectNodeContents(texts.currentNode);
    for (const b of text.getClientRects()) {
      if (b.width > 1) lines.push({e, b});
    }
  }

  // Text that its own box or one around it cuts off, and text that hangs out of its button.
  const cut = new Set();
  for (const {e, b} of lines) {
    for (let a = e; a && a !== root; a = a.parentElement) {
      const style = getComputedStyle(a);
      if (style.position === 'absolute' && a.offsetWidth <= 1) break; // for the ear only
      const box = a.getBoundingClientRect();
      const clips = [style.overflowX, style.overflowY].map(o => o === 'hidden' || o === 'clip');
      const out = [b.left < box.left - 1 || b.right > box.right + 1, b.top < box.top - 1 || b.bottom > box.bottom + 1];
      if (a.localName === 'button' ? out[0] || out[1] : clips[0] && out[0] || clips[1] && out[1]) cut.add(name(e));
      if (style.overflowX === 'auto' || style.overflowX === 'scroll') break;
    }
  }

  // Text that lies on other text. The middle half of a line is what one reads.
  const over = new Set();
  const middle = lines.map(({e, b}) => ({e, left: b.left + 1, right: b.right - 1, top: b.top + b.height / 4, bottom: b.bottom - b.height / 4}));
  middle.sort((a, b) => a.top - b.top);
  middle.forEach((a, i) => {
    for (let j = i + 1; j < middle.length && middle[j].top < a.bottom; j++) {
      const b = middle[j];
      if (a.left < b.right && b.left < a.right && !excused(a.e) && !excused(b.e)) over.add(name(a.e) + ' and ' + name(b.e));
    }
  });

  const meta = document.querySelector('meta[name=viewport]');
  return {Width: width, ScrollWidth: root.scrollWidth, Viewport: meta ? meta.content : '', Wide: wide, Cut: [...cut], Over: [...over]};
})()
