package sip

import (
	"context"
	"errors"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"

	"rollcall/phone/dtmf"
)

// allow lists the methods this server takes.
const allow = "INVITE, ACK, CANCEL, BYE, INFO, OPTIONS"

// byeTimeout bounds how long a BYE is repeated for a caller that is gone.
const byeTimeout = 4 * time.Second

func (s *Server) route(server *sipgo.Server) {
	server.OnInvite(s.onInvite)
	server.OnAck(s.onAck)
	server.OnBye(s.onBye)
	server.OnInfo(s.onInfo)
	server.OnOptions(onOptions)
	server.OnNoRoute(unsupportedMethod)
	// sipgo itself answers a CANCEL that finds its INVITE; what comes here finds none.
	server.OnCancel(sipgo.RequestHandler(noSuchCall))
}

// refusal answers a request with an error status.
type refusal func(req *sip.Request, tx sip.ServerTransaction)

func refuse(status int, reason string, headers ...sip.Header) refusal {
	return func(req *sip.Request, tx sip.ServerTransaction) { respond(req, tx, status, reason, headers...) }
}

var noSuchCall = refuse(sip.StatusCallTransactionDoesNotExists, "Call/Transaction Does Not Exist")

// respond sends a response without a body. If it can not be sent, the caller repeats the request or gives up.
func respond(req *sip.Request, tx sip.ServerTransaction, status int, reason string, headers ...sip.Header) {
	res := sip.NewResponseFromRequest(req, status, reason, nil)
	for _, h := range headers {
		res.AppendHeader(h)
	}
	_ = tx.Respond(res)
}

// requestID returns the dialog that a caller's request belongs to. The filter has seen to it that the headers exist.
func requestID(req *sip.Request) dialogID {
	tag, _ := req.From().Params.Get("tag")
	return dialogID{callID: string(*req.CallID()), remoteTag: tag}
}

// contactHeader names the server for the caller's further requests, with the transport that the call came over.
func (s *Server) contactHeader() *sip.ContactHeader {
	h := &sip.ContactHeader{Address: sip.Uri{
		Scheme: "sip", User: name, Host: s.contact.Addr().String(), Port: int(s.contact.Port()),
	}}
	h.Address.UriParams.Add("transport", "udp")
	return h
}

func onOptions(req *sip.Request, tx sip.ServerTransaction) {
	respond(req, tx, sip.StatusOK, "OK", sip.NewHeader("Allow", allow), sip.NewHeader("Accept", "application/sdp"))
}

// onAck takes the ACK of a 200. There is no answer to it.
func (s *Server) onAck(req *sip.Request, _ sip.ServerTransaction) {
	c := s.find(req)
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pending == nil || req.CSeq().SeqNo != c.pending.seq {
		return // of an answer that was acknowledged before
	}
	select {
	case c.pending.acked <- req.Body():
	default:
	}
}

// inOrder takes the sequence number of an in-dialog request; it must grow (RFC 3261, section 12.2.2). The caller
// holds c.mu.
func (c *Call) inOrder(req *sip.Request) bool {
	seq := req.CSeq().SeqNo
	if seq <= c.remoteSeq {
		return false
	}
	c.remoteSeq = seq
	return true
}

var outOfOrder = refuse(sip.StatusInternalServerError, "Out Of Order")

func (s *Server) onBye(req *sip.Request, tx sip.ServerTransaction) {
	c := s.find(req)
	if c == nil {
		noSuchCall(req, tx)
		return
	}
	c.mu.Lock()
	ok := c.inOrder(req)
	c.mu.Unlock()
	if !ok {
		outOfOrder(req, tx)
		return
	}
	respond(req, tx, sip.StatusOK, "OK")
	c.end()
}

