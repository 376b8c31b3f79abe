package dtmf

import "testing"

// packet is one telephone-event packet of a test: key, timestamp, and whether it is marked, the last, or of full length.
type packet struct {
	key    byte
	at     uint32
	marker bool
	end    bool
	full   bool
	ssrc   uint32
}

// press10 is the packets of a press as telephones send them.
func press10(key byte, at uint32) (p []packet) {
	for i := range 7 {
		p = append(p, packet{key: key, at: at, marker: i == 0})
	}
	for range 3 {
		p = append(p, packet{key: key, at: at, end: true})
	}
	return p
}

func join(presses ...[]packet) (all []packet) {
	for _, p := range presses {
		all = append(all, p...)
	}
	return all
}

// without removes the packets at the places given.
func without(p []packet, places ...int) (left []packet) {
	drop := make(map[int]bool)
	for _, i := range places {
		drop[i] = true
	}
	for i := range p {
		if !drop[i] {
			left = append(left, p[i])
		}
	}
	return left
}

func TestDetector(t *testing.T) {
	one, two := press10('1', 1000), press10('2', 3000)
	long := []packet{{key: '7', at: 1000, marker: true}, {key: '7', at: 1000, full: true}}
	for _, tt := range []struct {
		name    string
		packets []packet
		want    string
	}{
		{"one press is ten packets", one, "1"},
		{"two presses", join(one, two), "12"},
		{"same key twice", join(one, press10('1', 3000)), "11"},
		{"first packet lost", without(one, 0), "1"},
		{"only the last arrived", one[9:], "1"},
		{"all ends lost", join(one[:7], two[:7]), "12"},
		{"marker lost of the second", join(one, without(two, 0)), "12"},
		{"every packet doubled", join(one[:1], one[:1], one[1:2], one[1:2], one[9:], one[9:]), "1"},
		{"timestamp repeated, as sipp's recordings do", join(one, press10('1', 1000), press10('1', 1000)), "111"},
		{"timestamp repeated by another key", join(one, press10('2', 1000)), "12"},
		{"timestamp repeated, marker but no end before", join(one[:7], one[:1]), "1"},
		{"timestamp repeated, end but no marker", join(one, one[1:]), "1"},
		{"timestamp runs backward", join(two, one), "21"},
		{"timestamp wraps", join(press10('3', 0xffffff00), press10('4', 100)), "34"},
		{"late packets of the press before", join(one[:8], two[:1], one[8:], two[1:]), "12"},
		{"very late packet", join(one, two, press10('3', 5000), one[4:5]), "123"},
		{"keys that are no digits", join(press10('A', 1), press10('5', 2), press10('D', 3)), "5"},
		{"stars and hashes", join(press10('*', 1), press10('#', 2)), "*#"},
		{"held for more than eight seconds", join(long, []packet{{key: '7', at: 1000 + 0xffff}, {key: '7', at: 1000 + 0xffff, end: true}}), "7"},
		{"held, then pressed again", join(long, []packet{{key: '7', at: 1000, end: true}}, press10('7', 1000+0xffff)), "77"},
		{"not held that long, end and marker lost", []packet{{key: '7', at: 1000}, {key: '7', at: 1000 + 0xffff}}, "77"},
		{"held, end and marker lost, pressed again later", join(long, []packet{{key: '7', at: 200000}}), "77"},
		{"held, then another key", join(long, []packet{{key: '8', at: 1000 + 0xffff}}), "78"},
		{"source restarted", join(one, []packet{{key: '1', at: 1000, ssrc: 9}}), "11"},
		{"many presses", func() (all []packet) {
			for i := range uint32(50) {
				all = append(all, press10('0'+byte(i%10), i*500)...)
			}
			return all
		}(), "01234567890123456789012345678901234567890123456789"},
	} {
		var d Detector
		var got []byte
		for _, p := range tt.packets {
			e := Event{End: p.end, Duration: 160}
			if p.full {
				e.Duration = 0xffff
			}
			if c, err := Code(p.key); err == nil {
				e.Code = c
			} else {
				e.Code = 12 + p.key - 'A'
			}
			if digit, ok := d.Packet(p.ssrc, p.at, p.marker, e); ok {
				got = append(got, digit)
			}
		}
		if string(got) != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestPress(t *testing.T) {
	packets, err := Press('#', 160)
	if err != nil {
		t.Fatal(err)
	}
	if len(packets) != 10 {
		t.Fatalf("%d packets, want 10", len(packets))
	}
	var d Detector
	pressed := 0
	for i, p := range packets {
		if p.Marker != (i == 0) || p.Event.End != (i >= 7) || p.Event.Code != 11 {
			t.Errorf("packet %d: %+v", i, p)
		}
		if want := uint16(p.Tick+1) * 160; p.Event.Duration != want {
			t.Errorf("packet %d: duration %d, want %d", i, p.Event.Duration, want)
		}
		if i > 0 && p.Tick < packets[i-1].Tick || p.Tick >= PressTicks {
			t.Errorf("packet %d at tick %d", i, p.Tick)
		}
		if digit, ok := d.Packet(1, 77, p.Marker, p.Event); ok {
			pressed++
			if digit != '#' {
				t.Errorf("heard %q", digit)
			}
		}
	}
	if pressed != 1 {
		t.Errorf("heard %d presses", pressed)
	}
	if _, err := Press('A', 160); err == nil {
		t.Error("key A pressed")
	}
}

func FuzzDetector(f *testing.F) {
	f.Add([]byte{1, 0, 1, 1, 0, 2, 1, 1, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		var d Detector
		for ; len(b) >= 3; b = b[3:] {
			_, ok := d.Packet(uint32(b[0]>>7), uint32(b[1]), b[2]&1 != 0, Event{Code: b[0] & 15, End: b[2]&2 != 0, Duration: uint16(b[2]) << 8})
			if ok && b[0]&15 > 11 {
				t.Error("a key that is no digit was reported")
			}
		}
	})
}
