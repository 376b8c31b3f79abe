package browser

import _ "embed"

//go:embed js/words.js
var wordsScript string

// BrokenWords returns the words that go over more than one line, which makes them
// hard to read: their box is too narrow for them. Code and what is no word, such as
// an address, may be broken, and so may words of more than 24 letters.
func (p *Page) BrokenWords() []string {
	p.t.Helper()
	var words []string
	p.look(wordsScript, &words)
	return words
}

// RequireWholeWords fails the test for each word that BrokenWords finds.
func (p *Page) RequireWholeWords() {
	p.t.Helper()
	for _, w := range p.BrokenWords() {
		p.t.Errorf("browser: the word %q is broken in a window of %d px", w, p.options.Width)
	}
}
