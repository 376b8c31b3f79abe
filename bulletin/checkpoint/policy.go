package checkpoint

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// maxPolicySize is the most bytes a policy file may have, which is room for all
// witnesses with two keys each; maxWitnesses bounds the group, at what
// c2sp.org/tlog-policy recommends to support.
const (
	maxPolicySize = 128 << 10
	maxWitnesses  = 32
)

// groupName is the name of the one group a written policy has, unless a witness has
// it.
const groupName = "witnesses"

// Witness is one witness of a policy: the name the policy file gives it, and
// its key.
type Witness struct {
	Name string
	Key  *Verifier
}

// Policy says whom a checkpoint must be signed by: one log, and at least
// Quorum of Witnesses. No witnesses and a quorum of 0 is allowed; then nothing
// protects against a log that shows different people different trees.
type Policy struct {
	Log       *Verifier
	Witnesses []Witness // Ed25519
	Quorum    int
	// MLDSA are second keys, ML-DSA-44, of some of Witnesses. They are in no group:
	// what they sign must be right, and counts for no quorum, so that nobody counts
	// twice.
	MLDSA []Witness
}

// MLDSAOf returns the ML-DSA-44 key of the witness whose other key has some key
// name, or nil.
func (p *Policy) MLDSAOf(name string) *Verifier {
	for _, w := range p.MLDSA {
		if w.Key.Name() == name {
			return w.Key
		}
	}
	return nil
}

// Validate checks what Marshal and ParsePolicy both rely on: 1 <= Quorum <= w,
// or both 0; distinct names; all keys, the log's too, pairwise distinct; each
// ML-DSA-44 key under the key name of exactly one of the witnesses, and no two
// under one.
func (p *Policy) Validate() error {
	w := len(p.Witnesses)
	if p.Log == nil || p.Log.alg != algLog {
		return fmt.Errorf("%w policy: no log key", ErrInvalid)
	}
	if w > maxWitnesses {
		return fmt.Errorf("%w policy: %d witnesses, at most %d", ErrInvalid, w, maxWitnesses)
	}
	if p.Quorum < 0 || p.Quorum > w || (w > 0 && p.Quorum == 0) {
		return fmt.Errorf("%w policy: quorum of %d among %d witnesses", ErrInvalid, p.Quorum, w)
	}
	seen := policySeen{keys: map[string]bool{string(p.Log.pub): true}, names: map[string]bool{"none": true}}
	of := map[string]int{} // how many witnesses have a key name
	for _, wit := range p.Witnesses {
		if wit.Key == nil || wit.Key.alg != algCosignature {
			return fmt.Errorf("%w policy: witness %q has no cosignature key", ErrInvalid, wit.Name)
		}
		if err := seen.add(wit); err != nil {
			return err
		}
		of[wit.Key.name]++
	}
	for _, wit := range p.MLDSA {
		if wit.Key == nil || wit.Key.alg != algMLDSA {
			return fmt.Errorf("%w policy: %q has no ML-DSA-44 key", ErrInvalid, wit.Name)
		}
		if err := seen.add(wit); err != nil {
			return err
		}
		if of[wit.Key.name] != 1 {
			return fmt.Errorf("%w policy: %q: an ML-DSA-44 key stands beside one Ed25519 key of the same key name, which has no other", ErrInvalid, wit.Name)
		}
		of[wit.Key.name] = -1 // taken
	}
	return nil
}

// policySeen is the names and keys of a policy so far.
type policySeen struct{ keys, names map[string]bool }

func (s policySeen) add(wit Witness) error {
	if err := checkName(wit.Name); err != nil {
		return fmt.Errorf("policy: witness: %w", err)
	}
	if s.names[wit.Name] {
		return fmt.Errorf("%w policy: the name %q is taken", ErrInvalid, wit.Name)
	}
	if s.keys[string(wit.Key.pub)] {
		return fmt.Errorf("%w policy: the key of witness %q stands there twice", ErrInvalid, wit.Name)
	}
	s.names[wit.Name], s.keys[string(wit.Key.pub)] = true, true
	return nil
}

// Marshal writes the policy file.
func (p *Policy) Marshal() ([]byte, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "log %s\n", p.Log)
	if len(p.Witnesses) == 0 {
		b.WriteString("quorum none\n")
		return b.Bytes(), nil
	}
	names, group := make([]string, len(p.Witnesses)), groupName
	for i, w := range p.Witnesses {
		fmt.Fprintf(&b, "witness %s %s\n", w.Name, w.Key)
		names[i] = w.Name
	}
	for _, w := range p.MLDSA {
		fmt.Fprintf(&b, "witness %s %s\n", w.Name, w.Key)
	}
	for slices.Contains(names, group) {
		group += "-"
	}
	fmt.Fprintf(&b, "group %s %d %s\nquorum %s\n", group, p.Quorum, strings.Join(names, " "), group)
	return b.Bytes(), nil
}

// Open verifies a signed checkpoint under the policy and returns its tree
// head: signed by the log under its origin, and cosigned by a quorum.
func (p *Policy) Open(signed []byte) (Checkpoint, error) {
	c, _, err := p.OpenCosigned(signed)
	return c, err
}

// OpenCosigned is Open, and also returns the cosignatures of the policy's
// witnesses, in the order of the policy, and after them those of their ML-DSA-44
// keys. One that is wrong, of either kind, makes the checkpoint invalid.
func (p *Policy) OpenCosigned(signed []byte) (Checkpoint, []Cosignature, error) {
	if err := p.Validate(); err != nil {
		return Checkpoint{}, nil, err
	}
	known := []note.Verifier{p.Log}
	for _, w := range slices.Concat(p.Witnesses, p.MLDSA) {
		known = append(known, w.Key)
	}
	c, sigs, err := open(signed, note.VerifierList(known...))
	if err != nil {
		return Checkpoint{}, nil, err
	}
	if c.Origin != p.Log.Name() {
		return Checkpoint{}, nil, fmt.Errorf("%w checkpoint: origin %q, the policy's log is %q", ErrInvalid, c.Origin, p.Log.Name())
	}
	if findSig(sigs, p.Log) == nil {
		return Checkpoint{}, nil, fmt.Errorf("%w checkpoint: not signed by the log %q", ErrInvalid, c.Origin)
	}
	var cosigs []Cosignature
	counted := 0
	for _, w := range slices.Concat(p.Witnesses, p.MLDSA) {
		if sig := findSig(sigs, w.Key); sig != nil {
			cosigs = append(cosigs, Cosignature{w.Key, binary.BigEndian.Uint64(sig), sig[8:]})
			if !w.Key.MLDSA() {
				counted++
			}
		}
	}
	if counted < p.Quorum {
		return Checkpoint{}, nil, fmt.Errorf("%w checkpoint: cosigned by %d of %d witnesses, the policy asks for %d",
			ErrInvalid, counted, len(p.Witnesses), p.Quorum)
	}
	return c, cosigs, nil
}

// findSig returns the bytes of the verified signature of v, without the key
// id, or nil. open has seen to their length.
func findSig(sigs []note.Signature, v *Verifier) []byte {
	for _, s := range sigs {
		if s.Name == v.Name() && s.Hash == v.KeyHash() {
			b, err := base64.StdEncoding.DecodeString(s.Base64)
			if err != nil || len(b) < 4 {
				return nil
			}
			return b[4:]
		}
	}
	return nil
}
