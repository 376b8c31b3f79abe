package sip

import (
	"net"
	"net/netip"
	"slices"

	"github.com/emiago/sipgo/sip"
)

// maxMessage is the largest SIP packet read, in bytes. Real ones stay below a third of it.
const maxMessage = 8192

// filter sees every packet before sipgo does, and hands on only what an allowed network sent and what can be read.
// It returns nothing, and never an error, for all else: sipgo ends its UDP listener on an error from here, logs
// packets that it can not parse, and lets a panic of its parser end the process.
func (s *Server) filter(props sip.TransportReadProps, data []byte) ([]byte, error) {
	from, ok := props.RemoteAddr.(*net.UDPAddr)
	if !ok || !s.allowed(from.AddrPort().Addr().Unmap()) || !readable(data) {
		return nil, nil
	}
	return data, nil
}

func (s *Server) allowed(ip netip.Addr) bool {
	if len(s.cfg.Allow) == 0 {
		return ip.IsLoopback()
	}
	return slices.ContainsFunc(s.cfg.Allow, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// readable reports whether data is one whole SIP message with the headers that every message must have
// (RFC 3261, section 8.1.1).
func readable(data []byte) (ok bool) {
	if len(data) > maxMessage {
		return false
	}
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	m, err := sip.ParseMessage(data)
	if err != nil || m == nil {
		return false
	}
	if m.Via() == nil || m.From() == nil || m.To() == nil || m.CallID() == nil || m.CSeq() == nil {
		return false
	}
	if branch, ok := m.Via().Params.Get("branch"); !ok || branch == "" {
		return false
	}
	if tag, ok := m.From().Params.Get("tag"); !ok || tag == "" || *m.CallID() == "" {
		return false
	}
	if r, ok := m.(*sip.Request); ok {
		return r.CSeq().MethodName == r.Method
	}
	return true
}
