(() => {
  const broken = new Set();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const node = texts.currentNode, e = node.parentElement;
    if (!e.checkVisibility({visibilityProperty: true}) || e.closest('code, pre')) continue;
    for (const word of node.data.matchAll(/(?<![\p{L}\p{N}/._:@-])\p{L}{2,24}(?![\p{L}\p{N}/_@-])/gu)) {
      const range = document.createRange();
      range.setStart(node, word.index);
      range.setEnd(node, word.index + word[0].length);
      const lines = new Set([...range.getClientRects()].filter(b => b.width > 1).map(b => Math.round(b.top)));
      if (lines.size > 1) broken.add(word[0]);
    }
  }
  return [...broken];
})()
