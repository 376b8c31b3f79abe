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
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/entry"
	"rollcall/bulletin/witness"
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
	Witnesses       []Witness `yaml:"witnesses"`
	Quorum          uint64    `yaml:"witnesses_needed"`
	Software        []program `yaml:"software"`
	Windows         []window  `yaml:"windows"`
	Units           []unit    `yaml:"units"`
	Contests        []contest `yaml:"contests"`
}

// Witness is a witness that a file names. Its address is no part of the manifest:
// it may change, and is the board's own affair. Nor is its second key, which
// stands in the policy file: ticks are Ed25519.
type Witness struct {
	Key      string `yaml:"key"`       // its verifier key, as rollcall witness init prints it
	MLDSAKey string `yaml:"mldsa_key"` // its ML-DSA-44 verifier key, likewise; may be left out
	URL      string `yaml:"url"`
}

// Second returns the ML-DSA-44 key, nil if there is none.
func (w Witness) Second() (*checkpoint.Verifier, error) {
	if w.MLDSAKey == "" {
		return nil, nil
	}
	return checkpoint.ParseMLDSAVerifier(w.MLDSAKey)
}

// program is a program that a file names, beside the one that makes the election.
type program struct {
	Name   string `yaml:"name"`
	SHA256 string `yaml:"sha256"` // of its file, 64 hexadecimal digits
}

type window struct {
	From moment `yaml:"from"`
	To   moment `yaml:"to"`
}

// moment is a time with its zone: staff who leave the zone out would mean
// theirs, and a machine would take another.
type moment struct{ time.Time }

// UnmarshalYAML implements yaml.NodeUnmarshaler.
func (m *moment) UnmarshalYAML(node ast.Node) error {
	var s string
	err := yaml.NodeToValue(node, &s)
	if err == nil {
		m.Time, err = time.Parse(time.RFC3339, s)
	}
	if err != nil {
		return fmt.Errorf("line %d: want a time with its zone, such as 2026-11-03T08:00:00-06:00", line(node))
	}
	return nil
}

func line(node ast.Node) int {
	if t := node.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line
	}
	return 0
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

// UnmarshalYAML implements yaml.NodeUnmarshaler.
func (n *names) UnmarshalYAML(node ast.Node) error {
	if err := yaml.NodeToValue(node, &n.each); err == nil && n.each != nil {
		return nil
	}
	n.each = nil
	if err := yaml.NodeToValue(node, &n.all); err != nil {
		return fmt.Errorf("line %d: want a text, or a text for each language such as {en: ..., es: ...}", line(node))
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
	d := yaml.NewDecoder(bytes.NewReader(b), yaml.DisallowUnknownField())
	if err := decode(d, f); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, errors.New("manifest file is empty")
		}
		return nil, fmt.Errorf("manifest file: %w", err)
	}
	if err := decode(d, new(File)); !errors.Is(err, io.EOF) {
		return nil, errors.New("manifest file: more than one document in it")
	}
	return f, nil
}

// decode is d.Decode, which panics on some malformed documents, such as a scalar
// under a tag where a list should be.
func decode(d *yaml.Decoder, f *File) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("not the form of a manifest: %v", r)
		}
	}()
	return d.Decode(f)
}

// Keys are what a manifest names beside the contents of the file.
type Keys struct {
	Log                         entry.Log
	Authority, Registrar, Board []byte
	Booths, OPRF                [][]byte
	Trustees                    []entry.Trustee
	// Software is the program that makes the election, if the manifest is to name it.
	Software []entry.Software
}

// Build joins a file with keys and checks the whole.
func (f *File) Build(k Keys) (*entry.Manifest, error) {
	m := &entry.Manifest{
		Version: entry.ManifestVersion, Title: f.Title.text(f.Languages), Languages: f.Languages, Rehearsal: f.Rehearsal,
		Minimum: f.Minimum, DecisionSeconds: f.DecisionSeconds, CeremonySeconds: f.CeremonySeconds,
		HelpLine: f.HelpLine, Phone: f.Phone, Threshold: f.Threshold,
		Log: k.Log, Authority: k.Authority, Registrar: k.Registrar, Board: k.Board, Booths: k.Booths, OPRFKeys: k.OPRF,
		Trustees: k.Trustees, Quorum: f.Quorum,
	}
	for i, w := range f.Windows {
		if w.From.Unix() < 0 || w.To.Unix() < 0 {
			return nil, fmt.Errorf("windows, number %d: from and to must be times such as 2026-11-03T08:00:00-06:00", i+1)
		}
		m.Windows = append(m.Windows, entry.Window{From: uint64(w.From.Unix()), To: uint64(w.To.Unix())})
	}
	for i, w := range f.Witnesses {
		v, err := checkpoint.ParseWitnessVerifier(w.Key)
		if err != nil {
			return nil, fmt.Errorf("witnesses, number %d: %w", i+1, err)
		}
		switch second, err := w.Second(); {
		case err != nil:
			return nil, fmt.Errorf("witnesses, number %d: mldsa_key: %w", i+1, err)
		case second != nil && second.Name() != v.Name():
			return nil, fmt.Errorf("witnesses, number %d: mldsa_key is of %s, key of %s", i+1, second.Name(), v.Name())
		}
		if err := witness.CheckURL(w.URL); err != nil {
			return nil, fmt.Errorf("witnesses, number %d: url: %w", i+1, err)
		}
		m.Witnesses = append(m.Witnesses, entry.Witness{Name: v.Name(), Key: v.PublicKey()})
	}
	if err := f.buildSoftware(m, k.Software); err != nil {
		return nil, err
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
