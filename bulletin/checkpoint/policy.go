package checkpoint

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// maxPolicySize is the most bytes a policy file may have; maxWitnesses bounds
// the group, at what c2sp.org/tlog-policy recommends to support.
const (
	maxPolicySize = 64 << 10
	maxWitnesses  = 32
)

// groupName is the name of the one group a written policy has.
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
	Witnesses []Witness
	Quorum    int
}

// Validate checks what Marshal and ParsePolicy both rely on: 1 <= Quorum <= w,
// or both 0; distinct names; all keys, the log's too, pairwise distinct.
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
	keys := map[string]bool{string(p.Log.pub): true}
	names := map[string]bool{"none": true, groupName: true}
	for _, wit := range p.Witnesses {
		if err := checkName(wit.Name); err != nil {
			return fmt.Errorf("policy: witness: %w", err)
		}
		if wit.Key == nil || wit.Key.alg != algCosignature {
			return fmt.Errorf("%w policy: witness %q has no cosignature key", ErrInvalid, wit.Name)
		}
		if names[wit.Name] {
			return fmt.Errorf("%w policy: the name %q is taken", ErrInvalid, wit.Name)
		}
		if keys[string(wit.Key.pub)] {
			return fmt.Errorf("%w policy: the key of witness %q stands there twice", ErrInvalid, wit.Name)
		}
		names[wit.Name], keys[string(wit.Key.pub)] = true, true
	}
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
	names := make([]string, len(p.Witnesses))
	for i, w := range p.Witnesses {
		fmt.Fprintf(&b, "witness %s %s\n", w.Name, w.Key)
		names[i] = w.Name
	}
	fmt.Fprintf(&b, "group %s %d %s\nquorum %s\n", groupName, p.Quorum, strings.Join(names, " "), groupName)
	return b.Bytes(), nil
}

// Open verifies a signed checkpoint under the policy and returns its tree
// head: signed by the log under its origin, and cosigned by a quorum.
func (p *Policy) Open(signed []byte) (Checkpoint, error) {
	c, _, err := p.OpenCosigned(signed)
	return c, err
}

// OpenCosigned is Open, and also returns the cosignatures of the policy's
// witnesses, in the order of the policy.
func (p *Policy) OpenCosigned(signed []byte) (Checkpoint, []Cosignature, error) {
	if err := p.Validate(); err != nil {
		return Checkpoint{}, nil, err
	}
	known := []note.Verifier{p.Log}
	for _, w := range p.Witnesses {
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
	for _, w := range p.Witnesses {
		if sig := findSig(sigs, w.Key); sig != nil {
			cosigs = append(cosigs, Cosignature{w.Key, binary.BigEndian.Uint64(sig), sig[8:]})
		}
	}
	if len(cosigs) < p.Quorum {
		return Checkpoint{}, nil, fmt.Errorf("%w checkpoint: cosigned by %d of %d witnesses, the policy asks for %d",
			ErrInvalid, len(cosigs), len(p.Witnesses), p.Quorum)
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
