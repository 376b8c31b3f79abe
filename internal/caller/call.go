// Package caller is a telephone caller for tests, demonstrations and auditors: it dials over SIP, listens to the sound,
// recognises phrases it knows by their frames, or, over lines that do not carry frames unchanged, by package
// internal/hearing, and presses keys.
//
// What it knows of an election it has heard: nothing here asks a server, a board or another package what was said.
// It shares the codecs and the RTP session with phone/media, and none of the answering side.
package caller

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"

	"rollcall/internal/hearing"
	"rollcall/phone/dtmf"
	"rollcall/phone/media"
)

// ErrEnded is returned when the call is over.
var ErrEnded = errors.New("caller: the call has ended")

// maxHeard is how many phrases wait for a reader; a call that nobody listens to loses those after it.
const maxHeard = 4096

// Phrase is a phrase that was heard to its end; with an empty ID, something that was not understood.
type Phrase struct {
	ID      string
	Aliases []string // further ids in the dictionary that sound the same

	// With Options.Words: where it was in the sound, in samples of 1/8000 s, and how well it fitted, at most 1.
	From, To int
	Fit      float64
}

// Is reports whether the phrase is known as id.
func (p Phrase) Is(id string) bool { return p.ID == id || slices.Contains(p.Aliases, id) }

// Call is a call that was answered. Its methods may be called from any goroutine, but one Press at a time.
type Call struct {
	opts    Options
	ua      *sipgo.UserAgent
	dialog  *sipgo.DialogClientSession
	media   *media.Session
	heard   chan Phrase
	done    chan struct{} // closed when the call is over and everything heard is in heard
	endOnce sync.Once
	byInfo  bool // the answerer did not take telephone-event

	listening  sync.Mutex // guards what follows
	recogniser *recogniser
	ear        *hearing.Listener
	recording  []byte

	telling    sync.Mutex // guards what follows
	transcript []Phrase
}

// hear takes sound from the media session.
func (c *Call) hear(ulaw []byte, missing int) {
	c.listening.Lock()
	defer c.listening.Unlock()
	if c.opts.Record {
		for range missing * media.FrameSize {
			c.recording = append(c.recording, media.Silence)
		}
		c.recording = append(c.recording, ulaw...)
	}
	if c.recogniser != nil {
		c.recogniser.hear(ulaw, missing)
	}
	if c.ear != nil {
		c.ear.Hear(ulaw, missing)
	}
}

// found takes a phrase from the recogniser.
func (c *Call) found(phrase int) {
	ids := c.opts.Dictionary.ids[phrase]
	c.tell(Phrase{ID: ids[0], Aliases: ids[1:]})
}

// understood takes a phrase from the listener.
func (c *Call) understood(h hearing.Heard) {
	p := Phrase{From: h.From, To: h.To, Fit: h.Fit}
	if len(h.IDs) > 0 {
		p.ID, p.Aliases = h.IDs[0], h.IDs[1:]
	}
	c.tell(p)
}

func (c *Call) tell(p Phrase) {
	c.telling.Lock()
	c.transcript = append(c.transcript, p)
	c.telling.Unlock()
	select {
	case c.heard <- p:
	default:
	}
}

// Transcript returns all phrases heard so far, in order.
func (c *Call) Transcript() []Phrase {
	c.telling.Lock()
	defer c.telling.Unlock()
	return slices.Clone(c.transcript)
}

// Heard returns the phrases heard, in order, each once it is complete. It is never closed: watch Done as well.
func (c *Call) Heard() <-chan Phrase { return c.heard }

// WaitFor takes phrases, in order, up to the first with an id that match accepts, and returns that id. After the
// call has ended it still looks at all that was heard, and then returns ErrEnded.
func (c *Call) WaitFor(ctx context.Context, match func(id string) bool) (id string, err error) {
	for {
		var p Phrase
		select {
		case p = <-c.heard:
		case <-ctx.Done():
			return "", ctx.Err()
		case <-c.done:
			select {
			case p = <-c.heard:
			default:
				return "", ErrEnded
			}
		}
		if match(p.ID) {
			return p.ID, nil
		}
		if i := slices.IndexFunc(p.Aliases, match); i >= 0 {
			return p.Aliases[i], nil
		}
	}
}

// Press presses keys one after the other, '0' to '9', '*' and '#': by RFC 4733, ten packets a press, or by SIP INFO
// if that was asked for or the answerer does not take telephone-event.
func (c *Call) Press(ctx context.Context, keys string) error {
	for i := range len(keys) {
		select {
		case <-c.done:
			return ErrEnded
		default:
		}
		var err error
		if c.byInfo {
			err = c.info(ctx, keys[i])
		} else {
			err = c.media.Press(ctx, keys[i])
		}
		if errors.Is(err, media.ErrClosed) {
			return ErrEnded
		}
		if err != nil {
			return fmt.Errorf("caller: press key %d: %w", i+1, err)
		}
	}
	return nil
}

// info sends one key press in a SIP INFO request.
func (c *Call) info(ctx context.Context, key byte) error {
	body, err := dtmf.FormatInfo(key)
	if err != nil {
		return err
	}
	req := sip.NewRequest(sip.INFO, c.dialog.InviteResponse.Contact().Address)
	req.AppendHeader(sip.NewHeader("Content-Type", dtmf.TypeRelay))
	req.SetBody(body)
	res, err := c.dialog.Do(ctx, req)
	if err != nil {
		return fmt.Errorf("info: %w", err)
	}
	if !res.IsSuccess() {
		return &RefusedError{Status: res.StatusCode}
	}
	return nil
}

// Done is closed when the call is over, whoever ended it.
func (c *Call) Done() <-chan struct{} { return c.done }

// Recording returns all that was heard so far as mu-law, with silence where packets were lost, if Options.Record
// asked for it.
func (c *Call) Recording() []byte {
	c.listening.Lock()
	defer c.listening.Unlock()
	return slices.Clone(c.recording)
}

// Hangup ends the call and returns once the answerer has confirmed it, or has had the time to.
func (c *Call) Hangup() {
	select {
	case <-c.done:
		return
	default:
	}
	ctx, stop := context.WithTimeout(context.Background(), byeTimeout)
	defer stop()
	// The call is over whether or not the other side agrees.
	_ = c.dialog.Bye(ctx)
	c.end()
}

// end stops the sound and frees the sockets.
func (c *Call) end() {
	c.endOnce.Do(func() {
		_ = c.media.Close()
		c.listening.Lock()
		if c.recogniser != nil {
			c.recogniser.end()
		}
		c.listening.Unlock()
		c.hush()
		close(c.done)
	})
}
