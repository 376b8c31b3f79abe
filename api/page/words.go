package api

import (
	"embed"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"rollcall/bulletin/entry"
)

//go:embed page
var pageFiles embed.FS

// pageLanguages are the languages of the page, the first by default.
var pageLanguages = []string{"en", "es"}

// words is every text of the page in one language. A {name} in it is filled in
// by fill.
type words struct {
	Language      string `yaml:"language"`
	Rehearsal     string `yaml:"rehearsal"`
	Skip          string `yaml:"skip"`
	OtherLanguage string `yaml:"other_language"` // written in the other language

	PhaseSetup     string `yaml:"phase_setup"`
	PhaseOpen      string `yaml:"phase_open"`
	PhasePause     string `yaml:"phase_pause"`
	PhaseOver      string `yaml:"phase_over"`
	PhaseClosing   string `yaml:"phase_closing"`
	PhaseEnded     string `yaml:"phase_ended"`
	PhasePublished string `yaml:"phase_published"`
	SoFar          string `yaml:"so_far"`
	SoFarEnd       string `yaml:"so_far_end"`

	CheckTitle  string `yaml:"check_title"`
	CheckIntro  string `yaml:"check_intro"`
	CheckLabel  string `yaml:"check_label"`
	CheckHint   string `yaml:"check_hint"`
	CheckButton string `yaml:"check_button"`
	CheckAgain  string `yaml:"check_again"`
	WrongLength string `yaml:"wrong_length"`
	WrongDigit  string `yaml:"wrong_digit"`
	TooMany     string `yaml:"too_many"`

	AskedCode     string `yaml:"asked_code"`
	AskedNumber   string `yaml:"asked_number"`
	SeveralCode   string `yaml:"several_code"`
	SeveralNumber string `yaml:"several_number"`
	BallotNumber  string `yaml:"ballot_number"`
	ReceiptCode   string `yaml:"receipt_code"`
	NoCodeYet     string `yaml:"no_code_yet"`
	Sealed        string `yaml:"sealed"`
	SealedBetween string `yaml:"sealed_between"`
	SealedAfter   string `yaml:"sealed_after"`
	DecidedCast   string `yaml:"decided_cast"`
	DecidedTest   string `yaml:"decided_test"`
	ByTime        string `yaml:"by_time"`

	CastTitle          string `yaml:"cast_title"`
	CastText           string `yaml:"cast_text"`
	CountedTitle       string `yaml:"counted_title"`
	CountedText        string `yaml:"counted_text"`
	CastingTitle       string `yaml:"casting_title"`
	CastingText        string `yaml:"casting_text"`
	ArrivingTitle      string `yaml:"arriving_title"`
	ArrivingText       string `yaml:"arriving_text"`
	UndecidedTitle     string `yaml:"undecided_title"`
	UndecidedText      string `yaml:"undecided_text"`
	LapsedTitle        string `yaml:"lapsed_title"`
	AgainUntil         string `yaml:"again_until"`
	AgainFrom          string `yaml:"again_from"`
	AgainNever         string `yaml:"again_never"`
	TestedTitle        string `yaml:"tested_title"`
	TestedText         string `yaml:"tested_text"`
	TestedTextOver     string `yaml:"tested_text_over"`
	TestedShows        string `yaml:"tested_shows"`
	TestedCompare      string `yaml:"tested_compare"`
	VoidTitle          string `yaml:"void_title"`
	VoidText           string `yaml:"void_text"`
	VoidReason         string `yaml:"void_reason"`
	InsteadTitle       string `yaml:"instead_title"`
	InsteadTitleTest   string `yaml:"instead_title_test"`
	InsteadText        string `yaml:"instead_text"`
	MissingCodeTitle   string `yaml:"missing_code_title"`
	MissingNumberTitle string `yaml:"missing_number_title"`
	MissingCodeText    string `yaml:"missing_code_text"`
	MissingNumberText  string `yaml:"missing_number_text"`
	Wrong              string `yaml:"wrong"`
	Details            string `yaml:"details"`
	DetailsEntry       string `yaml:"details_entry"`
	DetailsDecision    string `yaml:"details_decision"`
	DetailsProof       string `yaml:"details_proof"`
	DetailsText        string `yaml:"details_text"`

	ResultsTitle    string `yaml:"results_title"`
	ResultsNone     string `yaml:"results_none"`
	ResultsTotal    string `yaml:"results_total"`
	ResultsOption   string `yaml:"results_option"`
	ResultsVotes    string `yaml:"results_votes"`
	ResultsShare    string `yaml:"results_share"`
	ResultsBallots  string `yaml:"results_ballots"`
	ResultsBlank    string `yaml:"results_blank"`
	ResultsLimit    string `yaml:"results_limit"`
	ResultsAreas    string `yaml:"results_areas"`
	ResultsMerged   string `yaml:"results_merged"`
	ResultsWithheld string `yaml:"results_withheld"`

	AboutTitle string `yaml:"about_title"`
	AboutText  string `yaml:"about_text"`
	AboutCheck string `yaml:"about_check"`
	AboutID    string `yaml:"about_id"`
	AboutData  string `yaml:"about_data"`
	AboutHelp  string `yaml:"about_help"`

	UnknownTitle string `yaml:"unknown_title"`
	UnknownBack  string `yaml:"unknown_back"`
	FailedTitle  string `yaml:"failed_title"`
	FailedText   string `yaml:"failed_text"`

	Months   []string `yaml:"months"`
	Date     string   `yaml:"date"`
	DateTime string   `yaml:"date_time"`
	None     string   `yaml:"none"`
}

