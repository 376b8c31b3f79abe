package page

import (
	"html"
	"html/template"
	"strings"
	"testing"
)

// TestSettle: what is put in the place of a call is what the call would have come
// to, in text and in attributes, and other calls stay.
func TestSettle(t *testing.T) {
	p, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	const source = `<p title="{{t "ID"}}">{{t "ID"}}</p><img src="{{asset "icon.svg"}}">`
	for _, lang := range Languages {
		for id, forms := range texts(t, lang) {
			if len(forms) > 1 || len(values(forms[0])) > 0 {
				continue
			}
			settled := p.settle(strings.ReplaceAll(source, "ID", id), lang)
			if strings.Contains(settled, "{{") {
				t.Errorf("%s: %s: a call is left: %s", lang, id, settled)
			}
			called := template.Must(template.New("").Funcs(template.FuncMap{"t": p.words[lang].t, "asset": p.asset}).Parse(strings.ReplaceAll(source, "ID", id)))
			var want strings.Builder
			if err := called.Execute(&want, nil); err != nil {
				t.Fatal(err)
			}
			if html.UnescapeString(settled) != html.UnescapeString(want.String()) {
				t.Errorf("%s: %s is %q, want %q", lang, id, settled, want.String())
			}
		}
	}
	p.words["en"].plain.Store("sharp", `<b>"&'`)
	if got, want := p.settle(`{{t "sharp"}}`, "en"), "&lt;b&gt;&#34;&amp;&#39;"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for _, other := range []string{`{{t "board_size" "n" .Size}}`, `{{t (print "step_" .)}}`, `{{asset "nothing.css"}}`, `{{.Title}}`} {
		if got := p.settle(other, "en"); got != other {
			t.Errorf("%s becomes %s", other, got)
		}
	}
}
