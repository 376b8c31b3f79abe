package sip

import (
	"context"
	"crypto/rand"
	"errors"
	"mime"
	"net/netip"
	"time"

	"github.com/emiago/sipgo/sip"

	"rollcall/phone/media"
)

// answer is a 200 to an INVITE that waits for its ACK.
type answer struct {
	tx       sip.ServerTransaction
	response *sip.Response
	seq      uint32      // CSeq of the INVITE
	offer    *media.Peer // the caller's offer; nil if this server made the offer and the ACK holds the answer
	acked    chan []byte // capacity 1: the body of the ACK
}

// onInvite answers a new call, or re-negotiates one.
func (s *Server) onInvite(req *sip.Request, tx sip.ServerTransaction) {
	if _, ok := req.To().Params.Get("tag"); ok {
		s.onReInvite(req, tx)
		return
	}
	contact := req.Contact()
	if contact == nil || contact.Address.Wildcard || (contact.Address.Scheme != "sip" && contact.Address.Scheme != "sips") {
		respond(req, tx, sip.StatusBadRequest, "Bad Contact")
		return
	}
	d, fault := readOffer(req, s.contact.Addr(), netip.AddrPort{})
	if fault != nil {
		fault(req, tx)
		return
	}
	c := &Call{
		server:    s,
		id:        requestID(req),
		localTag:  rand.Text(),
		invite:    req.Clone(),
		target:    contact.Address,
		source:    req.Source(),
		digits:    make(chan byte, maxDigits),
		remoteSeq: req.CSeq().SeqNo,
	}
	// Responses are made from this copy, so that each bears the tag.
	c.invite.To().Params.Add("tag", c.localTag)
	c.ctx, c.cancel = context.WithTimeout(s.ctx, s.cfg.MaxTime)
	if fault := s.reserve(c); fault != nil {
		c.cancel()
		fault(req, tx)
		return
	}
	a, err := c.begin(tx, d)
	if err != nil {
		s.cfg.Logger.Error("call not answered", "call", c.serial, "error", err)
		c.end()
		s.acknowledged()
		s.release(c)
		s.running.Done()
		respond(req, tx, sip.StatusServiceUnavailable, "Service Unavailable")
		return
	}
	go func() {
		defer s.running.Done()
		c.run(a)
	}()
}

// begin sends the 200 to the INVITE of a new call.
func (c *Call) begin(tx sip.ServerTransaction, d *description) (*answer, error) {
	c.mu.Lock()
	c.local = local{addr: c.localAddr(), session: randomUint64(), version: 1}
	a, err := c.newAnswer(c.invite, tx, d)
	if err != nil {
		c.mu.Unlock()
		return nil, err
	}
	c.pending = a
	if d != nil {
		c.peer = d.peer
	}
	c.mu.Unlock()
	// A caller who gives up before the answer leaves is told 487 by the transaction; the call must not go on.
	if !tx.OnCancel(func(*sip.Request) { c.end() }) {
		return nil, errors.New("given up by the caller")
	}
	if err := tx.Respond(a.response); err != nil {
		return nil, errors.New("answer can not be sent")
	}
	return a, nil
}

// newAnswer builds the 200 to an INVITE: the answer to the offer d, or an offer where d is nil.
func (c *Call) newAnswer(invite *sip.Request, tx sip.ServerTransaction, d *description) (*answer, error) {
	a := &answer{tx: tx, seq: invite.CSeq().SeqNo, acked: make(chan []byte, 1)}
	body, err := c.local.offer()
	if d != nil {
		a.offer = &d.peer
		body, err = c.local.answer(d)
	}
	if err != nil {
		return nil, err
	}
	a.response = sip.NewSDPResponseFromRequest(invite, body)
	a.response.AppendHeader(c.server.contactHeader())
	a.response.AppendHeader(sip.NewHeader("Allow", allow))
	return a, nil
}

// awaitAck repeats the answer until the caller acknowledges it (RFC 3261, section 13.3.1.4), and returns the body of
// the ACK. It gives up when the call ends, and after the server's AckTimeout.
func (c *Call) awaitAck(a *answer) ([]byte, error) {
	limit := time.NewTimer(c.server.cfg.AckTimeout)
	defer limit.Stop()
	interval := sip.T1
	again := time.NewTimer(interval)
	defer again.Stop()
	acks := a.tx.Acks()
	for {
		select {
		case <-c.ctx.Done():
			return nil, errors.New("ended before it was acknowledged")
		case <-limit.C:
			return nil, errors.New("answer was not acknowledged in time")
		case body := <-a.acked:
			return body, nil
		case ack := <-acks: // from a caller that reuses the branch of its INVITE
			if c.ctx.Err() == nil && ack.CSeq() != nil && ack.CSeq().SeqNo == a.seq {
				return ack.Body(), nil
			}
		case <-again.C:
			// An error means that the transaction is over; the ACK may still come.
			_ = a.tx.Respond(a.response)
			interval = min(2*interval, sip.T2)
			again.Reset(interval)
		}
	}
}

