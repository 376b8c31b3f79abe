package verifier

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"
	"unsafe"

	"rollcall/bulletin/entry"
	"rollcall/bulletin/tlog"
)

// TestFingerprintSet holds the set against a map, while shards grow and shrink.
func TestFingerprintSet(t *testing.T) {
	for _, c := range []struct {
		name  string
		value func(rnd *rand.Rand) uint64
	}{
		{"one shard", func(rnd *rand.Rand) uint64 { return rnd.Uint64N(3_000) }},
		{"many shards", func(rnd *rand.Rand) uint64 { return rnd.Uint64N(60_000) << 46 }},
		{"both ends", func(rnd *rand.Rand) uint64 { return rnd.Uint64N(2_000) - 1_000 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, want := newFingerprintSet(), map[uint64]bool{}
			rnd := rand.New(rand.NewPCG(1, 1))
			for i := range 200_000 {
				f := c.value(rnd) // few values, so that they come again
				switch rnd.IntN(4) {
				case 0:
					s.remove(f)
					delete(want, f)
				case 1:
					if s.has(f) != want[f] {
						t.Fatalf("step %d: has(%d) is %v", i, f, !want[f])
					}
				default:
					if s.add(f) == want[f] {
						t.Fatalf("step %d: add(%d) is %v", i, f, want[f])
					}
					want[f] = true
				}
			}
			if s.count != len(want) {
				t.Errorf("%d fingerprints, want %d", s.count, len(want))
			}
			for range 60_000 {
				if f := c.value(rnd); s.has(f) != want[f] {
					t.Fatalf("has(%d) is %v", f, !want[f])
				}
			}
		})
	}
}

func TestPacked(t *testing.T) {
	if n := unsafe.Sizeof(ballot{}); n != 36 {
		t.Errorf("a ballot takes %d bytes", n)
	}
	if n := unsafe.Sizeof(voter{}); n != 28 {
		t.Errorf("a voter takes %d bytes", n)
	}
	for _, n := range []uint64{0, 1, 1 << 32, 1e14 - 1, 1<<64 - 1} {
		if toWide(n).value() != n {
			t.Errorf("%d comes back as %d", n, toWide(n).value())
		}
	}
	var b ballot
	for _, code := range []uint64{0, 1<<32 - 1, 1 << 32, 1e14 - 1} {
		if b.setCode(code); b.code() != code {
			t.Errorf("code %d comes back as %d", code, b.code())
		}
	}
	var v voter
	for _, number := range []uint64{0, 1<<32 - 1, 1 << 32, 1e10 - 1} {
		if v.setNumber(number); v.number() != number {
			t.Errorf("ballot number %d comes back as %d", number, v.number())
		}
	}
	var l list[int]
	for i := range 3*pieceSize + 1 {
		l.push(i)
	}
	n := int32(0)
	for at, v := range l.all {
		if at != n || *v != int(n) || l.at(at) != v {
			t.Fatalf("element %d is %d", at, *v)
		}
		n++
	}
	if int(n) != l.len() {
		t.Errorf("%d elements, want %d", n, l.len())
	}
}

// TestTooManyEntries is a board that claims more entries than positions have
// bits: that is a fault, and nothing wraps. One of as many as there may be is read.
func TestTooManyEntries(t *testing.T) {
	r := build(t, tamper{stop: "open"})
	for _, c := range []struct {
		size   uint64
		failed bool
	}{{maxSize, false}, {maxSize + 1, true}, {math.MaxUint64, true}} {
		files := r.publish()
		files[tlog.CheckpointPath] = r.checkpointOf(c.size, tlog.Hash{1}, 0, 1)
		report, err := judgeEverywhere(t, files, r.options())
		// Of a record of fewer the first bundle is full, and not there.
		if (err == nil) != c.failed || report.Failed() != c.failed || report.Verified() || (report.Check("V05").Error == fmt.Sprintf("checkpoint: %d entries, a record has at most 2147483648", c.size)) != c.failed {
			dump(t, report)
			t.Errorf("%d entries: %v", c.size, err)
		}
		o := r.options()
		o.Policy = nil
		report, _ = judgeEverywhere(t, files, o)
		if report.Failed() != c.failed {
			dump(t, report)
			t.Errorf("%d entries, without a policy: want a failure: %v", c.size, c.failed)
		}
	}
}

