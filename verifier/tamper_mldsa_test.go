package verifier

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"strings"
	"testing"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/tlog"
)

// second makes a second key of a witness of the record.
func (r *record) second(witness int) *checkpoint.Cosigner {
	r.t.Helper()
	key, err := checkpoint.GenerateMLDSACosigner(r.manifest.Witnesses[witness].Name, rand.Reader)
	r.must(err)
	return key
}

// secondPolicy is the record's policy with second keys of its first witnesses.
func (r *record) secondPolicy(keys ...*checkpoint.Cosigner) *checkpoint.Policy {
	p := r.policy()
	for i, key := range keys {
		p.MLDSA = append(p.MLDSA, checkpoint.Witness{Name: fmt.Sprintf("second%d", i), Key: key.Verifier()})
	}
	return p
}

// cosignature signs the first size entries at a time.
func (r *record) cosignature(key *checkpoint.Cosigner, size, at uint64) checkpoint.Cosignature {
	r.t.Helper()
	root, err := r.tree.RootAt(size)
	r.must(err)
	cs, err := key.Cosign(checkpoint.Checkpoint{Origin: r.log.Origin(), Size: size, Root: root}, at)
	r.must(err)
	return cs
}

// TestTamperedSecondKeys: a wrong line of a second key that the policy names is as
// wrong as one of any other key.
func TestTamperedSecondKeys(t *testing.T) {
	list := []struct {
		name   string
		line   func(r *record, cs checkpoint.Cosignature) checkpoint.Cosignature
		reason string
	}{
		{"a flipped bit", func(_ *record, cs checkpoint.Cosignature) checkpoint.Cosignature {
			cs.Sig = bytes.Clone(cs.Sig)
			cs.Sig[777] ^= 8
			return cs
		}, "invalid signature"},
		{"another time", func(_ *record, cs checkpoint.Cosignature) checkpoint.Cosignature {
			cs.Time++
			return cs
		}, "invalid signature"},
		{"truncated", func(_ *record, cs checkpoint.Cosignature) checkpoint.Cosignature {
			cs.Sig = cs.Sig[:2419]
			return cs
		}, "invalid signature"},
		{"of an earlier tree", func(r *record, cs checkpoint.Cosignature) checkpoint.Cosignature {
			old := r.cosignature(r.second(0), r.size()-1, cs.Time)
			old.Witness = cs.Witness
			return old
		}, "invalid signature"},
		{"of another key", func(r *record, cs checkpoint.Cosignature) checkpoint.Cosignature {
			other := r.cosignature(r.second(0), r.size(), cs.Time)
			other.Witness = cs.Witness
			return other
		}, "invalid signature"},
		{"Ed25519's signature", func(r *record, cs checkpoint.Cosignature) checkpoint.Cosignature {
			root, err := r.tree.RootAt(r.size())
			r.must(err)
			cs.Sig, err = checkpoint.SignCosignature(r.witnesses[0], r.log.Origin(), r.size(), root, cs.Time)
			r.must(err)
			return cs
		}, "invalid signature"},
	}
	var corruptions []corruption
	for _, c := range list {
		var key *checkpoint.Cosigner // made when there is a record
		corruptions = append(corruptions, corruption{
			name: c.name, check: "V05", reason: c.reason,
			files: func(r *record, b board) {
				key = r.second(0)
				line := c.line(r, r.cosignature(key, r.size(), r.now)).Line()
				b[tlog.CheckpointPath] = append(b[tlog.CheckpointPath], line...)
			},
			options: func(r *record, o *Options) { o.Policy = r.secondPolicy(key) },
		})
	}
	corruptions = append(corruptions, corruption{
		name: "second keys for first ones", check: "V05", reason: "cosigned by 1 of 3",
		files: func(r *record, b board) {
			signed, err := checkpoint.AddCosignatures(r.checkpoint(r.size(), 2), r.cosignature(r.second(0), r.size(), r.now), r.cosignature(r.second(1), r.size(), r.now))
			r.must(err)
			b[tlog.CheckpointPath] = signed
		},
	})
	mustFail(t, corruptions)
}

// TestSecondKeys: missing lines are told and harm nothing, nor do lines of keys that
// nobody names; and older checkpoints may differ in lines.
func TestSecondKeys(t *testing.T) {
	r := build(t, tamper{})
	keys := []*checkpoint.Cosigner{r.second(0), r.second(1)}
	plain := r.checkpoint(r.size(), 0, 1)
	with := func(n int) []byte {
		signed := plain
		for _, key := range keys[:n] {
			var err error
			signed, err = checkpoint.AddCosignatures(signed, r.cosignature(key, r.size(), r.now))
			r.must(err)
		}
		return signed
	}
	line := r.cosignature(keys[0], r.size(), r.now)
	line.Sig[777] ^= 8
	broken := append(bytes.Clone(plain), line.Line()...)
	stranger := append(bytes.Clone(with(1)), r.cosignature(r.second(2), r.size(), 9).Line()...)
	for _, c := range []struct {
		name   string
		signed []byte
		policy *checkpoint.Policy
		note   string
	}{
		{"none", with(0), r.secondPolicy(keys...), "cosigned also with ML-DSA-44 by 0 of 2"},
		{"one", with(1), r.secondPolicy(keys...), "cosigned also with ML-DSA-44 by 1 of 2"},
		{"both", with(2), r.secondPolicy(keys...), "cosigned also with ML-DSA-44 by 2 of 2"},
		{"a stranger's", stranger, r.secondPolicy(keys...), "cosigned also with ML-DSA-44 by 1 of 2"},
		{"of keys that the policy does not name", with(2), r.policy(), ""},
		{"broken, of such a key", broken, r.policy(), ""},
	} {
		files := r.publish()
		files[tlog.CheckpointPath] = c.signed
		options := r.options()
		options.Policy, options.OldCheckpoints = c.policy, [][]byte{with(0), with(2), broken}
		report, err := judgeEverywhere(t, files, options)
		if err != nil || !report.Verified() {
			dump(t, report)
			t.Fatalf("%s: not verified, %v", c.name, err)
		}
		if note := report.Check("V05").Note; !strings.Contains(note, c.note) || strings.Contains(note, "ML-DSA-44") != (c.note != "") {
			t.Errorf("%s: note %q, want %q", c.name, note, c.note)
		}
		r.mustAgree(t, report, files, options)
	}
}

// TestSecondKeysFromState goes on from a state whose checkpoint has other lines. The
// record itself is one of TestSecondKeys, where everybody is asked.
func TestSecondKeysFromState(t *testing.T) {
	r := build(t, tamper{})
	key := r.second(0)
	options := r.options()
	options.Policy = r.secondPolicy(key)
	files := r.publish()
	first, err := Verify(t.Context(), files, options)
	r.must(err)
	options.Since = saved(t, first)
	files[tlog.CheckpointPath], err = checkpoint.AddCosignatures(files[tlog.CheckpointPath], r.cosignature(key, r.size(), r.now))
	r.must(err)
	again, err := Verify(t.Context(), files, options)
	if err != nil || !again.Verified() || !strings.Contains(again.Check("V05").Note, "by 1 of 1") {
		dump(t, again)
		t.Errorf("note %q, %v", again.Check("V05").Note, err)
	}
}
