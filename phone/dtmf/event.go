// Package dtmf turns telephone keys into bytes and back: RFC 4733 telephone-event payloads, the detector that
// makes one press out of the many packets of an event, and the bodies of SIP INFO requests.
//
// It holds no sockets, no clocks and no RTP headers; phone/media reads and writes the packets. A digit is the
// ASCII byte '0' to '9', '*' or '#'. Nothing here puts a digit into an error.
package dtmf

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// PayloadSize is the size in bytes of one telephone-event payload (RFC 4733, section 2.3).
const PayloadSize = 4

// MaxCode is the highest event code that is a key of a telephone (RFC 4733, section 3.2: 0 to 9, *, #, A to D).
const MaxCode = 15

// keys lists the digits a voter can press, at their event codes. Codes 12 to 15 (A to D) are on no voter's phone.
const keys = "0123456789*#"

// Event is one telephone-event payload: the report of a key that is down, or was just released.
type Event struct {
	Code     uint8  // 0 to MaxCode
	End      bool   // the key was released
	Volume   uint8  // power of the tone in -dBm0, 0 to 63
	Duration uint16 // time since the event began, in RTP timestamp units (1/8000 s)
}

// ParseEvent decodes a telephone-event payload. It takes exactly PayloadSize bytes: several events in one packet
// (RFC 4733, section 2.5.1.5) can not be key presses, which have pauses between them.
func ParseEvent(payload []byte) (Event, error) {
	if len(payload) != PayloadSize {
		return Event{}, fmt.Errorf("telephone-event of %d bytes, want %d", len(payload), PayloadSize)
	}
	// The reserved bit is ignored, as section 2.3.3 asks of receivers.
	e := Event{
		Code:     payload[0],
		End:      payload[1]&0x80 != 0,
		Volume:   payload[1] & 0x3f,
		Duration: binary.BigEndian.Uint16(payload[2:]),
	}
	if e.Code > MaxCode {
		return Event{}, errors.New("telephone-event is not a key")
	}
	return e, nil
}

// Append appends the PayloadSize bytes of e to b.
func (e Event) Append(b []byte) ([]byte, error) {
	if e.Code > MaxCode {
		return nil, errors.New("telephone-event is not a key")
	}
	if e.Volume > 63 {
		return nil, errors.New("telephone-event volume above 63")
	}
	flags := e.Volume
	if e.End {
		flags |= 0x80
	}
	return binary.BigEndian.AppendUint16(append(b, e.Code, flags), e.Duration), nil
}

// Digit returns the digit of event code, or false for a code that is no digit.
func Digit(code uint8) (byte, bool) {
	if int(code) >= len(keys) {
		return 0, false
	}
	return keys[code], true
}

// Code returns the event code of a digit.
func Code(digit byte) (uint8, error) {
	for i := range len(keys) {
		if keys[i] == digit {
			return uint8(i), nil
		}
	}
	return 0, errors.New("not a digit, '*' or '#'")
}