// settle applies what was agreed on by an acknowledged answer, and so makes room for the next. body is that of the ACK.
func (c *Call) settle(a *answer, body []byte) error {
	peer := a.offer
	c.mu.Lock()
	defer c.mu.Unlock()
	if peer == nil {
		d, err := parseDescription(body, c.local.addr.Addr(), c.peer.Addr)
		if err != nil {
			return err
		}
		peer = &d.peer
	}
	c.peer, c.pending = *peer, nil
	return c.media.SetPeer(c.peer)
}

// readOffer returns the session description of an INVITE, or nil if it has none, or else how to refuse it. local and
// prior are as for parseDescription.
func readOffer(req *sip.Request, local netip.Addr, prior netip.AddrPort) (*description, refusal) {
	// Nothing that a caller could require is supported (RFC 3261, section 8.2.2.3).
	if required := req.GetHeaders("Require"); len(required) > 0 {
		var unsupported []sip.Header
		for _, h := range required {
			unsupported = append(unsupported, sip.NewHeader("Unsupported", h.Value()))
		}
		return nil, refuse(sip.StatusBadExtension, "Bad Extension", unsupported...)
	}
	if len(req.Body()) == 0 {
		return nil, nil
	}
	if kind := req.ContentType(); kind == nil || !isType(kind.Value(), "application/sdp") {
		return nil, refuse(sip.StatusUnsupportedMediaType, "Unsupported Media Type", sip.NewHeader("Accept", "application/sdp"))
	}
	d, err := parseDescription(req.Body(), local, prior)
	if err != nil {
		return nil, refuse(sip.StatusNotAcceptableHere, "Not Acceptable Here")
	}
	return d, nil
}

// reserve takes a line for the call, or says how to refuse it. Of a call that was reserved, exactly one acknowledged
// and one release must follow, and running counts it.
func (s *Server) reserve(c *Call) refusal {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closing:
		return refuse(sip.StatusServiceUnavailable, "Service Unavailable")
	case s.calls[c.id] != nil:
		// The same INVITE over another path (RFC 3261, section 8.2.2.2).
		return refuse(sip.StatusLoopDetected, "Loop Detected")
	case len(s.calls) >= s.cfg.MaxCalls:
		return refuse(sip.StatusBusyHere, "Busy Here")
	case s.unacked >= s.cfg.MaxUnacked:
		return refuse(sip.StatusServiceUnavailable, "Service Unavailable", sip.NewHeader("Retry-After", "5"))
	}
	var err error
	if c.media, err = s.openMedia(c.press); err != nil {
		s.cfg.Logger.Error("no port for the sound of a call", "error", err)
		return refuse(sip.StatusServiceUnavailable, "Service Unavailable")
	}
	s.serial++
	c.serial = s.serial
	s.calls[c.id] = c
	s.unacked++
	s.running.Add(1)
	return nil
}

// acknowledged says that a reserved call waits for its ACK no longer.
func (s *Server) acknowledged() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unacked--
}

// release frees the line of a call.
func (s *Server) release(c *Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.calls, c.id)
}

// find returns the call that an in-dialog request belongs to, or nil.
func (s *Server) find(req *sip.Request) *Call {
	s.mu.Lock()
	c := s.calls[requestID(req)]
	s.mu.Unlock()
	if c == nil {
		return nil
	}
	if tag, ok := req.To().Params.Get("tag"); !ok || tag != c.localTag {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return nil
	}
	return c
}

// unsupportedMethod answers what this server does not do.
func unsupportedMethod(req *sip.Request, tx sip.ServerTransaction) {
	respond(req, tx, sip.StatusMethodNotAllowed, "Method Not Allowed", sip.NewHeader("Allow", allow))
}

// isType reports whether a Content-Type is kind, whatever its parameters.
func isType(contentType, kind string) bool {
	got, _, err := mime.ParseMediaType(contentType)
	return err == nil && got == kind
}
