package verifier

// wide is a 64-bit number that needs no alignment of 8 bytes: in a structure of
// which there are millions, the gaps would count.
type wide [2]uint32

func toWide(n uint64) wide { return wide{uint32(n), uint32(n >> 32)} }

func (w wide) value() uint64 { return uint64(w[0]) | uint64(w[1])<<32 }

// pieceSize is how many elements a piece of a list has.
const pieceSize = 2048

// list is an array that grows piece by piece: what stands in it is never
// copied, and no more than a piece is kept in reserve. The zero value is empty.
type list[T any] struct {
	pieces [][]T
	count  int
}

func (l *list[T]) len() int { return l.count }

// at returns element i, which stays where it is.
func (l *list[T]) at(i int32) *T { return &l.pieces[i/pieceSize][i%pieceSize] }

func (l *list[T]) push(v T) {
	if l.count%pieceSize == 0 {
		l.pieces = append(l.pieces, make([]T, 0, pieceSize))
	}
	last := &l.pieces[len(l.pieces)-1]
	*last = append(*last, v)
	l.count++
}

// all goes through the elements in order.
func (l *list[T]) all(yield func(int32, *T) bool) {
	at := int32(0)
	for _, piece := range l.pieces {
		for i := range piece {
			if !yield(at, &piece[i]) {
				return
			}
			at++
		}
	}
}
