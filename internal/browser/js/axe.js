(async () => {
  const found = await axe.run(document, {
    runOnly: {type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']},
    resultTypes: ['violations', 'incomplete'],
  });
  const brief = results => results.map(r => ({
    Rule: r.id,
    Impact: r.impact || '',
    Help: r.help,
    Nodes: r.nodes.map(n => ({Target: n.target.join(' '), HTML: n.html.slice(0, 200), Summary: n.failureSummary || ''})),
  }));
  const all = [...found.violations, ...found.incomplete, ...found.passes, ...found.inapplicable];
  return {
    Violations: brief(found.violations),
    Incomplete: brief(found.incomplete),
    Ran: [...new Set(all.map(r => r.id))].sort(),
  };
})()
