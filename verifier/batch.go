package verifier

import (
	"rollcall/crypto/group"
)

// batch gathers the equations of many entries, to be checked as one sum. What
// hangs on them is told once they are checked, so nothing may be concluded from
// an entry before. Checked, it is empty and ready for more.
type batch struct {
	items [][]group.Equation
	tell  []func(error)
	sums  group.Batch
}

// add adds an item: equations that stand or fall together, and who is told. The
// error is nil, or names the first equation that does not hold.
func (b *batch) add(equations []group.Equation, tell func(error)) {
	b.items, b.tell = append(b.items, equations), append(b.tell, tell)
}

// check checks all items under joint key k, which may be nil before there is one.
// Alone says to check each equation by itself.
func (b *batch) check(k *group.Point, alone bool) {
	if alone {
		for i, equations := range b.items {
			b.tell[i](group.VarTimeCheckAll(equations, k))
		}
	} else {
		for i, err := range b.sums.VarTimeCheck(b.items, k) {
			b.tell[i](err)
		}
	}
	clear(b.items) // they hold on to points
	clear(b.tell)
	b.items, b.tell = b.items[:0], b.tell[:0]
}
