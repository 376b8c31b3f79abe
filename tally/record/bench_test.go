package record_test

import (
	"fmt"
	"testing"

	"rollcall/bulletin/entry"
)

// BenchmarkVerifyBallot is what the door does, outside its one writer, for a
// ballot of ten options and "none".
func BenchmarkVerifyBallot(b *testing.B) {
	board := newBoardOf(b, func(x *board) {
		c := x.m.Contests[0]
		c.Options = nil
		for i := range 10 {
			c.Options = append(c.Options, entry.Option{ID: fmt.Sprint(i), Name: c.Title})
		}
		x.m.Contests = []entry.Contest{c}
	})
	board.open()
	board.tick(firstTick)
	v := board.voters[0]
	e, _, err := board.booth(0).Make(v.ballot, v.unit, [][]int{{4}})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := board.s.Verify(e); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkJudgeCast is what the door's writer does for a cast, without the
// database.
func BenchmarkJudgeCast(b *testing.B) {
	board := newBoard(b)
	board.open()
	board.tick(firstTick)
	v := board.voters[2]
	cast := board.castOf(board.seal(v), v)
	for b.Loop() {
		if _, err := board.s.Judge(cast); err != nil {
			b.Fatal(err)
		}
	}
}