// loadWords reads the texts of a language, and refuses a missing one.
func loadWords(lang string) (*words, error) {
	b, err := pageFiles.ReadFile("page/words/" + lang + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("texts: %w", err)
	}
	w := new(words)
	if err := yaml.UnmarshalWithOptions(b, w, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("texts in %s: %w", lang, err)
	}
	for field, value := range reflect.ValueOf(w).Elem().Fields() {
		if value.Len() == 0 {
			return nil, fmt.Errorf("texts in %s: %s is missing", lang, field.Tag.Get("yaml"))
		}
	}
	if len(w.Months) != 12 {
		return nil, errors.New("texts in " + lang + ": a year has 12 months")
	}
	return w, nil
}

var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

// fill replaces every {name} of text by the value that follows name in pairs.
func fill(text string, pairs ...string) string {
	return placeholder.ReplaceAllStringFunc(text, func(name string) string {
		for i := 0; i+1 < len(pairs); i += 2 {
			if name == "{"+pairs[i]+"}" {
				return pairs[i+1]
			}
		}
		return name
	})
}

// day is the full date of t.
func (w *words) day(t time.Time) string {
	return fill(w.Date, "day", fmt.Sprint(t.Day()), "month", w.Months[t.Month()-1], "year", fmt.Sprint(t.Year()))
}

// clock is the time of day of t.
func clock(t time.Time) string { return t.Format("15:04:05 MST") }

// moment is the full date and the time of day of t.
func (w *words) moment(t time.Time) string {
	return fill(w.DateTime, "date", w.day(t), "time", clock(t))
}

// pick returns a text of the manifest in a language, or in the manifest's first.
func pick(m *entry.Manifest, text entry.Text, lang string) string {
	if s, ok := text[lang]; ok {
		return s
	}
	return text[m.Languages[0]]
}

// chooseLanguage returns the language of the page: the one asked for, or the
// first of Accept-Language that the page has, or the manifest's first that it
// has.
func chooseLanguage(asked, accept string, m *entry.Manifest) string {
	wishes := []string{asked}
	for _, tag := range strings.Split(accept, ",") {
		tag, _, _ = strings.Cut(strings.TrimSpace(tag), ";")
		tag, _, _ = strings.Cut(tag, "-")
		wishes = append(wishes, strings.ToLower(tag))
	}
	for _, lang := range append(wishes, m.Languages...) {
		if slices.Contains(pageLanguages, lang) {
			return lang
		}
	}
	return pageLanguages[0]
}
