package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
	"rollcall/crypto/schnorr"
)

// forger is a board before its opening, whose log's key is ours: it can sign
// whatever it likes.
type forger struct {
	t         *testing.T
	log       *checkpoint.Signer
	authority *schnorr.SecretKey
	hash      [entry.HashSize]byte
	first     []byte
	policy    string
	made      map[[2]uint64][]byte // entries by place and time: signatures are random
}

func newForger(t *testing.T) *forger {
	e := simulated(t)
	f := &forger{t: t, authority: e.Authority, made: map[[2]uint64][]byte{}}
	var err error
	if f.log, err = checkpoint.GenerateSigner("log.example/forger", rand.Reader); err != nil {
		t.Fatal(err)
	}
	m := *e.Manifest
	m.Log = entry.Log{Origin: f.log.Origin(), Key: f.log.Verifier().PublicKey()}
	first, err := entry.Sign(&m, nil, e.Authority)
	if err != nil {
		t.Fatal(err)
	}
	f.hash, f.first = first.Hash(), first.Bytes()
	p := checkpoint.Policy{Log: f.log.Verifier()}
	text, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	f.policy = write(t, "policy", string(text))
	return f
}

// publish returns the files of a history: the manifest and ceremonies at these
// times.
func (f *forger) publish(times ...uint64) map[string][]byte {
	f.t.Helper()
	raws := [][]byte{f.first}
	for i, at := range times {
		place := [2]uint64{uint64(i + 1), at}
		if f.made[place] == nil {
			e, err := entry.Sign(&entry.Ceremony{Attempt: place[0], Time: at}, f.hash[:], f.authority)
			if err != nil {
				f.t.Fatal(err)
			}
			f.made[place] = e.Bytes()
		}
		raws = append(raws, f.made[place])
	}
	files, tree := map[string][]byte{}, tlog.NewRangeBuilder()
	var bundle []byte
	var leaves []tlog.Hash
	for _, raw := range raws {
		leaves = append(leaves, tree.Append(raw))
		bundle, _ = tlog.AppendBundleEntry(bundle, raw)
	}
	n := len(raws)
	files["/"+tlog.Tile{Level: tlog.EntriesLevel, Width: n}.Path()] = bundle
	files["/"+tlog.Tile{Width: n}.Path()] = tlog.EncodeHashTile(leaves)
	signed, err := f.log.Sign(uint64(n), tree.Root())
	if err != nil {
		f.t.Fatal(err)
	}
	files["/checkpoint"] = signed
	return files
}

