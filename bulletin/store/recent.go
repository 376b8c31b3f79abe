package store

const (
	// maxRecent is the most memory, in bytes, that recent entries may take.
	maxRecent = 32 << 20
	// perRecent is what an entry takes besides its own bytes, roughly.
	perRecent = 48
)

// recent keeps the entries that were committed last, so that whoever follows
// close behind, as the exporter of the public files does, need not read back
// from the database what has just gone into it. Older ones are read there.
type recent struct {
	end     uint64 // index after the last
	entries [][]byte
	memory  int
}

// add takes the entries that were committed next.
func (r *recent) add(entries [][]byte) {
	r.entries, r.end = append(r.entries, entries...), r.end+uint64(len(entries))
	for _, e := range entries {
		r.memory += len(e) + perRecent
	}
	for r.memory > maxRecent {
		r.memory -= len(r.entries[0]) + perRecent
		r.entries[0] = nil // append moves the rest, some time; this goes now
		r.entries = r.entries[1:]
	}
}

// reset forgets everything: the next entry is number size.
func (r *recent) reset(size uint64) { *r = recent{end: size} }

// last returns those of the entries from to to-1 that are kept, the last ones,
// in a slice of its own.
func (r *recent) last(from, to uint64) [][]byte {
	start := r.end - uint64(len(r.entries))
	from = max(from, start)
	if from >= to || to > r.end {
		return nil
	}
	return append([][]byte(nil), r.entries[from-start:to-start]...)
}
