package dtmf

// Shape of a press as Press makes it, in packets. The first and the last report are each sent three times, since
// a press whose every packet is lost is a key the caller believes was heard.
const (
	starts  = 3
	updates = 4
	ends    = 3
)

// Packet is one telephone-event packet of a press. All packets of a press share the RTP timestamp of its start.
type Packet struct {
	Tick   int // when to send it, in 20 ms frames since the press began
	Marker bool
	Event  Event
}

// volume of a press in -dBm0, the level that telephones commonly send.
const volume = 10

// Press returns the ten packets that report one press of a digit, 120 ms long, in the order to be sent:
// start three times at once, an update a frame, end three times at once. frame is the length of a frame in RTP
// timestamp units (160 at 20 ms).
func Press(digit byte, frame uint16) ([]Packet, error) {
	code, err := Code(digit)
	if err != nil {
		return nil, err
	}
	var packets []Packet
	add := func(n, tick int, end bool) {
		for range n {
			packets = append(packets, Packet{Tick: tick, Event: Event{
				Code: code, End: end, Volume: volume, Duration: uint16(tick+1) * frame,
			}})
		}
	}
	add(starts, 0, false)
	for i := range updates {
		add(1, i+1, false)
	}
	add(ends, updates+1, true)
	packets[0].Marker = true
	return packets, nil
}

// PressTicks is how many frames one press takes, with a pause after it that is long enough for any receiver to
// tell two presses of one key apart.
const PressTicks = updates + 2 + pauseTicks

// pauseTicks is the pause between two presses, 60 ms (ITU-T Q.24 asks for at least 40).
const pauseTicks = 3
