package caller

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
	"github.com/pion/sdp/v3"

	"rollcall/internal/hearing"
	"rollcall/phone/media"
)

// byeTimeout bounds how long a hang-up waits for its confirmation.
const byeTimeout = 4 * time.Second

// eventType is the payload type that the caller offers for telephone-event. It is not the 101 that most use, so that
// an answerer which does not echo the number is found out.
const eventType = 98

// Options say how to call.
type Options struct {
	Codec      media.Codec // the one codec offered; default PCMU
	Dictionary *Dictionary // phrases to recognise by their frames; nil: none

	// Words are phrases to recognise over a line that changes them; nil: none. It is not for use with Dictionary.
	Words *hearing.Words

	Record bool    // keep all sound for Recording
	Info   bool    // offer no telephone-event and press keys by SIP INFO
	Speed  float64 // must be the answerer's, see media.Config; default 1
}

// RefusedError says that the answerer refused a request.
type RefusedError struct {
	Status int // SIP status code, 300 to 699
}

func (e *RefusedError) Error() string { return fmt.Sprintf("caller: refused with status %d", e.Status) }

func init() {
	// sipgo has a logger for the whole process, which prints the addresses of callers.
	sip.SetDefaultLogger(slog.New(slog.DiscardHandler))
}

// Dial calls the server at target and returns once the call is answered and acknowledged. ctx bounds the dialing
// only. A refusal is a *RefusedError.
func Dial(ctx context.Context, target netip.AddrPort, opts Options) (*Call, error) {
	ip, err := localIP(target)
	if err != nil {
		return nil, err
	}
	c := &Call{opts: opts, byInfo: opts.Info, heard: make(chan Phrase, maxHeard), done: make(chan struct{})}
	if opts.Dictionary != nil {
		c.recogniser = newRecogniser(opts.Dictionary.trie(opts.Codec), c.found)
	}
	if opts.Words != nil {
		c.ear = hearing.NewListener(opts.Words, c.understood)
	}
	if c.media, err = media.Open(ip, media.Config{Speed: opts.Speed, Frame: c.hear}); err != nil {
		c.hush()
		return nil, fmt.Errorf("caller: %w", err)
	}
	if err := c.dial(ctx, ip, target); err != nil {
		_ = c.media.Close()
		c.hush()
		return nil, err
	}
	return c, nil
}

// hush ends the listener.
func (c *Call) hush() {
	if c.ear != nil {
		c.ear.Close()
	}
}

// localIP returns the address that packets to target leave from.
func localIP(target netip.AddrPort) (netip.Addr, error) {
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(target))
	if err != nil {
		return netip.Addr{}, fmt.Errorf("caller: %w", err)
	}
	defer conn.Close()
	return conn.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap(), nil
}

func (c *Call) dial(ctx context.Context, ip netip.Addr, target netip.AddrPort) error {
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, 0)))
	if err != nil {
		return fmt.Errorf("caller: %w", err)
	}
	agent, err := newAgent(conn, c)
	if err != nil {
		conn.Close()
		return fmt.Errorf("caller: user agent: %w", err)
	}
	go func() {
		<-c.done
		// The answerer may repeat its BYE if the confirmation was lost; it is left to find nobody.
		_ = c.ua.Close()
		conn.Close()
	}()
	peer, err := c.invite(ctx, agent, ip, target)
	if err == nil {
		err = c.media.SetPeer(peer)
	}
	if err != nil {
		c.end()
		return err
	}
	return nil
}

// newAgent makes the SIP side of one call, with a socket of its own.
func newAgent(conn *net.UDPConn, c *Call) (*sipgo.DialogUA, error) {
	quiet := slog.New(slog.DiscardHandler)
	var err error
	c.ua, err = sipgo.NewUA(sipgo.WithUserAgent("caller"),
		sipgo.WithUserAgentTransportLayerOptions(sip.WithTransportLayerLogger(quiet)),
		sipgo.WithUserAgentTransactionLayerOptions(sip.WithTransactionLayerLogger(quiet),
			sip.WithTransactionLayerUnhandledResponseHandler(func(*sip.Response) {})))
	if err != nil {
		return nil, err
	}
	server, err := sipgo.NewServer(c.ua, sipgo.WithServerLogger(quiet))
	if err != nil {
		return nil, err
	}
	server.OnBye(c.onBye)
	own := conn.LocalAddr().(*net.UDPAddr)
	client, err := sipgo.NewClient(c.ua, sipgo.WithClientLogger(quiet),
		sipgo.WithClientAddr(own.String()), sipgo.WithClientConnectionAddr(own.String()))
	if err != nil {
		return nil, err
	}
	go func() { _ = server.ServeUDP(conn) }() // ends when the socket closes
	// sipgo does not say when it has taken the socket; a request before that would open another in its place.
	for {
		if _, err := c.ua.TransportLayer().GetConnection("udp", own.String()); err == nil {
			break
		}
		time.Sleep(100 * time.Microsecond)
	}
	return &sipgo.DialogUA{Client: client, ContactHDR: sip.ContactHeader{
		Address: sip.Uri{Scheme: "sip", User: "caller", Host: uriHost(own.AddrPort().Addr().Unmap()), Port: own.Port},
	}}, nil
}

