package entry

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
)

// TestManifestCheck breaks every rule of SPEC.md, section 6, once.
func TestManifestCheck(t *testing.T) {
	if err := sampleManifest().Check(); err != nil {
		t.Fatal(err)
	}
	identity := make([]byte, 32)
	notCanonical := bytes.Repeat([]byte{0xff}, 32)
	text := Text{"en": "a", "es": "b"}
	for _, c := range []struct {
		name   string
		change func(*Manifest)
		want   string
	}{
		{"version", func(m *Manifest) { m.Version = 2 }, "manifest.version: 2 is not known, want 1"},
		{"language empty", func(m *Manifest) { m.Languages[1] = "" }, "manifest.languages[1]: 0 bytes of text, want at least 1"},
		{"language twice", func(m *Manifest) { m.Languages[1] = "en" }, `manifest.languages[1]: "en" is named twice`},
		{"no contests", func(m *Manifest) { m.Contests = nil }, "manifest.contests: 0 elements, want at least 1"},
		{"no windows", func(m *Manifest) { m.Windows = nil }, "manifest.windows: 0 elements, want at least 1"},
		{"no units", func(m *Manifest) { m.Units = nil }, "manifest.units: 0 elements, want at least 1"},
		{"no trustees", func(m *Manifest) { m.Trustees = nil }, "manifest.trustees: 0 elements, want at least 1"},
		{"contest in no unit", func(m *Manifest) { m.Contests[1].Units = nil }, "manifest.contests[1].units: 0 elements, want at least 1"},
		{"no number to call", func(m *Manifest) { m.Phone = "" }, "manifest.phone: 0 bytes of text, want at least 1"},
		{"title lacks a language", func(m *Manifest) { delete(m.Title, "es") }, `manifest.title: no text in language "es"`},
		{"title has a language more", func(m *Manifest) { m.Title["de"] = "x" }, "manifest.title: text in a language that manifest.languages lacks"},
		{"contest title", func(m *Manifest) { delete(m.Contests[1].Title, "en") }, `manifest.contests[1].title: no text in language "en"`},
		{"option name", func(m *Manifest) { m.Contests[1].Options[2].Name["fr"] = "x" }, "manifest.contests[1].options[2].name: text in a language that manifest.languages lacks"},
		{"unit name", func(m *Manifest) { delete(m.Units[3].Name, "es") }, `manifest.units[3].name: no text in language "es"`},
		{"unit id twice", func(m *Manifest) { m.Units[3].ID = "city" }, `manifest.units[3].id: "city" is used twice`},
		{"root with a parent", func(m *Manifest) { m.Units[0].Parent = 1 }, "manifest.units[0].parent: the first unit is the root and its own parent"},
		{"unit its own parent", func(m *Manifest) { m.Units[2].Parent = 2 }, "manifest.units[2].parent: parents come before their children"},
		{"unit under a later one", func(m *Manifest) { m.Units[1].Parent = 2 }, "manifest.units[1].parent: parents come before their children"},
		{"parent that is not there", func(m *Manifest) { m.Units[3].Parent = 99 }, "manifest.units[3].parent: parents come before their children"},
		{"contest id twice", func(m *Manifest) { m.Contests[1].ID = "mayor" }, `manifest.contests[1].id: "mayor" is used twice`},
		{"option id twice", func(m *Manifest) { m.Contests[0].Options[1].ID = "ada" }, `manifest.contests[0].options[1].id: "ada" is used twice, or is the reserved "none"`},
		{"option called none", func(m *Manifest) { m.Contests[1].Options[0].ID = "none" }, `manifest.contests[1].options[0].id: "none" is used twice, or is the reserved "none"`},
		{"limit 0", func(m *Manifest) { m.Contests[0].Limit = 0 }, "manifest.contests[0].limit: 0 is not between 1 and the 2 options"},
		{"limit above the options", func(m *Manifest) { m.Contests[1].Limit = 4 }, "manifest.contests[1].limit: 4 is not between 1 and the 3 options"},
		{"contest in no leaf", func(m *Manifest) { m.Contests[0].Units[0] = 1 }, "manifest.contests[0].units[0]: 1 is no unit without parts"},
		{"contest in an unknown unit", func(m *Manifest) { m.Contests[0].Units[1] = 4 }, "manifest.contests[0].units[1]: 4 is no unit without parts"},
		{"units not ascending", func(m *Manifest) { m.Contests[0].Units = []uint64{3, 2} }, "manifest.contests[0].units[1]: not ascending"},
		{"unit twice", func(m *Manifest) { m.Contests[0].Units = []uint64{2, 2} }, "manifest.contests[0].units[1]: not ascending"},
		{"ballot too large", func(m *Manifest) { m.Contests = largeContests(2, text) }, `manifest.contests[1]: a ballot of unit "north" would be over 60000 bytes`},
		{"window empty", func(m *Manifest) { m.Windows[1].To = 2000 }, "manifest.windows[1]: ends before it begins"},
		{"window backwards", func(m *Manifest) { m.Windows[0] = Window{9, 8} }, "manifest.windows[0]: ends before it begins"},
		{"windows overlap", func(m *Manifest) { m.Windows[1].From = 1999 }, "manifest.windows[1]: begins before the one before it ends"},
		{"windows out of order", func(m *Manifest) { slices.Reverse(m.Windows) }, "manifest.windows[1]: begins before the one before it ends"},
		{"no decision time", func(m *Manifest) { m.DecisionSeconds = 0 }, "manifest.decision_seconds: 0 is not between 1 and 86400"},
		{"decision time over a day", func(m *Manifest) { m.DecisionSeconds = 86401 }, "manifest.decision_seconds: 86401 is not between 1 and 86400"},
		{"no ceremony time", func(m *Manifest) { m.CeremonySeconds = 0 }, "manifest.ceremony_seconds: must be at least 1"},
		{"threshold 0", func(m *Manifest) { m.Threshold = 0 }, "manifest.threshold: 0 is not between 1 and the 2 trustees"},
		{"threshold above the trustees", func(m *Manifest) { m.Threshold = 3 }, "manifest.threshold: 3 is not between 1 and the 2 trustees"},
		{"quorum 0 of 2", func(m *Manifest) { m.Quorum = 0 }, "manifest.quorum: 0 is not between 1 and the 2 witnesses (0 with none)"},
		{"quorum 3 of 2", func(m *Manifest) { m.Quorum = 3 }, "manifest.quorum: 3 is not between 1 and the 2 witnesses (0 with none)"},
		{"quorum without witnesses", func(m *Manifest) { m.Witnesses = nil }, "manifest.quorum: 1 is not between 1 and the 0 witnesses (0 with none)"},
		{"minimum 1", func(m *Manifest) { m.Minimum = 1 }, "manifest.minimum: 1 would report single ballots, want at least 2"},
		{"two programs with one name", func(m *Manifest) { m.Software[1].Name = "rollcall" }, `manifest.software[1].name: "rollcall" is used twice`},
		{"program without a name", func(m *Manifest) { m.Software[1].Name = "" }, "manifest.software[1].name: 0 bytes of text, want at least 1"},
		{"authority the identity", func(m *Manifest) { m.Authority = identity }, "manifest.authority: "},
		{"registrar not canonical", func(m *Manifest) { m.Registrar = notCanonical }, "manifest.registrar: "},
		{"board the identity", func(m *Manifest) { m.Board = identity }, "manifest.board: "},
		{"booth not canonical", func(m *Manifest) { m.Booths[0] = notCanonical }, "manifest.booths[0]: "},
		{"oprf key the identity", func(m *Manifest) { m.OPRFKeys[0] = identity }, "manifest.oprf_keys[0]: "},
		{"trustee's signing key", func(m *Manifest) { m.Trustees[1].Signing = notCanonical }, "manifest.trustees[1].signing: "},
		{"trustee's ceremony key", func(m *Manifest) { m.Trustees[0].Ceremony = identity }, "manifest.trustees[0].ceremony: "},
		{"log key of small order", func(m *Manifest) { m.Log.Key = identity }, "manifest.log.key: "},
		{"log key not canonical", func(m *Manifest) { m.Log.Key = notCanonical }, "manifest.log.key: "},
		{"witness key of small order", func(m *Manifest) { m.Witnesses[1].Key = identity }, "manifest.witnesses[1].key: "},
		{"board is authority", func(m *Manifest) { m.Board = m.Authority }, "manifest.board: the same key as manifest.authority"},
		{"booth is registrar", func(m *Manifest) { m.Booths[0] = m.Registrar }, "manifest.booths[0]: the same key as manifest.registrar"},
		{"oprf key is booth", func(m *Manifest) { m.OPRFKeys[0] = m.Booths[0] }, "manifest.oprf_keys[0]: the same key as manifest.booths[0]"},
		{"two trustees with one key", func(m *Manifest) { m.Trustees[1].Signing = m.Trustees[0].Signing }, "manifest.trustees[1].signing: the same key as manifest.trustees[0].signing"},
		{"one key for both uses", func(m *Manifest) { m.Trustees[1].Ceremony = m.Trustees[1].Signing }, "manifest.trustees[1].ceremony: the same key as manifest.trustees[1].signing"},
		{"witness is the log", func(m *Manifest) { m.Witnesses[0].Key = m.Log.Key }, "manifest.witnesses[0].key: the same key as manifest.log.key"},
		{"two witnesses with one key", func(m *Manifest) { m.Witnesses[1].Key = m.Witnesses[0].Key }, "manifest.witnesses[1].key: the same key as manifest.witnesses[0].key"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := sampleManifest()
			c.change(m)
			err := m.Check()
			// A want that ends in a space stands for what package group says.
			if err == nil || err.Error() != c.want && (c.want[len(c.want)-1] != ' ' || len(err.Error()) <= len(c.want) || err.Error()[:len(c.want)] != c.want) {
				t.Errorf("error %v, want %s", err, c.want)
			}
		})
	}
}