// onInfo takes a key press from a caller who does not send telephone-event. From one who does, the same press would
// count twice, so its INFO is answered and not looked at.
func (s *Server) onInfo(req *sip.Request, tx sip.ServerTransaction) {
	c := s.find(req)
	if c == nil {
		noSuchCall(req, tx)
		return
	}
	// The lock is held until the key is in its place, so that two requests keep their order.
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.inOrder(req) {
		outOfOrder(req, tx)
		return
	}
	if len(req.Body()) == 0 || c.peer.Event != 0 {
		respond(req, tx, sip.StatusOK, "OK")
		return
	}
	kind := ""
	if h := req.ContentType(); h != nil {
		kind = h.Value()
	}
	digit, err := dtmf.ParseInfo(kind, req.Body())
	switch {
	case errors.Is(err, dtmf.ErrMediaType):
		respond(req, tx, sip.StatusUnsupportedMediaType, "Unsupported Media Type",
			sip.NewHeader("Accept", dtmf.TypeRelay+", "+dtmf.TypePlain))
	case err != nil:
		respond(req, tx, sip.StatusBadRequest, "Bad Key Press")
	default:
		c.press(digit)
		respond(req, tx, sip.StatusOK, "OK")
	}
}

// onReInvite changes the sound of a call: the caller holds it, takes it back, or moves.
func (s *Server) onReInvite(req *sip.Request, tx sip.ServerTransaction) {
	c := s.find(req)
	if c == nil {
		noSuchCall(req, tx)
		return
	}
	a, fault := c.renegotiate(req, tx)
	if fault != nil {
		fault(req, tx)
		return
	}
	if err := tx.Respond(a.response); err != nil {
		s.cfg.Logger.Info("answer to a re-negotiation not sent", "call", c.serial)
	}
	go func() {
		defer s.running.Done()
		body, err := c.awaitAck(a)
		if err == nil {
			err = c.settle(a, body)
		}
		if err != nil {
			s.cfg.Logger.Info("re-negotiation failed", "call", c.serial, "error", err)
			c.Hangup()
		}
	}()
}

// renegotiate builds the answer to a re-INVITE and makes it the pending one; running then counts it.
func (c *Call) renegotiate(req *sip.Request, tx sip.ServerTransaction) (*answer, refusal) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.inOrder(req) {
		return nil, outOfOrder
	}
	if c.pending != nil || c.server.closing {
		return nil, refuse(sip.StatusRequestPending, "Request Pending")
	}
	d, fault := readOffer(req, c.local.addr.Addr(), c.peer.Addr)
	if fault != nil {
		return nil, fault
	}
	c.local.version++
	a, err := c.newAnswer(req, tx, d)
	if err != nil {
		return nil, refuse(sip.StatusNotAcceptableHere, "Not Acceptable Here")
	}
	c.pending = a
	c.server.running.Add(1)
	return a, nil
}

// bye tells the caller that the call is over. It goes to where the INVITE came from, through the proxies it named:
// that way is open, also through a network address translator, and a Contact can not point it at a third party.
func (c *Call) bye() {
	ctx, stop := context.WithTimeout(context.Background(), byeTimeout)
	defer stop()
	c.mu.Lock()
	c.localSeq++
	seq := c.localSeq
	c.mu.Unlock()
	req := sip.NewRequest(sip.BYE, c.target)
	from, to := c.invite.To().AsFrom(), c.invite.From().AsTo()
	hops := sip.MaxForwardsHeader(70)
	for _, h := range []sip.Header{
		&from, &to, sip.HeaderClone(c.invite.CallID()), &sip.CSeqHeader{SeqNo: seq, MethodName: sip.BYE}, &hops,
	} {
		req.AppendHeader(h)
	}
	for _, h := range c.invite.GetHeaders("Record-Route") {
		req.AppendHeader(sip.NewHeader("Route", h.Value()))
	}
	req.SetBody(nil)
	req.SetTransport("UDP")
	req.SetDestination(c.source)
	// What the caller answers changes nothing: the call is over either way.
	_, _ = c.server.client.Do(ctx, req, sipgo.ClientRequestAddVia)
}
