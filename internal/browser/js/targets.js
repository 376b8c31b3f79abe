(() => {
  const name = e => e.localName + (e.id && '#' + e.id) + [...e.classList].map(c => '.' + c).join('');
  const targets = 'a[href], area[href], button, input, select, textarea, summary, [role=button], [role=link], [onclick]';

  // inSentence is whether a link is a part of a line of words: 2.5.8 lets those be.
  const inSentence = e => getComputedStyle(e).display === 'inline' && [...e.parentElement.childNodes].some(n =>
    n !== e && n.nodeType === Node.TEXT_NODE && /[\p{L}\p{N}]/u.test(n.data));

  return [...document.querySelectorAll(targets)].filter(e => {
    if (!e.checkVisibility({visibilityProperty: true}) || e.type === 'hidden' || inSentence(e)) return false;
    // A link of several lines is as large as its largest.
    const boxes = [...e.getClientRects()].filter(b => b.width > 1 && b.height > 1);
    return boxes.length > 0 && !boxes.some(b => b.width >= 23.5 && b.height >= 23.5);
  }).map(name);
})()
