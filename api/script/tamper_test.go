package script_test

import (
	"bytes"
	"encoding/base64"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
	"rollcall/crypto/schnorr"
)

func entryPath(index int) string { return "/api/v1/entries/" + strconv.Itoa(index) }
func proofPath(index int) string { return "/api/v1/proofs/" + strconv.Itoa(index) }

// changed answers like a board, but for what change does to the body at paths
// that begin with one of a list.
func changed(a answers, change func([]byte) []byte, paths ...string) answers {
	return func(path string) ([]byte, int) {
		body, status := a(path)
		for _, p := range paths {
			if status == http.StatusOK && (path == p || strings.HasSuffix(p, "/") && strings.HasPrefix(path, p)) {
				body = change(bytes.Clone(body))
			}
		}
		return body, status
	}
}

// flip changes one bit of the byte before the end.
func flip(fromEnd int) func([]byte) []byte {
	return func(b []byte) []byte {
		b[len(b)-fromEnd] ^= 1
		return b
	}
}

// receipt changes a proof in its parts.
func receipt(t *testing.T, change func(*tlog.Receipt)) func([]byte) []byte {
	return func(b []byte) []byte {
		r, err := tlog.ParseReceipt(b)
		if err != nil {
			t.Error(err)
			return b
		}
		change(r)
		return r.Marshal()
	}
}

// line changes one line of a text, from 0.
func line(n int, change func(string) string) func([]byte) []byte {
	return func(b []byte) []byte {
		lines := strings.Split(string(b), "\n")
		lines[n] = change(lines[n])
		return []byte(strings.Join(lines, "\n"))
	}
}

// flipBase64 changes a bit of what base64 encodes, n bytes before its end.
func flipBase64(n int) func(string) string {
	return func(s string) string {
		b, err := base64.StdEncoding.DecodeString(s)
		if err != nil {
			panic(err) // the test names a line of another sort
		}
		b[len(b)-n] ^= 1
		return base64.StdEncoding.EncodeToString(b)
	}
}

const proofs = "/api/v1/proofs/"