// largeContests are n contests of 200 options for one vote, 38,592 bytes each.
func largeContests(n int, text Text) []Contest {
	list := make([]Contest, n)
	for i := range list {
		list[i] = Contest{ID: fmt.Sprint("c", i), Title: text, Limit: 1, Units: []uint64{2}}
		for j := range 200 {
			list[i].Options = append(list[i].Options, Option{fmt.Sprint("o", j), text})
		}
	}
	return list
}

// TestManifestTakes has what looks wrong and is not.
func TestManifestTakes(t *testing.T) {
	for name, change := range map[string]func(*Manifest){
		"no witnesses":                func(m *Manifest) { m.Witnesses, m.Quorum = nil, 0 },
		"no software":                 func(m *Manifest) { m.Software = nil },
		"one program under two names": func(m *Manifest) { m.Software[1].SHA256 = m.Software[0].SHA256 },
		"a lone root": func(m *Manifest) {
			m.Units = m.Units[:1]
			m.Contests = m.Contests[:1]
			m.Contests[0].Units = []uint64{0}
		},
		"touching windows":           func(m *Manifest) { m.Windows = []Window{{1, 2}, {2, 3}} },
		"a day to decide":            func(m *Manifest) { m.DecisionSeconds = 86400 },
		"limit of all options":       func(m *Manifest) { m.Contests[1].Limit = 3 },
		"one large contest":          func(m *Manifest) { m.Contests = largeContests(1, Text{"en": "a", "es": "b"}) },
		"equal option ids elsewhere": func(m *Manifest) { m.Contests[1].Options[0].ID = "ada" },
	} {
		m := sampleManifest()
		change(m)
		if err := m.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestManifestLookups(t *testing.T) {
	m := sampleManifest()
	for u, want := range map[uint64]string{0: "[] false", 1: "[] false", 2: "[0] true", 3: "[0 1] true", 4: "[] false"} {
		if got := fmt.Sprint(m.ContestsOf(u), m.IsLeaf(u)); got != want {
			t.Errorf("unit %d: %s, want %s", u, got, want)
		}
	}
	if name, named := m.NameOf(fill(32, 32)); name != "rollcall-verify" || !named {
		t.Errorf("the second program: %q, %v", name, named)
	}
	if name, named := m.NameOf(fill(33, 32)); name != "" || named {
		t.Errorf("a program that is not named: %q, %v", name, named)
	}
	if n := m.Contests[0].Ciphertexts(); n != 3 {
		t.Errorf("vote for one of 2: %d ciphertexts, want 3", n)
	}
	if n := m.Contests[1].Ciphertexts(); n != 3 {
		t.Errorf("up to 2 of 3: %d ciphertexts, want 3", n)
	}
	if n := m.Contests[0].ballotBytes(); n != 3*(64+128) {
		t.Errorf("vote for one of 2: %d bytes", n)
	}
	if n := m.Contests[1].ballotBytes(); n != 3*64+128*(2*3+2+1) {
		t.Errorf("up to 2 of 3: %d bytes", n)
	}
}

func TestRollList(t *testing.T) {
	a := Voter{[32]byte(fill(1, 32)), [32]byte(fill(2, 32)), 999}
	b := Voter{[32]byte(fill(3, 32)), [32]byte(fill(4, 32)), 0}
	r := &Roll{Voters: AppendVoter(AppendVoter(nil, a), b)}
	list, err := r.List()
	if err != nil || len(list) != 2 || list[0] != a || list[1] != b {
		t.Errorf("read %v, %v", list, err)
	}
	r.Voters = r.Voters[:len(r.Voters)-1]
	if _, err := r.List(); err == nil || err.Error() != "roll.voters: 131 bytes are no multiple of 66" {
		t.Errorf("cut short: %v", err)
	}
	if MaxRollVoters*VoterSize != 63360 {
		t.Errorf("a full chunk has %d bytes, the schema's bound is 63360", MaxRollVoters*VoterSize)
	}
}
