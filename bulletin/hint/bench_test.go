package hint

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
	"rollcall/crypto/group"
)

// BenchmarkHints compares, for a cast ballot of a vote for one with ten options,
// what Fill takes on one core, file included, with making the hints from decoded
// points alone: the difference is reading, decoding and writing.
func BenchmarkHints(b *testing.B) {
	const ballots = tlog.TileWidth / 2
	var proof []byte
	for range 11 {
		proof = append(append(proof, points("proof", 2)...), make([]byte, 64)...)
	}
	ballot := sign(b, &entry.Ballot{Contests: []entry.SealedContest{{Ciphertexts: points("alpha", 22), Proof: proof}}})
	cast := sign(b, &entry.Cast{Leaf: make([]byte, 32)})
	perBallot := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/ballots, "us/ballot")
		b.ReportMetric(float64(Count(ballot)+Count(cast)), "points/ballot")
	}
	b.Run("points", func(b *testing.B) {
		for b.Loop() {
			for range ballots {
				for _, e := range []*entry.Entry{ballot, cast} {
					group.AppendHints(nil, Points(e))
				}
			}
		}
		perBallot(b)
	})
	b.Run("files", func(b *testing.B) {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
		var entries [][]byte
		for range ballots {
			entries = append(entries, ballot.Bytes(), cast.Bytes())
		}
		dir := writeFiles(b, b.TempDir(), map[string][]byte{"checkpoint": nil, "tile/entries/000": fullBundle(b, entries)})
		for b.Loop() {
			if filled, err := Fill(b.Context(), dir, nil); err != nil || filled.Made != 1 {
				b.Fatal(filled, err)
			}
			if err := os.Remove(filepath.Join(dir, "hint", "000")); err != nil {
				b.Fatal(err)
			}
		}
		perBallot(b)
	})
}