// TestTamperedAnswers holds that whatever is changed on the way fails the step
// that rests on it, and no other.
func TestTamperedAnswers(t *testing.T) {
	b := newBoard(t, nil)
	path := len(b.proofLines(atCast)) // of the ballot's proof: header, index, path, empty line, checkpoint
	notBallot := allBut("election", unknown)
	notBallot["ballot"] = bad
	with := func(o outcomes, more outcomes) outcomes {
		o = maps.Clone(o)
		maps.Copy(o, more)
		return o
	}
	noDecision := outcomes{"decision": bad, "decision-record": unknown, "decision-signed": unknown}
	noElection := with(allBut("", unknown), outcomes{"election": bad})
	signature := line(path-2, func(s string) string {
		head, value, _ := strings.Cut(strings.TrimPrefix(s, "— "), " ")
		return "— " + head + " " + flipBase64(1)(value)
	})
	keyID := line(path-2, func(s string) string {
		head, value, _ := strings.Cut(strings.TrimPrefix(s, "— "), " ")
		return "— " + head + " " + flipBase64(68)(value)
	})
	other := newKeys(t).log
	for _, c := range []struct {
		name   string
		change func([]byte) []byte
		paths  []string
		want   outcomes
	}{
		{"the manifest", flip(1), []string{entryPath(0)}, noElection},
		{"the booth's signature of the ballot", flip(40), []string{entryPath(atCast)},
			outcomes{"ballot-record": bad, "decision": bad, "ballot-signed": bad, "code": bad}},
		{"the ballot's credential", func(e []byte) []byte {
			return bytes.Replace(e, b.voters[3].ballot.Public().Bytes(), b.voters[4].ballot.Public().Bytes(), 1)
		}, []string{entryPath(atCast)},
			outcomes{"ballot": bad, "ballot-record": bad, "decision": bad, "ballot-signed": bad, "ballot-form": bad, "decision-signed": bad, "code": bad}},
		{"the decision", flip(40), []string{entryPath(atCastEntry)}, outcomes{"decision-record": bad, "decision-signed": bad}},
		{"open", flip(1), []string{entryPath(atOpen)},
			outcomes{"key": bad, "roll": unknown, "ballot-form": unknown, "decision-signed": unknown}},
		{"the roll", flip(1), []string{entryPath(atRoll)}, outcomes{"roll": bad, "decision-signed": unknown}},
		{"a tick", flip(1), []string{entryPath(atTick)}, outcomes{"tick": bad, "code": unknown}},
		{"another entry for the ballot", func([]byte) []byte { return b.entries[atTick] }, []string{entryPath(atCast)}, notBallot},
		{"the ballot cut short", func(e []byte) []byte { return e[:len(e)/2] }, []string{entryPath(atCast)}, notBallot},
		{"no bytes", func([]byte) []byte { return nil }, []string{entryPath(atCast)}, notBallot},
		{"a byte more", func(e []byte) []byte { return append(e, 0) }, []string{entryPath(atCast)}, notBallot},
		{"a list without a length", func(e []byte) []byte { return append(append([]byte{0x9f}, e[1:]...), 0xff) },
			[]string{entryPath(atCast)}, notBallot},
		{"a kind without a length", func(e []byte) []byte {
			return append([]byte{e[0], 0x7f}, append(bytes.Clone(e[1:8]), append([]byte{0xff}, e[8:]...)...)...)
		}, []string{entryPath(atCast)}, notBallot},
		{"lists without end", func([]byte) []byte { return bytes.Repeat([]byte{0x81}, entry.MaxSize) }, []string{entryPath(atCast)}, notBallot},
		{"a list of 2^32 elements", func([]byte) []byte { return []byte{0x9a, 0xff, 0xff, 0xff, 0xff} }, []string{entryPath(atCast)}, notBallot},
		{"a huge entry", func([]byte) []byte { return make([]byte, entry.MaxSize+1) }, []string{entryPath(atCast)}, notBallot},
		{"a huge decision", func([]byte) []byte { return make([]byte, 8<<20) }, []string{entryPath(atCastEntry)}, noDecision},
		{"a huge proof", func(p []byte) []byte { return append(p, make([]byte, 1<<20)...) }, []string{proofPath(atCast)},
			outcomes{"ballot-record": bad}},
		{"the path", line(2, flipBase64(1)), []string{proofPath(atCast)}, outcomes{"ballot-record": bad}},
		{"the last of the path", line(path-8, flipBase64(32)), []string{proofPath(atCast)}, outcomes{"ballot-record": bad}},
		{"a shorter path", receipt(t, func(r *tlog.Receipt) { r.Path = r.Path[1:] }), []string{proofPath(atCast)}, outcomes{"ballot-record": bad}},
		{"a longer path", receipt(t, func(r *tlog.Receipt) { r.Path = append(r.Path, r.Path[0]) }), []string{proofPath(atCast)},
			outcomes{"ballot-record": bad}},
		{"a path without end", receipt(t, func(r *tlog.Receipt) {
			for range 100 {
				r.Path = append(r.Path, r.Path[0])
			}
		}), []string{proofPath(atCast)}, outcomes{"ballot-record": bad}},
		{"another index", receipt(t, func(r *tlog.Receipt) { r.Index++ }), []string{proofPath(atCast)}, outcomes{"ballot-record": bad}},
		{"the proof of another entry", func([]byte) []byte { return b.proof(atTested) }, []string{proofPath(atCast)}, outcomes{"ballot-record": bad}},
		{"the proof of the decision", line(2, flipBase64(1)), []string{proofPath(atCastEntry)}, outcomes{"decision-record": bad}},
		{"the root", line(path-4, flipBase64(1)), []string{proofPath(atCast)}, outcomes{"ballot-record": bad}},
		{"a size with a path of the same length", line(path-5, func(string) string { return "13" }), []string{proofPath(atCast)}, outcomes{"checkpoint": bad}},
		{"a smaller size", line(path-5, func(string) string { return "7" }), []string{proofPath(atCast)}, outcomes{"ballot-record": bad}},
		{"a larger size", line(path-5, func(string) string { return "18446744073709551615" }), []string{proofPath(atCast)}, outcomes{"ballot-record": bad}},
		{"a size of 0", line(path-5, func(string) string { return "0" }), []string{proofPath(atCast)}, outcomes{"ballot-record": bad}},
		{"the log's signature", signature, []string{proofs}, outcomes{"checkpoint": bad}},
		{"one of the log's signatures", signature, []string{proofPath(atTick)}, outcomes{"checkpoint": bad}},
		{"the log's key id", keyID, []string{proofs}, outcomes{"checkpoint": bad}},
		{"no signature", line(path-2, func(string) string { return "— someone AAAAAAA=" }), []string{proofs}, outcomes{"checkpoint": bad}},
		{"another log's key", receipt(t, func(r *tlog.Receipt) {
			signed, err := other.Sign(uint64(len(b.entries)), b.root())
			if err != nil {
				t.Error(err)
			}
			r.Checkpoint = signed
		}), []string{proofs}, outcomes{"checkpoint": bad}},
		{"another origin", line(path-6, func(string) string { return "board.example/2" }), []string{proofs}, outcomes{"checkpoint": bad}},
		{"no checkpoint", func(p []byte) []byte { return p[:bytes.Index(p, []byte("\n\n"))+1] }, []string{proofPath(atCast)},
			outcomes{"ballot-record": bad}},
		{"an extension of the checkpoint", line(path-4, func(s string) string { return s + "\nmore" }), []string{proofPath(atCast)},
			outcomes{"ballot-record": bad}},
		{"an index of another form", line(1, func(string) string { return "index 06" }), []string{proofPath(atCast)}, outcomes{"ballot-record": bad}},
		{"extra data", line(0, func(s string) string { return s + "\nextra AAAA" }), []string{proofPath(atCast)}, outcomes{"ballot-record": bad}},
		{"bytes for a proof", func([]byte) []byte { return []byte{0xff, 0xfe} }, []string{proofPath(atCast)}, outcomes{"ballot-record": bad}},
	} {
		t.Run(c.name, func(t *testing.T) {
			check(t, serve(t, changed(b.answers, c.change, c.paths...)), b.claim(t, atCast), "", c.want)
		})
	}
}