// uriHost writes an address as the host of a SIP URI.
func uriHost(ip netip.Addr) string {
	if ip.Is6() {
		return "[" + ip.String() + "]"
	}
	return ip.String()
}

// onBye takes the answerer's hang-up.
func (c *Call) onBye(req *sip.Request, tx sip.ServerTransaction) {
	_ = tx.Respond(sip.NewResponseFromRequest(req, sip.StatusOK, "OK", nil))
	c.media.Drain()
	c.end()
}

// invite places the call and returns the answerer's side of it.
func (c *Call) invite(ctx context.Context, agent *sipgo.DialogUA, ip netip.Addr, target netip.AddrPort) (media.Peer, error) {
	to := sip.Uri{Scheme: "sip", User: "rollcall", Host: uriHost(target.Addr()), Port: int(target.Port())}
	offer := []byte(c.offer(ip))
	var err error
	if c.dialog, err = agent.Invite(ctx, to, offer, sip.NewHeader("Content-Type", "application/sdp")); err != nil {
		return media.Peer{}, fmt.Errorf("caller: invite: %w", err)
	}
	if err := c.wait(ctx); err != nil {
		var refused *sipgo.ErrDialogResponse
		if errors.As(err, &refused) {
			return media.Peer{}, &RefusedError{Status: refused.Res.StatusCode}
		}
		return media.Peer{}, fmt.Errorf("caller: invite: %w", err)
	}
	if c.dialog.InviteResponse.Contact() == nil {
		return media.Peer{}, errors.New("caller: answer without Contact")
	}
	if err := c.dialog.Ack(ctx); err != nil {
		return media.Peer{}, fmt.Errorf("caller: ack: %w", err)
	}
	return c.readAnswer(c.dialog.InviteResponse.Body())
}

// wait waits for the answer. With the cause it is given, sipgo gives up at once when ctx is over, rather than to wait
// half a minute for somebody to send a CANCEL to.
func (c *Call) wait(ctx context.Context) error {
	waiting, giveUp := context.WithCancelCause(context.WithoutCancel(ctx))
	defer giveUp(nil)
	defer context.AfterFunc(ctx, func() { giveUp(sipgo.WaitAnswerForceCancelErr) })()
	return c.dialog.WaitAnswer(waiting, sipgo.AnswerOptions{})
}

// offer returns the SDP of the call.
func (c *Call) offer(ip netip.Addr) string {
	family := "IP4"
	if ip.Is6() {
		family = "IP6"
	}
	codec := c.opts.Codec
	lines := []string{
		"v=0",
		fmt.Sprintf("o=- 1 1 IN %s %v", family, ip),
		"s=-",
		fmt.Sprintf("c=IN %s %v", family, ip),
		"t=0 0",
		fmt.Sprintf("m=audio %d RTP/AVP %d", c.media.Port(), uint8(codec)),
		fmt.Sprintf("a=rtpmap:%d %v/8000", uint8(codec), codec),
	}
	if !c.byInfo {
		lines[5] += " " + strconv.Itoa(eventType)
		lines = append(lines, fmt.Sprintf("a=rtpmap:%d telephone-event/8000", eventType), fmt.Sprintf("a=fmtp:%d 0-15", eventType))
	}
	return strings.Join(append(lines, "a=ptime:20", "a=sendrecv", ""), "\r\n")
}

// readAnswer reads the answerer's SDP, which must accept what was offered.
func (c *Call) readAnswer(body []byte) (media.Peer, error) {
	var s sdp.SessionDescription
	if err := s.Unmarshal(body); err != nil {
		return media.Peer{}, fmt.Errorf("caller: answer: %w", err)
	}
	if len(s.MediaDescriptions) != 1 {
		return media.Peer{}, fmt.Errorf("caller: answer with %d media lines, want 1", len(s.MediaDescriptions))
	}
	m := s.MediaDescriptions[0]
	connection := m.ConnectionInformation
	if connection == nil {
		connection = s.ConnectionInformation
	}
	if connection == nil || connection.Address == nil {
		return media.Peer{}, errors.New("caller: answer without an address")
	}
	ip, err := netip.ParseAddr(connection.Address.Address)
	if err != nil {
		return media.Peer{}, fmt.Errorf("caller: answer: %w", err)
	}
	if !slices.Contains(m.MediaName.Formats, strconv.Itoa(int(c.opts.Codec))) {
		return media.Peer{}, errors.New("caller: answer without the codec offered")
	}
	p := media.Peer{Addr: netip.AddrPortFrom(ip, uint16(m.MediaName.Port.Value)), Codec: c.opts.Codec}
	if !c.byInfo && slices.Contains(m.MediaName.Formats, strconv.Itoa(eventType)) {
		p.Event = eventType
	}
	c.byInfo = p.Event == 0
	return p, nil
}
