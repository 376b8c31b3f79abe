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

  const meta = document.querySelector('meta[name=viewport]');
  return {Width: width, ScrollWidth: root.scrollWidth, Viewport: meta ? meta.content : '', Wide: wide};
})()
