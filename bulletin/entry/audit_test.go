package entry

import (
	"bytes"
	"errors"
	"math"
	"testing"
)

// TestAuditCheck holds counts of audit credentials against those of a roll.
func TestAuditCheck(t *testing.T) {
	roll := []uint64{0, 1000, 900, 2, math.MaxUint64}
	for _, c := range []struct {
		name   string
		counts []uint64
		want   string
	}{
		{"none", []uint64{0, 0, 0, 0, 0}, ""},
		{"everybody of a unit", []uint64{0, 0, 0, 2, 0}, ""},
		{"as many as fit", []uint64{0, 950, 848, 2, 0}, ""},
		{"one more than fits", []uint64{0, 950, 849, 2, 0}, "counts: more than 1800 audit credentials"},
		{"so many that a sum wraps", []uint64{0, 1, 0, 0, math.MaxUint64}, "counts: more than 1800 audit credentials"},
		{"more than voters", []uint64{0, 0, 0, 3, 0}, "counts: 3 audit credentials in unit 3, the roll has 2 voters there"},
		{"one in a unit with parts", []uint64{1, 0, 0, 0, 0}, "counts: 1 audit credentials in unit 0, the roll has 0 voters there"},
		{"a unit too few", []uint64{0, 1, 1, 1}, "counts of 4 units, want 5"},
		{"a unit too many", []uint64{0, 1, 1, 1, 1, 0}, "counts of 6 units, want 5"},
	} {
		err := (&Audit{Counts: c.counts}).Check(roll)
		if (err == nil) != (c.want == "") || err != nil && err.Error() != c.want {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

// TestAuditListOpens changes each thing that a commitment is of.
func TestAuditListOpens(t *testing.T) {
	a, hash := sampleAudit(), [HashSize]byte(sampleHash())
	opens := func(change func(l *AuditList)) error {
		l := sampleAuditList()
		change(l)
		keys, err := l.Credentials()
		if err != nil {
			return err
		}
		return l.Opens(a.Commitment, hash, keys)
	}
	if err := opens(func(*AuditList) {}); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(l *AuditList){
		"another salt":         func(l *AuditList) { l.Salt[31] ^= 1 },
		"a credential too few": func(l *AuditList) { l.Keys = l.Keys[:64] },
		"another credential":   func(l *AuditList) { l.Keys[95] ^= 1 },
		"one more":             func(l *AuditList) { l.Keys = append(l.Keys, fill(99, 32)...) },
		"none":                 func(l *AuditList) { l.Keys = nil },
	} {
		if err := opens(change); !errors.Is(err, ErrCommitment) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, c := range map[string]struct {
		change func(l *AuditList)
		want   string
	}{
		"a credential cut": {func(l *AuditList) { l.Keys = l.Keys[:95] }, "keys: 95 bytes are no multiple of 32"},
		"one twice":        {func(l *AuditList) { copy(l.Keys[32:], l.Keys[:32]) }, "keys: number 1 is not above the one before it"},
		"not in order":     {func(l *AuditList) { l.Keys[64] = 0 }, "keys: number 2 is not above the one before it"},
	} {
		if err := opens(c.change); err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	l := sampleAuditList()
	keys, err := l.Credentials()
	if err != nil || len(keys) != 3 || !bytes.Equal(keys[2][:], fill(24, 32)) {
		t.Fatalf("credentials %x, %v", keys, err)
	}
	hash[0] ^= 1
	if err := l.Opens(a.Commitment, hash, keys); !errors.Is(err, ErrCommitment) {
		t.Errorf("another election: %v", err)
	}
	if c := AuditCommitment(hash, l.Salt, nil); (&AuditList{Salt: l.Salt}).Opens(c[:], hash, nil) != nil {
		t.Error("a commitment to nobody does not open")
	}
}
