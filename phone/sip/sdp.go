package sip

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"

	"rollcall/phone/media"
)

const (
	maxSDP    = 4096 // bytes of a session description that are read
	maxMLines = 16   // media lines of one

	offeredEvent = 101 // payload type of telephone-event where the offer is ours
)

// errNoCommonMedia says that a description holds no sound this server can speak: G.711 over plain RTP.
var errNoCommonMedia = errors.New("no G.711 sound over RTP with an IP address")

// description is a peer's session description, an offer or an answer (RFC 3264), with the one line of it that the
// call uses.
type description struct {
	lines     []*sdp.MediaDescription
	audio     int // index in lines of the one used
	peer      media.Peer
	direction string // the peer's: sendrecv, sendonly, recvonly or inactive
}

// parseDescription reads an SDP body and picks the first audio line that can be used. local is this server's address,
// whose family (IPv4 or IPv6) the peer's must be of. prior is the address in use before, for the old way to hold a call: an offer whose address is 0.0.0.0 (RFC 3264, section 8.4); at the
// beginning of a call, where there is none, such an offer is refused.
func parseDescription(body []byte, local netip.Addr, prior netip.AddrPort) (*description, error) {
	if len(body) > maxSDP {
		return nil, fmt.Errorf("session description of %d bytes, at most %d", len(body), maxSDP)
	}
	var s sdp.SessionDescription
	if err := s.Unmarshal(body); err != nil {
		// The parser's error quotes its input, which may name the caller.
		return nil, errors.New("session description is malformed")
	}
	if len(s.MediaDescriptions) > maxMLines {
		return nil, fmt.Errorf("session description of %d media lines, at most %d", len(s.MediaDescriptions), maxMLines)
	}
	d := &description{lines: s.MediaDescriptions}
	for i, m := range s.MediaDescriptions {
		peer, err := usable(&s, m, local, prior)
		if err != nil {
			continue
		}
		d.audio, d.peer, d.direction = i, peer, direction(&s, m)
		if d.direction == "sendonly" || d.direction == "inactive" {
			d.peer.Hold = true
		}
		return d, nil
	}
	return nil, errNoCommonMedia
}

// usable returns how to speak to the peer over media line m, if it can be spoken to.
func usable(s *sdp.SessionDescription, m *sdp.MediaDescription, local netip.Addr, prior netip.AddrPort) (media.Peer, error) {
	var p media.Peer
	name := m.MediaName
	if name.Media != "audio" || !slices.Equal(name.Protos, []string{"RTP", "AVP"}) || name.Port.Range != nil ||
		name.Port.Value <= 0 || name.Port.Value > 65535 {
		return p, errNoCommonMedia
	}
	codec := slices.IndexFunc(name.Formats, func(f string) bool { return f == "0" || f == "8" })
	if codec < 0 {
		return p, errNoCommonMedia
	}
	if p.Codec = media.PCMU; name.Formats[codec] == "8" {
		p.Codec = media.PCMA
	}
	connection := m.ConnectionInformation
	if connection == nil {
		connection = s.ConnectionInformation
	}
	if connection == nil || connection.NetworkType != "IN" || connection.Address == nil {
		return p, errNoCommonMedia
	}
	// Names are not looked up: a stranger should not choose what this machine resolves.
	ip, err := netip.ParseAddr(connection.Address.Address)
	if err != nil || ip.IsMulticast() || ip.Unmap().Is4() != local.Is4() {
		return p, errNoCommonMedia
	}
	p.Addr = netip.AddrPortFrom(ip.Unmap(), uint16(name.Port.Value))
	if ip.IsUnspecified() {
		if !prior.IsValid() {
			return p, errNoCommonMedia
		}
		p.Addr, p.Hold = prior, true
	}
	p.Event = eventType(m)
	return p, nil
}

