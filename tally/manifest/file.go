// Package manifest reads the YAML file in which election staff describe an
// election, and joins it with the keys of those who take part to the manifest
// that stands at index 0 of the board.
//
// It decides nothing about an election: the rules of a manifest are
// entry.Manifest.Check's. README.md shows a file.
package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/goccy/go-yaml"

	"rollcall/bulletin/entry"
)

// MaxFile bounds a manifest file in bytes.
const MaxFile = 1 << 20

// Defaults of what a file may leave out.
const (
	defaultDecision = 600           // seconds
	defaultCeremony = 7 * 24 * 3600 // seconds
	defaultMinimum  = 10            // ballots
)

// File is a manifest file.
type File struct {
	Title           names     `yaml:"title"`
	Languages       []string  `yaml:"languages"`
	Rehearsal       bool      `yaml:"rehearsal"`
	Phone           string    `yaml:"phone"`
	HelpLine        string    `yaml:"help_line"`
	Minimum         uint64    `yaml:"minimum"`
	DecisionSeconds uint64    `yaml:"decision_seconds"`
	CeremonySeconds uint64    `yaml:"ceremony_seconds"`
	Threshold       uint64    `yaml:"trustees_needed"`
	Windows         []window  `yaml:"windows"`
	Units           []unit    `yaml:"units"`
	Contests        []contest `yaml:"contests"`
}

type window struct {
	From time.Time `yaml:"from"`
	To   time.Time `yaml:"to"`
}

type unit struct {
	ID     string `yaml:"id"`
	Name   names  `yaml:"name"`
	Parent string `yaml:"parent"`
}

type contest struct {
	ID      string   `yaml:"id"`
	Title   names    `yaml:"title"`
	VoteFor uint64   `yaml:"vote_for"`
	Units   []string `yaml:"units"`
	Options []option `yaml:"options"`
}

type option struct {
	ID   string `yaml:"id"`
	Name names  `yaml:"name"`
}

// names is a text in each language, or one text for all of them.
type names struct {
	all  string
	each map[string]string
}

// UnmarshalYAML implements yaml.BytesUnmarshaler.
func (n *names) UnmarshalYAML(b []byte) error {
	if err := yaml.Unmarshal(b, &n.each); err == nil {
		return nil
	}
	n.each = nil
	if err := yaml.Unmarshal(b, &n.all); err != nil {
		return errors.New("want a text, or a text for each language such as {en: ..., es: ...}")
	}
	return nil
}

func (n names) text(languages []string) entry.Text {
	t := entry.Text{}
	for l, s := range n.each {
		t[l] = s
	}
	if n.each == nil {
		for _, l := range languages {
			t[l] = n.all
		}
	}
	return t
}

// Parse reads a manifest file strictly: unknown or repeated keys are errors,
// which say the line.
func Parse(r io.Reader) (*File, error) {
	b, err := io.ReadAll(io.LimitReader(r, MaxFile+1))
	if err != nil {
		return nil, fmt.Errorf("reading manifest: %w", err)
	}
	if len(b) > MaxFile {
		return nil, fmt.Errorf("manifest is over %d bytes", MaxFile)
	}
	f := &File{Minimum: defaultMinimum, DecisionSeconds: defaultDecision, CeremonySeconds: defaultCeremony}
	if err := yaml.NewDecoder(bytes.NewReader(b), yaml.DisallowUnknownField()).Decode(f); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, errors.New("manifest file is empty")
		}
		return nil, fmt.Errorf("manifest file: %w", err)
	}
	return f, nil
}

// Keys are what a manifest names beside the contents of the file.
type Keys struct {
	Log                         entry.Log
	Authority, Registrar, Board []byte
	Booths, OPRF                [][]byte
	Trustees                    []entry.Trustee
	Witnesses                   []entry.Witness
	Quorum                      uint64
}

// Build joins a file with keys and checks the whole.
func (f *File) Build(k Keys) (*entry.Manifest, error) {
	m := &entry.Manifest{
		Version: entry.ManifestVersion, Title: f.Title.text(f.Languages), Languages: f.Languages, Rehearsal: f.Rehearsal,
		Minimum: f.Minimum, DecisionSeconds: f.DecisionSeconds, CeremonySeconds: f.CeremonySeconds,
		HelpLine: f.HelpLine, Phone: f.Phone, Threshold: f.Threshold,
		Log: k.Log, Authority: k.Authority, Registrar: k.Registrar, Board: k.Board, Booths: k.Booths, OPRFKeys: k.OPRF,
		Trustees: k.Trustees, Witnesses: k.Witnesses, Quorum: k.Quorum,
	}
	for i, w := range f.Windows {
		if w.From.Unix() < 0 || w.To.Unix() < 0 {
			return nil, fmt.Errorf("windows, number %d: from and to must be times such as 2026-11-03T08:00:00-06:00", i+1)
		}
		m.Windows = append(m.Windows, entry.Window{From: uint64(w.From.Unix()), To: uint64(w.To.Unix())})
	}
	position, err := f.buildUnits(m)
	if err != nil {
		return nil, err
	}
	if err := f.buildContests(m, position); err != nil {
		return nil, err
	}
	if err := checkPrintable(m); err != nil {
		return nil, err
	}
	return m, m.Check()
}

