globalThis.tabs = (() => {
  const seen = []; // elements that the Tab key stopped at
  const name = e => e.localName + (e.id && '#' + e.id) + [...e.classList].map(c => '.' + c).join('');

  const focus = () => document.activeElement;

  // rgba takes a computed colour apart: red, green and blue to 255, and how much of it covers.
  const rgba = colour => {
    const [r, g, b, a = 1] = (colour.match(/[\d.]+/g) || [0, 0, 0, 0]).map(Number);
    return [r, g, b, a];
  };

  // luminance is as WCAG defines it.
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map(c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };

  // ground is the colour that is drawn behind an element, as far as it is of one colour.
  const ground = e => {
    for (; e; e = e.parentElement) {
      const colour = rgba(getComputedStyle(e).backgroundColor);
      if (colour[3] === 1) return colour;
    }
    return [255, 255, 255, 1];
  };

  // drawn is whether an outline is drawn around an element, and stands out from what is behind it (WCAG 1.4.11).
  const drawn = e => {
    const style = getComputedStyle(e), colour = rgba(style.outlineColor);
    const [a, b] = [luminance(colour), luminance(ground(e.parentElement))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0 && colour[3] > 0 && contrast >= 3;
  };

  // shown is whether an element is in the window, is more than a dot, and at one
  // place at least is not covered.
  const shown = e => {
    if (!e.checkVisibility({visibilityProperty: true, opacityProperty: true})) return false;
    for (const b of e.getClientRects()) {
      if (b.width <= 1 || b.height <= 1) continue;
      for (const x of [0.02, 0.5, 0.98]) {
        for (const y of [0.1, 0.5, 0.9]) {
          const top = document.elementFromPoint(b.left + b.width * x, b.top + b.height * y);
          if (top && e.contains(top)) return true;
        }
      }
    }
    return false;
  };

  const visible = e => [e, ...(e.labels || [])].some(c => drawn(c) && shown(c));

  return {
    focus,

    // rewind lets the next Tab key go to the first stop.
    rewind() {
      const start = document.createElement('span');
      start.tabIndex = -1;
      document.body.prepend(start);
      start.focus({preventScroll: true});
      start.remove();
      scrollTo(0, 0);
    },

    // stop tells where the focus is.
    stop() {
      const e = focus();
      if (!e || e === document.body || e === document.documentElement) return {Index: -1};
      for (const a of document.getAnimations()) {
        if (a instanceof CSSTransition) a.finish();
      }
      let index = seen.indexOf(e);
      if (index < 0) index = seen.push(e) - 1;
      return {Index: index, Element: name(e), ID: e.id, Visible: visible(e)};
    },

    // missed lists what takes input, is shown, and was not stopped at. Of the
    // radio buttons of a group, the key stops at one.
    missed() {
      const same = (a, b) => a.type === 'radio' && b.type === 'radio' && a.name !== '' && a.name === b.name && a.form === b.form;
      const inputs = 'a[href], area[href], button, input, select, textarea, summary, [contenteditable], [tabindex], [onclick], [role=button], [role=link]';
      return [...document.querySelectorAll(inputs)].filter(e =>
        !e.matches(':disabled, [inert] *, [tabindex="-1"]') && e.checkVisibility({visibilityProperty: true}) &&
        !seen.some(s => s === e || same(s, e))).map(name);
    },
  };
})()