// eventType returns the payload type of telephone-event at 8000 Hz among the formats of m, or 0.
func eventType(m *sdp.MediaDescription) uint8 {
	for _, a := range m.Attributes {
		if a.Key != "rtpmap" {
			continue
		}
		number, encoding, ok := strings.Cut(a.Value, " ")
		if !ok || !slices.Contains(m.MediaName.Formats, number) {
			continue
		}
		encoding = strings.TrimSuffix(strings.ToLower(strings.TrimSpace(encoding)), "/1")
		n, err := strconv.ParseUint(number, 10, 7)
		if err == nil && encoding == "telephone-event/8000" && n != uint64(media.PCMU) && n != uint64(media.PCMA) {
			return uint8(n)
		}
	}
	return 0
}

var directions = []string{"sendrecv", "sendonly", "recvonly", "inactive"}

// direction returns the direction of a media line; the session's holds where the line gives none.
func direction(s *sdp.SessionDescription, m *sdp.MediaDescription) string {
	for _, attributes := range [][]sdp.Attribute{m.Attributes, s.Attributes} {
		for _, a := range attributes {
			if slices.Contains(directions, a.Key) {
				return a.Key
			}
		}
	}
	return "sendrecv"
}

// local is this server's side of a session description.
type local struct {
	addr    netip.AddrPort // where it receives sound
	session uint64         // the same through a call
	version uint64         // one more with every description sent
}

// answer returns the SDP that answers d: every line of it in its order, those not used with port 0.
func (l local) answer(d *description) ([]byte, error) {
	s := l.description()
	for i, m := range d.lines {
		if i == d.audio {
			reversed := map[string]string{
				"sendrecv": "sendrecv", "sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive",
			}
			s.MediaDescriptions = append(s.MediaDescriptions,
				l.line([]media.Codec{d.peer.Codec}, d.peer.Event, reversed[d.direction]))
			continue
		}
		s.MediaDescriptions = append(s.MediaDescriptions, &sdp.MediaDescription{MediaName: sdp.MediaName{
			Media: m.MediaName.Media, Protos: m.MediaName.Protos, Formats: m.MediaName.Formats,
		}})
	}
	return marshal(s)
}

// offer returns the SDP that offers what this server speaks, for a caller who leaves the offer to it.
func (l local) offer() ([]byte, error) {
	s := l.description()
	s.MediaDescriptions = []*sdp.MediaDescription{
		l.line([]media.Codec{media.PCMU, media.PCMA}, offeredEvent, "sendrecv"),
	}
	return marshal(s)
}

func (l local) description() *sdp.SessionDescription {
	family := "IP4"
	if l.addr.Addr().Is6() {
		family = "IP6"
	}
	host := l.addr.Addr().String()
	return &sdp.SessionDescription{
		Origin: sdp.Origin{
			Username: "-", SessionID: l.session, SessionVersion: l.version,
			NetworkType: "IN", AddressType: family, UnicastAddress: host,
		},
		SessionName: "-",
		ConnectionInformation: &sdp.ConnectionInformation{
			NetworkType: "IN", AddressType: family, Address: &sdp.Address{Address: host},
		},
		TimeDescriptions: []sdp.TimeDescription{{}},
	}
}

func (l local) line(codecs []media.Codec, event uint8, direction string) *sdp.MediaDescription {
	m := &sdp.MediaDescription{MediaName: sdp.MediaName{
		Media: "audio", Port: sdp.RangedPort{Value: int(l.addr.Port())}, Protos: []string{"RTP", "AVP"},
	}}
	for _, c := range codecs {
		m.MediaName.Formats = append(m.MediaName.Formats, strconv.Itoa(int(c)))
		m.WithValueAttribute("rtpmap", fmt.Sprintf("%d %v/8000", uint8(c), c))
	}
	if event != 0 {
		m.MediaName.Formats = append(m.MediaName.Formats, strconv.Itoa(int(event)))
		m.WithValueAttribute("rtpmap", fmt.Sprintf("%d telephone-event/8000", event))
		m.WithValueAttribute("fmtp", fmt.Sprintf("%d 0-15", event))
	}
	return m.WithValueAttribute("ptime", "20").WithPropertyAttribute(direction)
}

func marshal(s *sdp.SessionDescription) ([]byte, error) {
	b, err := s.Marshal()
	if err != nil {
		return nil, errors.New("session description can not be written")
	}
	return b, nil
}
