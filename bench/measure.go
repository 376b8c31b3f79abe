package main

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"golang.org/x/crypto/scrypt"

	"rollcall/crypto/group"
)

// measureAll makes what has to be made and measures it.
func measureAll(ctx context.Context, c config, wanted []string, scratch, boards string, say func(string)) (*results, error) {
	r := &results{config: c, figures: figures{}}
	want := func(part string) bool { return slices.Contains(wanted, part) }
	var made []*board
	for _, n := range c.sizes {
		if !want("growth") && (n > c.many || !want("verify") && !want("board")) {
			continue
		}
		b, err := makeBoard(ctx, boards, n, say)
		if err != nil {
			return nil, fmt.Errorf("making a board of %d ballots: %w", n, err)
		}
		made = append(made, b)
		if b.made > 0 {
			r.simulated = b.made.Seconds() / float64(n)
		}
	}
	var err error
	if len(made) > 0 {
		if r.boardBytes, r.hintBytes, err = made[len(made)-1].bytesABallot(); err != nil {
			return nil, err
		}
	}
	if r.libraries, err = libraries(randomInputs(c.floorPoints())); err != nil {
		return nil, err
	}

	var ms []measurement
	if want("verify") {
		few, many := made[slices.Index(c.sizes, c.few)], made[slices.Index(c.sizes, c.many)]
		for _, e := range []struct {
			key   string
			blank bool
		}{{keyBelenios, false}, {keyBeleniosBlank, true}} {
			m, err := measureBelenios(ctx, scratch, e.key, c.beleniosFew, c.beleniosMany, e.blank, say)
			if err != nil {
				return nil, err
			}
			ms = append(ms, m)
		}
		for _, key := range slices.Sorted(maps.Keys(modes)) {
			ms = append(ms, measureVerifying(key, few, many))
		}
		alone, err := measureRecords(ctx, many, c)
		if err != nil {
			return nil, err
		}
		ms = append(append(ms, alone...), repeat(keyStretch, "stretching a tick", 1, stretch))
	}
	if want("libraries") {
		ms = append(ms, measureLibraries(r.libraries, c.floorPoints())...)
	}
	if want("seal") {
		m, err := measureBeleniosSealing(ctx, filepath.Join(scratch, "sealing"), c.seals)
		if err != nil {
			return nil, err
		}
		e, err := openElection(ctx, filepath.Join(scratch, "open"), 1, time.Time{}, 0)
		if err != nil {
			return nil, err
		}
		defer e.Close()
		ms = append(ms, m, measureSealing(e), measureCirclSealing())
	}
	if want("board") {
		ms = append(append(ms, measureGoBenchmarks("..", c.benchtime)...), measureLoad(scratch, c.load))
	}
	if want("public") {
		public, err := measurePublic(ctx, c, "..", scratch, say)
		if err != nil {
			return nil, err
		}
		ms = append(ms, public...)
	}
	// This process measures on one core, and on none of what was made above.
	debug.FreeOSMemory()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if r.figures, err = measure(ctx, c.rounds, ms, say); err != nil {
		return nil, err
	}
	if want("growth") {
		var sizes []measurement
		for _, b := range made {
			sizes = append(sizes, measureSize(b))
		}
		grown, err := measure(ctx, c.growthRounds, sizes, say)
		if err != nil {
			return nil, err
		}
		for k, v := range grown {
			r.figures[k] = v
		}
	}
	say("done\n")
	return r, nil
}

// measureRecords returns the measurements of a board's proofs and signatures
// alone, and of their floor.
func measureRecords(ctx context.Context, b *board, c config) ([]measurement, error) {
	all, err := readRecord(ctx, b, max(c.batched, c.floor))
	if err != nil {
		return nil, err
	}
	batched, floor := all.first(c.batched), all.first(c.floor)
	hints, err := batched.hints()
	if err != nil {
		return nil, err
	}
	in, err := floor.floorInputs()
	if err != nil {
		return nil, err
	}
	floorHints := hints[:c.floorPoints()*group.HintSize]
	slow, err := floor.batchFloor(in.points, nil)
	if err != nil {
		return nil, err
	}
	fast, err := floor.batchFloor(in.points, floorHints)
	if err != nil {
		return nil, err
	}
	peers, err := libraries(in)
	if err != nil {
		return nil, err
	}
	of := func(key string) *library {
		return &peers[slices.IndexFunc(peers, func(l library) bool { return l.key == key })]
	}
	return []measurement{
		batched.measure(keyBatch, "batches", func() error { return batched.batch(nil) }),
		batched.measure(keyBatchHints, "batches with hints", func() error { return batched.batch(hints) }),
		floor.measure(keyFloor, "floor", slow),
		floor.measure(keyFloorHints, "floor with hints", fast),
		floor.measure(keyFloorGtank, "floor, gtank", libraryFloor(of("gtank"), len(in.points), pointsABallot)),
		floor.measure(keyFloorVoi, "floor, curve25519-voi", libraryFloor(of("voi"), len(in.points), len(in.points))),
	}, nil
}

// stretch is the work that makes the codes of one tick dear to search, SPEC.md,
// section 9.
func stretch() {
	if _, err := scrypt.Key(make([]byte, 64), nil, 1<<10, 8, 1, 64); err != nil {
		panic("bench: scrypt: " + err.Error()) // its parameters are constants
	}
}