// proofLines are the lines of a proof, with an empty one at the end.
func (b *board) proofLines(index int) []string { return strings.Split(string(b.proof(index)), "\n") }

// TestTwoRoots holds that two trees of one size, both signed by the log, are
// noticed.
func TestTwoRoots(t *testing.T) {
	b := newBoard(t, nil)
	twin := *b
	twin.entries = append(append([][]byte{}, b.entries[:atLate]...), b.entries[atTick])
	base := serve(t, func(path string) ([]byte, int) {
		if path == proofPath(atCastEntry) {
			return twin.proof(atCastEntry), http.StatusOK
		}
		return b.answers(path)
	})
	check(t, base, b.claim(t, atCast), "", outcomes{"decision-record": bad})
}

// TestIndexIsProved holds that a ballot is not taken to stand where it does
// not: a proof of the place where it does stand is none of another.
func TestIndexIsProved(t *testing.T) {
	b := newBoard(t, nil)
	base := serve(t, func(path string) ([]byte, int) {
		switch path {
		case entryPath(atLate):
			path = entryPath(atCast)
		case proofPath(atLate):
			path = proofPath(atCast)
		}
		return b.answers(path)
	})
	claim := b.claim(t, atCast)
	claim["ballot"] = strconv.Itoa(atLate)
	check(t, base, claim, "", outcomes{"ballot-record": bad, "decision": bad, "tick": unknown, "code": unknown})
}

// TestNotInTheLog holds that a signature is not enough: entries that are signed
// by who must, and are not those in the log, fail the step that rests on them.
func TestNotInTheLog(t *testing.T) {
	b := newBoard(t, nil)
	sign := func(index int, change func(entry.Body), keys ...*schnorr.SecretKey) []byte {
		e, err := entry.Decode(b.entries[index])
		if err != nil {
			t.Fatal(err)
		}
		change(e.Body)
		if e, err = entry.Sign(e.Body, b.hash[:], keys...); err != nil {
			t.Fatal(err)
		}
		return e.Bytes()
	}
	for _, c := range []struct {
		name   string
		index  int
		served []byte
		want   outcomes
	}{
		{"open", atOpen, sign(atOpen, func(e entry.Body) { e.(*entry.Open).Attempt++ }, b.authority),
			outcomes{"key": bad, "roll": unknown, "ballot-form": unknown, "decision-signed": unknown}},
		{"the roll", atRoll, sign(atRoll, func(e entry.Body) { e.(*entry.Roll).Chunk++ }, b.registrar),
			outcomes{"roll": bad, "decision-signed": unknown}},
		{"the tick", atTick, sign(atTick, func(e entry.Body) { e.(*entry.Tick).Random[0] ^= 1 }, b.board),
			outcomes{"tick": bad, "code": unknown}},
		{"the decision", atCastEntry, sign(atCastEntry, func(entry.Body) {}, b.voters[3].cast, b.keys.booth),
			outcomes{"decision-record": bad}},
	} {
		t.Run(c.name, func(t *testing.T) {
			base := serve(t, changed(b.answers, func([]byte) []byte { return c.served }, entryPath(c.index)))
			claim := b.claim(t, atCast)
			check(t, base, claim, "", c.want)
			delete(claim, "roll") // what a search finds must be in the log, too
			check(t, base, claim, "", c.want)
		})
	}
}

// TestRollAfterOpen holds that a registrar can not add to the roll once it has
// been counted.
func TestRollAfterOpen(t *testing.T) {
	b := newBoard(t, nil)
	v := b.voters[3]
	chunk := entry.AppendVoter(nil, entry.Voter{BallotKey: [32]byte(v.ballot.Public().Bytes()), CastKey: [32]byte(v.cast.Public().Bytes()), Unit: 1})
	late, err := entry.Sign(&entry.Roll{Chunk: 2, Voters: chunk}, b.hash[:], b.registrar)
	if err != nil {
		t.Fatal(err)
	}
	b.entries = append(b.entries, late.Bytes())
	claim := b.claim(t, atCast)
	claim["roll"] = strconv.Itoa(len(b.entries) - 1)
	check(t, serve(t, b.answers), claim, "", outcomes{"roll": bad, "decision-signed": unknown})
}
