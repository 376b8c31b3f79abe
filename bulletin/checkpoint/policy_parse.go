package checkpoint

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// ParsePolicy reads a policy file (c2sp.org/tlog-policy) of the one shape that
// Rollcall knows: exactly one log, and a quorum that is "none" (then without
// witnesses), a single witness, or one group that holds every witness. Comments,
// empty lines, URLs after a key, and "any" and "all" for a number are
// understood. So are witnesses with an ML-DSA-44 key, which stand beside those that
// the quorum counts and in no group. Anything else is refused with its line: a
// rule that is not understood must not be taken for a weaker one.
func ParsePolicy(text []byte) (*Policy, error) {
	if len(text) > maxPolicySize {
		return nil, fmt.Errorf("%w policy: %d bytes, at most %d", ErrInvalid, len(text), maxPolicySize)
	}
	if !utf8.Valid(text) {
		return nil, fmt.Errorf("%w policy: not UTF-8", ErrInvalid)
	}
	for i, b := range text {
		if b != '\t' && b != '\n' && (b < 0x20 || b == 0x7f) {
			return nil, fmt.Errorf("%w policy: control character 0x%02x at byte %d", ErrInvalid, b, i)
		}
	}
	var r policyReader
	for i, line := range strings.Split(string(text), "\n") {
		fields := strings.FieldsFunc(line, func(c rune) bool { return c == ' ' || c == '\t' })
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if err := r.line(fields); err != nil {
			return nil, fmt.Errorf("%w policy, line %d: %w", ErrInvalid, i+1, err)
		}
	}
	if err := r.finish(); err != nil {
		return nil, fmt.Errorf("%w policy: %w", ErrInvalid, err)
	}
	if err := r.p.Validate(); err != nil {
		return nil, err
	}
	return &r.p, nil
}

// policyReader is a policy file read so far.
type policyReader struct {
	p       Policy
	group   string   // name of the group, once defined
	members []string // its members
	k       int
	quorum  string
}

func (r *policyReader) line(f []string) error {
	switch f[0] {
	case "log":
		if len(f) != 2 && len(f) != 3 {
			return fmt.Errorf("want: log <vkey> [<url>]")
		}
		if r.p.Log != nil {
			return fmt.Errorf("a second log: an election has one")
		}
		v, err := ParseLogVerifier(f[1])
		r.p.Log = v
		return err
	case "witness":
		if len(f) != 3 && len(f) != 4 {
			return fmt.Errorf("want: witness <name> <vkey> [<url>]")
		}
		if r.defined(f[1]) {
			return fmt.Errorf("the name %q is taken", f[1])
		}
		v, err := parseVkey(f[2], algCosignature, algMLDSA)
		switch {
		case err != nil:
			return err
		case v.MLDSA():
			r.p.MLDSA = append(r.p.MLDSA, Witness{Name: f[1], Key: v})
		default:
			r.p.Witnesses = append(r.p.Witnesses, Witness{Name: f[1], Key: v})
		}
		return nil
	case "group":
		return r.defineGroup(f)
	case "quorum":
		if len(f) != 2 {
			return fmt.Errorf("want: quorum <name>")
		}
		if r.quorum != "" {
			return fmt.Errorf("a second quorum line")
		}
		if f[1] != "none" && !r.defined(f[1]) {
			return fmt.Errorf("quorum %q is not defined above", f[1])
		}
		if named(r.p.MLDSA, f[1]) {
			return errMLDSA(f[1])
		}
		r.quorum = f[1]
		return nil
	}
	return fmt.Errorf("unknown keyword %q", f[0])
}

func (r *policyReader) defined(name string) bool {
	return name == "none" || name == r.group && r.group != "" || named(r.p.Witnesses, name) || named(r.p.MLDSA, name)
}

func named(list []Witness, name string) bool {
	return slices.ContainsFunc(list, func(w Witness) bool { return w.Name == name })
}

// errMLDSA says why a name can not be counted.
func errMLDSA(name string) error {
	return fmt.Errorf("%q is an ML-DSA-44 key, which counts for no quorum: name the witness's Ed25519 key", name)
}

func (r *policyReader) defineGroup(f []string) error {
	if len(f) < 4 {
		return fmt.Errorf("want group <name> <k> and the names of witnesses")
	}
	if r.group != "" {
		return fmt.Errorf("a second group: only one k-of-w group is supported")
	}
	if r.defined(f[1]) {
		return fmt.Errorf("the name %q is taken", f[1])
	}
	members := f[3:]
	for i, m := range members {
		if m == "none" || !r.defined(m) {
			return fmt.Errorf("member %q is not defined above", m)
		}
		if named(r.p.MLDSA, m) {
			return errMLDSA(m)
		}
		if slices.Contains(members[:i], m) {
			return fmt.Errorf("member %q stands there twice", m)
		}
	}
	switch f[2] {
	case "any":
		r.k = 1
	case "all":
		r.k = len(members)
	default:
		k, err := strconv.Atoi(f[2])
		if err != nil || k < 1 || k > len(members) || strconv.Itoa(k) != f[2] {
			return fmt.Errorf("threshold %q: want any, all, or 1 to %d", f[2], len(members))
		}
		r.k = k
	}
	r.group, r.members = f[1], members
	return nil
}

// finish turns the names into the policy's quorum.
func (r *policyReader) finish() error {
	if r.p.Log == nil {
		return fmt.Errorf("no log line")
	}
	counted := 0
	switch r.quorum {
	case "":
		return fmt.Errorf("no quorum line")
	case "none":
	case r.group:
		counted, r.p.Quorum = len(r.members), r.k
	default:
		counted, r.p.Quorum = 1, 1
	}
	if counted != len(r.p.Witnesses) {
		return fmt.Errorf("the quorum counts %d of %d witnesses: every witness must be in it", counted, len(r.p.Witnesses))
	}
	return nil
}