// serve serves what *files is at the time; nil is a board that is gone.
func serve(t *testing.T, files *map[string][]byte) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, ok := (*files)[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(b)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// TestFollowSecondLines changes ML-DSA-44 lines alone, on the board and on a mirror:
// no history differs, and a wrong line is not what the policy asks for.
func TestFollowSecondLines(t *testing.T) {
	f := newForger(t)
	first, err := checkpoint.GenerateCosigner("witness.example", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	second, err := checkpoint.GenerateMLDSACosigner("witness.example", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	policy := checkpoint.Policy{Log: f.log.Verifier(), Witnesses: []checkpoint.Witness{{Name: "w", Key: first.Verifier()}}, Quorum: 1,
		MLDSA: []checkpoint.Witness{{Name: "w2", Key: second.Verifier()}}}
	text, err := policy.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	cosigned := func(flip byte, at ...uint64) map[string][]byte {
		files := f.publish(1, 2, 3)
		c, err := checkpoint.Peek(files["/checkpoint"])
		if err != nil {
			t.Fatal(err)
		}
		for i, key := range []*checkpoint.Cosigner{first, second}[:len(at)] {
			cs, err := key.Cosign(c, at[i])
			if err != nil {
				t.Fatal(err)
			}
			if key == second {
				cs.Sig[9] ^= flip
			}
			files["/checkpoint"] = append(files["/checkpoint"], cs.Line()...)
		}
		return files
	}
	for _, c := range []struct {
		name          string
		board, mirror map[string][]byte
		code          int
		says          string
	}{
		{"both", cosigned(0, 5, 5), cosigned(0, 5, 5), exitIncomplete, "4 entries"},
		{"signed again", cosigned(0, 5, 5), cosigned(0, 6, 7), exitIncomplete, "4 entries"},
		{"a mirror without", cosigned(0, 5, 5), cosigned(0, 5), exitIncomplete, "4 entries"},
		{"a board without", cosigned(0, 5), cosigned(0, 5, 5), exitIncomplete, "4 entries"},
		{"a mirror with a wrong one", cosigned(0, 5, 5), cosigned(1, 5, 5), exitAlarm, "ALARM unsigned"},
	} {
		args := []string{serve(t, &c.board), "--mirror", serve(t, &c.mirror), "--policy", write(t, "policy", string(text)),
			"--election", string(entry.NewElectionID(f.hash)), "--save", filepath.Join(t.TempDir(), "state")}
		for round := range 2 { // the second time from what was saved
			code, out := followOnce(t, time.Unix(1e9, 0), args...)
			if code != c.code || round == 0 && !strings.Contains(out, c.says) || strings.Contains(out, "ALARM") != (c.code == exitAlarm) || strings.Contains(out, "ALARM fork") {
				t.Errorf("%s, round %d: exit code %d, want %d\n%s", c.name, round, code, c.code, out)
			}
		}
	}
}

// TestFollowAttacks changes a board between two rounds.
func TestFollowAttacks(t *testing.T) {
	f := newForger(t)
	good, more := f.publish(1, 2, 3), f.publish(1, 2, 3, 4)
	for _, c := range []struct {
		name         string
		next, mirror map[string][]byte
		code         int
		says         string
		proof        bool
	}{
		{"grows", more, more, exitIncomplete, "5 entries, nothing wrong", false},
		{"a mirror behind", more, good, exitIncomplete, "5 entries", false},
		{"rolled back", f.publish(1, 2), good, exitAlarm, "ALARM rollback", false},
		{"fork of one size", f.publish(1, 2, 9), good, exitAlarm, "ALARM fork", true},
		{"fork that grows", f.publish(1, 8, 9, 10), good, exitAlarm, "ALARM fork", true},
		{"fork that is shorter", f.publish(1, 9), good, exitAlarm, "ALARM fork", true},
		{"a mirror that differs", more, f.publish(1, 2, 9), exitAlarm, "ALARM fork", true},
		{"gone", nil, good, exitAlarm, "ALARM unreachable", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			board, mirror, dir := good, good, t.TempDir()
			ctx, stop := context.WithCancel(t.Context())
			clock, rounds := time.Unix(1e9, 0), 0
			var out, errs bytes.Buffer
			cmd := &command{stdout: &out, stderr: &errs}
			cmd.follow.now = func() time.Time { return clock }
			cmd.follow.wait = func(ctx context.Context, d time.Duration) error {
				if rounds++; rounds == 1 {
					board, mirror = c.next, c.mirror
				} else if rounds == 3 {
					stop()
				}
				clock = clock.Add(10 * time.Minute)
				return ctx.Err()
			}
			code := cmd.run(ctx, []string{"--follow", serve(t, &board), "--mirror", serve(t, &mirror), "--policy", f.policy,
				"--election", string(entry.NewElectionID(f.hash)), "--evidence-dir", dir, "--save", filepath.Join(t.TempDir(), "state")})
			if code != c.code || !strings.Contains(out.String(), c.says) || c.code != exitAlarm && strings.Contains(out.String(), "ALARM") {
				t.Errorf("exit code %d, want %d and %q\n%s%s", code, c.code, c.says, &out, &errs)
			}
			files, err := os.ReadDir(dir)
			if err != nil || (len(files) > 0) != c.proof {
				t.Fatalf("evidence %v, %v", files, err)
			}
			for _, file := range files {
				if code, stdout, _ := call(t, "evidence", "--policy", f.policy, filepath.Join(dir, file.Name())); code != exitVerified {
					t.Errorf("%s: exit code %d, %s", file.Name(), code, stdout)
				}
			}
		})
	}
}
