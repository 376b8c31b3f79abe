package page

import (
	"embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"

	"rollcall/bulletin/entry"
)

//go:embed template static words
var files embed.FS

// Languages are the languages of the pages, the first by default.
var Languages = []string{"en", "es", "fil"}

// words is every text of the pages in one language.
type words struct {
	lang  string
	loc   *i18n.Localizer
	plain sync.Map // by id: texts without values, which are most and always the same
}

// loadWords reads the texts of all languages.
func loadWords() (map[string]*words, error) {
	bundle := i18n.NewBundle(language.English)
	bundle.RegisterUnmarshalFunc("yaml", yaml.Unmarshal)
	all := make(map[string]*words, len(Languages))
	for _, lang := range Languages {
		if _, err := bundle.LoadMessageFileFS(files, "words/"+lang+".yaml"); err != nil {
			return nil, fmt.Errorf("texts: %w", err)
		}
		all[lang] = &words{lang: lang, loc: i18n.NewLocalizer(bundle, lang)}
	}
	return all, nil
}

// t returns a text. Values follow their names in pairs: strings, or uint64 that
// are written with their thousands apart. What is counted is the uint64 named "n".
//
// It panics where the text is missing or lacks a value: that is a fault of the
// program, which tests of every text find.
func (w *words) t(id string, pairs ...any) string {
	config := &i18n.LocalizeConfig{MessageID: id}
	if len(pairs) == 0 {
		if s, ok := w.plain.Load(id); ok {
			return s.(string)
		}
	} else {
		data := make(map[string]any, len(pairs)/2)
		for i := 0; i+1 < len(pairs); i += 2 {
			name := pairs[i].(string)
			data[name] = pairs[i+1]
			if n, ok := pairs[i+1].(uint64); ok {
				data[name] = count(n)
				if name == "n" {
					config.PluralCount = int64(min(n, n%1e6+1e6)) // has the form of n, in all languages
				}
			}
		}
		config.TemplateData = data
	}
	s, tag, err := w.loc.LocalizeWithTag(config)
	if err != nil || tag.String() != w.lang {
		panic(fmt.Sprintf("page: text %q in %s (found in %s): %v", id, w.lang, tag, err))
	}
	if len(pairs) == 0 {
		w.plain.Store(id, s)
	}
	return s
}

// day is the full date of t.
func (w *words) day(t time.Time) string {
	month := w.t("month_" + strconv.Itoa(int(t.Month())))
	return w.t("date", "day", strconv.Itoa(t.Day()), "month", month, "year", strconv.Itoa(t.Year()))
}

// clock is the time of day of t.
func clock(t time.Time) string { return t.Format("15:04:05 MST") }

// moment is the full date and the time of day of t.
func (w *words) moment(t time.Time) string {
	return w.t("date_time", "date", w.day(t), "time", clock(t))
}

// count writes a number with commas between thousands.
func count(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// pick returns a text of the manifest in a language, or in the manifest's first.
func pick(m *entry.Manifest, text entry.Text, lang string) string {
	if s, ok := text[lang]; ok {
		return s
	}
	return text[m.Languages[0]]
}

// chooseLanguage returns the language of a page: the one asked for, or the first
// of Accept-Language that the pages have, or the manifest's first that they have.
// Tagalog is Filipino to those who ask for it.
func chooseLanguage(asked, accept string, m *entry.Manifest) string {
	wishes := []string{asked}
	for _, tag := range strings.Split(accept, ",") {
		tag, _, _ = strings.Cut(strings.TrimSpace(tag), ";")
		tag, _, _ = strings.Cut(tag, "-")
		wishes = append(wishes, strings.ToLower(tag))
	}
	for _, lang := range append(wishes, m.Languages...) {
		if lang == "tl" {
			lang = "fil"
		}
		if slices.Contains(Languages, lang) {
			return lang
		}
	}
	return Languages[0]
}