// many is a judge in the middle of an election without cryptography: voters
// with one ballot each of ten options and "none", posted, given a code, and
// past the time in which they could be decided.
func many(t testing.TB, ballots int) *judge {
	j := newJudge(nil, Options{})
	j.manifest = &entry.Manifest{
		Units:           []entry.Unit{{ID: "all"}, {ID: "leaf"}},
		Contests:        []entry.Contest{{Units: []uint64{1}, Limit: 1, Options: make([]entry.Option, 10)}},
		Windows:         []entry.Window{{From: 0, To: 1 << 40}},
		DecisionSeconds: 60,
	}
	j.plan = newPlan(j.manifest)
	rnd := rand.NewChaCha8([32]byte{1})
	random := func(n int) []byte {
		b := make([]byte, n)
		_, _ = rnd.Read(b)
		return b
	}
	j.roll.counts, j.roll.keys = make([]uint64, 2), newFingerprintSet()
	keys := make([][]byte, ballots)
	for i := range keys {
		keys[i] = random(32)
		if err := j.addVoter(&entry.Voter{BallotKey: [32]byte(keys[i]), CastKey: [32]byte(random(32)), Unit: 1}); err != nil {
			t.Fatal(err)
		}
	}
	j.roll.sort()
	j.phase, j.clock.ticks = phaseOpen, 1
	alphas := j.manifest.Contests[0].Ciphertexts()
	for i := range keys {
		voter := j.roll.find(j.prints.of(keys[i]))
		f := &ballotFacts{voter: voter, sealed: &sealed{voter: voter}}
		for range alphas {
			f.sealed.prints = append(f.sealed.prints, j.prints.of(random(32)))
		}
		index := uint64(i)
		j.takeBallot(&prepared{index: index, entry: &entry.Entry{Body: &entry.Ballot{}}, leaf: tlog.Hash(random(32)), ballot: f})
		if i%500 == 499 || i == len(keys)-1 {
			j.clock.time += 30
			j.giveCodes(&tickFacts{stretch: random(64)}, &entry.Tick{Time: j.clock.time, Size: index + 1})
			j.expire()
		}
	}
	j.clock.time += 61
	j.expire()
	if j.ballots.len() != ballots || len(j.voids) > 0 || len(j.pending) > 0 || j.alphas.count != alphas*ballots {
		t.Fatalf("%d ballots, %d void, %d pending, %d alphas", j.ballots.len(), len(j.voids), len(j.pending), j.alphas.count)
	}
	return j
}

// live returns the bytes in use.
func live() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what the first one finalised
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestMemoryOfABallot holds the promise of the package comment: a ballot of
// ten options and "none" that can not be decided any more, and its voter, take
// less than 150 bytes together, whatever the room that arrays have in reserve.
func TestMemoryOfABallot(t *testing.T) {
	const ballots = 50_000
	before := live()
	j := many(t, ballots)
	after := live()
	a := (after - before) / ballots
	t.Logf("%d bytes a ballot", a)
	if a >= 150 || a < 11*restSize { // less would be a measurement of nothing
		t.Errorf("%d bytes a ballot", a)
	}
	runtime.KeepAlive(j)
}

// TestMemoryOfAVoidEntry is a board full of entries that are void: they are all
// listed, and cost no more than twice a ballot.
func TestMemoryOfAVoidEntry(t *testing.T) {
	const entries = 100_000
	j := newJudge(nil, Options{})
	before := live()
	for i := range uint64(entries) {
		j.void(&prepared{index: i, entry: &entry.Entry{Body: &entry.Cast{}}}, v12, "ballot %d could be decided for %d seconds, it is %d seconds now", i, 600, i+601)
	}
	if a := (live() - before) / entries; a > 300 || a < 56 {
		t.Errorf("%d bytes a void entry", a)
	}
	before = live()
	for i := range uint64(entries) {
		j.void(&prepared{index: i, entry: &entry.Entry{Body: &entry.Cast{}}}, v12, "there is no valid tick before it")
	}
	if a := (live() - before) / entries; a > 120 {
		t.Errorf("%d bytes a void entry with a common reason", a)
	}
	runtime.KeepAlive(j)
}

// BenchmarkFingerprintSet adds and looks up fingerprints in sets of several
// sizes: the cost must hardly grow.
func BenchmarkFingerprintSet(b *testing.B) {
	for _, size := range []int{10_000, 100_000, 1_000_000, 10_000_000} {
		rnd := rand.New(rand.NewPCG(3, 3))
		s := newFingerprintSet()
		b.Run(fmt.Sprintf("%d/fill", size), func(b *testing.B) {
			// What a whole verification pays, growth of shards included.
			for b.Loop() {
				s = newFingerprintSet()
				for range size {
					s.add(rnd.Uint64())
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(size), "ns/fingerprint")
		})
		b.Run(fmt.Sprintf("%d/has", size), func(b *testing.B) {
			for b.Loop() {
				s.has(rnd.Uint64())
			}
		})
		b.Run(fmt.Sprintf("%d/add+remove", size), func(b *testing.B) {
			for b.Loop() {
				f := rnd.Uint64()
				s.add(f)
				s.remove(f)
			}
		})
	}
}
