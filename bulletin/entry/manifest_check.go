package entry

import (
	"encoding/hex"
	"fmt"

	"rollcall/crypto/group"
)

// Limits that every manifest keeps, SPEC.md, section 6.
const (
	ManifestVersion    = 1
	MaxDecisionSeconds = 86400
	maxBallotBytes     = 60000
)

// Check holds a manifest against every rule that needs nothing but the
// manifest: version, sizes, languages, contests, units, windows, threshold, and that
// all keys are valid and pairwise distinct. The error names the field.
func (m *Manifest) Check() error {
	if m.Version != ManifestVersion {
		return fmt.Errorf("manifest.version: %d is not known, want %d", m.Version, ManifestVersion)
	}
	if err := checkBounds("manifest", m); err != nil {
		return err
	}
	for _, check := range []func() error{m.checkTexts, m.checkUnits, m.checkContests, m.checkTimes, m.checkGroups, m.checkSoftware, m.checkKeys} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (m *Manifest) checkTexts() error {
	seen := map[string]bool{}
	for i, l := range m.Languages {
		if seen[l] {
			return fmt.Errorf("manifest.languages[%d]: %q is named twice", i, l)
		}
		seen[l] = true
	}
	texts := func(path string, t Text) error {
		for _, l := range m.Languages {
			if t[l] == "" {
				return fmt.Errorf("%s: no text in language %q", path, l)
			}
		}
		if len(t) != len(m.Languages) {
			return fmt.Errorf("%s: text in a language that manifest.languages lacks", path)
		}
		return nil
	}
	if err := texts("manifest.title", m.Title); err != nil {
		return err
	}
	for i := range m.Contests {
		c := &m.Contests[i]
		if err := texts(fmt.Sprintf("manifest.contests[%d].title", i), c.Title); err != nil {
			return err
		}
		for j := range c.Options {
			if err := texts(fmt.Sprintf("manifest.contests[%d].options[%d].name", i, j), c.Options[j].Name); err != nil {
				return err
			}
		}
	}
	for i := range m.Units {
		if err := texts(fmt.Sprintf("manifest.units[%d].name", i), m.Units[i].Name); err != nil {
			return err
		}
	}
	return nil
}

func (m *Manifest) checkUnits() error {
	seen := map[string]bool{}
	for i, u := range m.Units {
		if seen[u.ID] {
			return fmt.Errorf("manifest.units[%d].id: %q is used twice", i, u.ID)
		}
		seen[u.ID] = true
		switch {
		case i == 0 && u.Parent != 0:
			return fmt.Errorf("manifest.units[0].parent: the first unit is the root and its own parent")
		case i > 0 && u.Parent >= uint64(i):
			return fmt.Errorf("manifest.units[%d].parent: parents come before their children", i)
		}
	}
	return nil
}

func (m *Manifest) checkContests() error {
	seen := map[string]bool{}
	asked := make([]int, len(m.Units)) // bytes of the largest ballot of each unit
	for i := range m.Contests {
		c, path := &m.Contests[i], fmt.Sprintf("manifest.contests[%d]", i)
		if seen[c.ID] {
			return fmt.Errorf("%s.id: %q is used twice", path, c.ID)
		}
		seen[c.ID] = true
		options := map[string]bool{NoneID: true}
		for j, o := range c.Options {
			if options[o.ID] {
				return fmt.Errorf("%s.options[%d].id: %q is used twice, or is the reserved %q", path, j, o.ID, NoneID)
			}
			options[o.ID] = true
		}
		if c.Limit < 1 || c.Limit > uint64(len(c.Options)) {
			return fmt.Errorf("%s.limit: %d is not between 1 and the %d options", path, c.Limit, len(c.Options))
		}
		for j, u := range c.Units {
			if u >= uint64(len(m.Units)) || !m.IsLeaf(u) {
				return fmt.Errorf("%s.units[%d]: %d is no unit without parts", path, j, u)
			}
			if j > 0 && c.Units[j-1] >= u {
				return fmt.Errorf("%s.units[%d]: not ascending", path, j)
			}
			if asked[u] += c.ballotBytes(); asked[u] > maxBallotBytes {
				return fmt.Errorf("%s: a ballot of unit %q would be over %d bytes", path, m.Units[u].ID, maxBallotBytes)
			}
		}
	}
	return nil
}

// ballotBytes is the size of the contest's ciphertexts and proof.
func (c *Contest) ballotBytes() int {
	n := c.Ciphertexts()
	if c.Limit == 1 {
		return n * (64 + 128)
	}
	return n*(64+2*128) + (int(c.Limit)+1)*128
}

func (m *Manifest) checkTimes() error {
	for i, w := range m.Windows {
		if w.From >= w.To {
			return fmt.Errorf("manifest.windows[%d]: ends before it begins", i)
		}
		if i > 0 && w.From < m.Windows[i-1].To {
			return fmt.Errorf("manifest.windows[%d]: begins before the one before it ends", i)
		}
	}
	if m.DecisionSeconds < 1 || m.DecisionSeconds > MaxDecisionSeconds {
		return fmt.Errorf("manifest.decision_seconds: %d is not between 1 and %d", m.DecisionSeconds, MaxDecisionSeconds)
	}
	if m.CeremonySeconds < 1 {
		return fmt.Errorf("manifest.ceremony_seconds: must be at least 1")
	}
	return nil
}

func (m *Manifest) checkGroups() error {
	n := uint64(len(m.Trustees))
	if m.Threshold < 1 || m.Threshold > n {
		return fmt.Errorf("manifest.threshold: %d is not between 1 and the %d trustees", m.Threshold, n)
	}
	w := uint64(len(m.Witnesses))
	if m.Quorum > w || (w > 0 && m.Quorum == 0) {
		return fmt.Errorf("manifest.quorum: %d is not between 1 and the %d witnesses (0 with none)", m.Quorum, w)
	}
	if m.Minimum < 2 {
		return fmt.Errorf("manifest.minimum: %d would report single ballots, want at least 2", m.Minimum)
	}
	return nil
}

func (m *Manifest) checkSoftware() error {
	seen := map[string]bool{}
	for i, s := range m.Software {
		if seen[s.Name] {
			return fmt.Errorf("manifest.software[%d].name: %q is used twice", i, s.Name)
		}
		seen[s.Name] = true
	}
	return nil
}

// checkKeys holds that every key decodes and that no two are equal, whatever
// their roles: a key that serves twice is one compromise with two victims.
func (m *Manifest) checkKeys() error {
	seen := map[string]string{}
	distinct := func(path string, key []byte) error {
		k := hex.EncodeToString(key)
		if other, ok := seen[k]; ok {
			return fmt.Errorf("%s: the same key as %s", path, other)
		}
		seen[k] = path
		return nil
	}
	element := func(path string, key []byte) error {
		if _, err := group.ParseElement(key); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		return distinct(path, key)
	}
	signer := func(path string, key []byte) error {
		if err := group.CheckEd25519Key(key); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		return distinct(path, key)
	}
	type named struct {
		path  string
		key   []byte
		check func(string, []byte) error
	}
	list := []named{
		{"manifest.log.key", m.Log.Key, signer},
		{"manifest.authority", m.Authority, element},
		{"manifest.registrar", m.Registrar, element},
		{"manifest.board", m.Board, element},
	}
	for i, k := range m.Booths {
		list = append(list, named{fmt.Sprintf("manifest.booths[%d]", i), k, element})
	}
	for i, k := range m.OPRFKeys {
		list = append(list, named{fmt.Sprintf("manifest.oprf_keys[%d]", i), k, element})
	}
	for i, t := range m.Trustees {
		list = append(list,
			named{fmt.Sprintf("manifest.trustees[%d].signing", i), t.Signing, element},
			named{fmt.Sprintf("manifest.trustees[%d].ceremony", i), t.Ceremony, element})
	}
	for i, w := range m.Witnesses {
		list = append(list, named{fmt.Sprintf("manifest.witnesses[%d].key", i), w.Key, signer})
	}
	for _, k := range list {
		if err := k.check(k.path, k.key); err != nil {
			return err
		}
	}
	return nil
}
