package dtmf

// remembered is how many presses a Detector keeps in mind to know their late packets again. Packets overtake one
// another by fractions of a second; eight presses take longer than that on any keypad.
const remembered = 8

// Detector makes presses out of telephone-event packets. One press is about ten packets that share one RTP
// timestamp (RFC 4733, section 2.5.1.2); the Detector reports it at the first that arrives, whichever that is.
//
// A press is new if its timestamp and key are new, or if its packet bears the marker bit after the last one with
// that timestamp and key has ended: some senders replay recorded packets and so repeat one timestamp. Timestamps
// may run backward for the same reason. The zero Detector is ready to use; it is not safe for concurrent use.
type Detector struct {
	recent [remembered]press // ring, next is the oldest
	next   int
	last   int // index in recent of the press last reported
	ssrc   uint32
	any    bool // a packet was seen: ssrc and last mean something
}

// press is one press that was reported.
type press struct {
	timestamp uint32
	code      uint8
	used      bool
	ended     bool
	full      bool // its duration reached the most the field holds: it may go on under another timestamp
}

// Packet takes the next telephone-event packet, in order of arrival: the SSRC, timestamp and marker bit of its RTP
// header, and its payload. It returns the digit and true if a new press of one begins.
func (d *Detector) Packet(ssrc, timestamp uint32, marker bool, e Event) (digit byte, ok bool) {
	if !d.any || ssrc != d.ssrc {
		*d = Detector{ssrc: ssrc, any: true}
	}
	if i := d.find(timestamp, e.Code); i >= 0 {
		p := &d.recent[i]
		if !p.ended || !marker || e.End {
			p.ended = p.ended || e.End
			p.full = p.full || e.Duration == 0xffff
			return 0, false
		}
		p.ended, p.full, d.last = false, false, i
		return Digit(e.Code)
	}
	// A key held for more than 8.19 s goes on in a new segment, without marker, whose timestamp follows on from
	// the last (section 2.5.1.3). It is the same press.
	l := d.recent[d.last]
	goesOn := l.used && l.full && !l.ended && !marker && l.code == e.Code && timestamp == l.timestamp+0xffff
	d.recent[d.next] = press{timestamp: timestamp, code: e.Code, used: true, ended: e.End, full: e.Duration == 0xffff}
	d.last, d.next = d.next, (d.next+1)%remembered
	if goesOn {
		return 0, false
	}
	return Digit(e.Code)
}

// find returns the index of a remembered press, or -1.
func (d *Detector) find(timestamp uint32, code uint8) int {
	for i, p := range d.recent {
		if p.used && p.timestamp == timestamp && p.code == code {
			return i
		}
	}
	return -1
}