func (f *File) buildUnits(m *entry.Manifest) (map[string]uint64, error) {
	position := map[string]uint64{}
	for i, u := range f.Units {
		parent := uint64(0)
		if i > 0 {
			p, ok := position[u.Parent]
			if !ok {
				return nil, fmt.Errorf("unit %q: its parent %q must stand before it; only the first unit has none", u.ID, u.Parent)
			}
			parent = p
		} else if u.Parent != "" {
			return nil, fmt.Errorf("unit %q: the first unit is the whole and has no parent", u.ID)
		}
		if _, twice := position[u.ID]; twice {
			return nil, fmt.Errorf("unit %q: the id is used twice", u.ID)
		}
		position[u.ID] = uint64(i)
		m.Units = append(m.Units, entry.Unit{ID: u.ID, Name: u.Name.text(f.Languages), Parent: parent})
	}
	return position, nil
}

func (f *File) buildContests(m *entry.Manifest, position map[string]uint64) error {
	for _, c := range f.Contests {
		out := entry.Contest{ID: c.ID, Title: c.Title.text(f.Languages), Limit: c.VoteFor}
		for _, o := range c.Options {
			out.Options = append(out.Options, entry.Option{ID: o.ID, Name: o.Name.text(f.Languages)})
		}
		where := c.Units
		if len(where) == 0 && len(f.Units) > 0 {
			where = []string{f.Units[0].ID}
		}
		for _, id := range where {
			p, ok := position[id]
			if !ok {
				return fmt.Errorf("contest %q: there is no unit %q", c.ID, id)
			}
			out.Units = append(out.Units, leavesBelow(m, p)...)
		}
		slices.Sort(out.Units)
		out.Units = slices.Compact(out.Units)
		m.Contests = append(m.Contests, out)
	}
	return nil
}

// leavesBelow returns the leaves at or under a unit.
func leavesBelow(m *entry.Manifest, top uint64) []uint64 {
	var list []uint64
	for i := range m.Units {
		u := uint64(i)
		if !m.IsLeaf(u) {
			continue
		}
		for at := u; ; at = m.Units[at].Parent {
			if at == top {
				list = append(list, u)
			}
			if at == top || at == 0 {
				break
			}
		}
	}
	return list
}

// checkPrintable refuses texts that a page, a terminal or a voice can not
// present faithfully: control characters and space at the ends.
func checkPrintable(m *entry.Manifest) error {
	check := func(where string, t entry.Text) error {
		for l, s := range t {
			if s != strings.TrimSpace(s) || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
				return fmt.Errorf("%s, language %q: the text has control characters or space at its ends", where, l)
			}
		}
		return nil
	}
	if err := check("title", m.Title); err != nil {
		return err
	}
	for i := range m.Units {
		if err := check(fmt.Sprintf("unit %q", m.Units[i].ID), m.Units[i].Name); err != nil {
			return err
		}
	}
	for i := range m.Contests {
		c := &m.Contests[i]
		if err := check(fmt.Sprintf("contest %q", c.ID), c.Title); err != nil {
			return err
		}
		for j := range c.Options {
			if err := check(fmt.Sprintf("contest %q, option %q", c.ID, c.Options[j].ID), c.Options[j].Name); err != nil {
				return err
			}
		}
	}
	return nil
}

// Spread distributes voters over the leaves of the file's units, as evenly as
// can be; the first ones get what is left over. It has one number a unit, 0 for
// those that have parts.
func (f *File) Spread(voters int) []int {
	parents := map[string]bool{}
	for _, u := range f.Units[min(1, len(f.Units)):] {
		parents[u.Parent] = true
	}
	var leaves []int
	for i, u := range f.Units {
		if !parents[u.ID] {
			leaves = append(leaves, i)
		}
	}
	out := make([]int, len(f.Units))
	for i, u := range leaves {
		out[u] = voters / len(leaves)
		if i < voters%len(leaves) {
			out[u]++
		}
	}
	return out
}
