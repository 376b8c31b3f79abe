package live

import (
	"strconv"
	"strings"
)

// maxID bounds an id: a size of 20 digits, a phase of one, a result of 19.
const maxID = 20 + 1 + 1 + 1 + 19

// String returns the id of an event after which a follower stands at c:
// "SIZE.PHASE.RESULT" in decimal, PHASE from 1 for "setup" to 4 for "ended", 0
// for none. Each event has an id of its own, so that one who loses the
// connection between two events of one state is told the second.
func (c cursor) String() string {
	b := strconv.AppendUint(make([]byte, 0, maxID), c.size, 10)
	b = append(b, '.')
	b = strconv.AppendInt(b, int64(c.phase), 10)
	b = append(b, '.')
	return string(strconv.AppendInt(b, int64(c.result), 10))
}

// parseCursor reads an id, and reports false for what String does not return.
func parseCursor(s string) (cursor, bool) {
	if len(s) > maxID {
		return cursor{}, false
	}
	parts := strings.Split(s, ".")
	if len(parts) != 3 {
		return cursor{}, false
	}
	size, err1 := strconv.ParseUint(parts[0], 10, 64)
	phase, err2 := strconv.Atoi(parts[1])
	result, err3 := strconv.Atoi(parts[2])
	if err1 != nil || err2 != nil || err3 != nil || phase < 0 || phase > len(phases) || result < 0 {
		return cursor{}, false
	}
	c := cursor{size, phase, result}
	return c, c.String() == s // no sign, no zero in front
}
