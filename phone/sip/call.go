package sip

import (
	"context"
	"fmt"
	"net/netip"
	"runtime"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"rollcall/phone/media"
)

// maxDigits is how many keys wait for a handler that does not read them; further ones are dropped.
const maxDigits = 64

// Call is one answered call. Its exported methods may be called from any goroutine.
type Call struct {
	server   *Server
	id       dialogID
	localTag string
	serial   uint64 // names the call in logs, where nothing of the caller may stand
	invite   *sip.Request
	target   sip.Uri // where the caller's Contact says requests go
	source   string  // where the INVITE came from
	media    *media.Session
	digits   chan byte
	ctx      context.Context // cancelled when the call ends
	cancel   context.CancelFunc

	mu        sync.Mutex // guards what follows
	ended     bool
	remoteSeq uint32 // highest CSeq of the caller's requests
	localSeq  uint32 // of this server's last request
	local     local
	peer      media.Peer
	pending   *answer // answered, not acknowledged
}

// dialogID tells calls apart by what the caller chose. The tag that the server chose is checked as well.
type dialogID struct{ callID, remoteTag string }

// ID returns a number that names the call in logs and holds nothing of the caller.
func (c *Call) ID() uint64 { return c.serial }

// Play sends mu-law, whole 20 ms frames of 160 bytes, and returns when the last is sent, or with the context's
// error as soon as ctx is cancelled. Only one Play may run at a time. While the caller holds the line, it waits.
func (c *Call) Play(ctx context.Context, ulaw []byte) error { return c.media.Play(ctx, ulaw) }

// PlayUntilDigit plays like Play until a key is pressed, and returns that key, or 0 if all was played.
func (c *Call) PlayUntilDigit(ctx context.Context, ulaw []byte) (digit byte, err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	played := make(chan error, 1)
	go func() { played <- c.Play(ctx, ulaw) }()
	select {
	case digit = <-c.digits:
		stop()
		<-played
		return digit, nil
	case err = <-played:
		return 0, err
	}
}

// Digits returns the keys pressed, '0' to '9', '*' and '#', in order. It is never closed: watch the context as well.
func (c *Call) Digits() <-chan byte { return c.digits }

// Hangup ends the call. The handler's context is cancelled.
func (c *Call) Hangup() {
	if !c.end() {
		return
	}
	c.server.running.Go(c.bye)
}

// end marks the call as over and stops its sound. It returns false if that was so already.
func (c *Call) end() bool {
	c.mu.Lock()
	first := !c.ended
	c.ended = true
	c.mu.Unlock()
	if first {
		c.cancel()
		_ = c.media.Close()
	}
	return first
}

// press is the way of every key, however it came.
func (c *Call) press(digit byte) {
	select {
	case c.digits <- digit:
	default:
	}
}

// run takes the call from its answer to its end, and frees the line.
func (c *Call) run(a *answer) {
	log := c.server.cfg.Logger.With("call", c.serial)
	begin := time.Now()
	defer c.server.release(c)
	defer c.Hangup()
	if err := c.establish(a); err != nil {
		log.Info("call not established", "error", err)
		return
	}
	log.Info("call answered")
	c.handle()
	log.Info("call ended", "seconds", int(time.Since(begin).Seconds()))
}

// establish waits for the caller's acknowledgement and starts the sound.
func (c *Call) establish(a *answer) error {
	body, err := c.awaitAck(a)
	c.server.acknowledged()
	if err != nil {
		return err
	}
	return c.settle(a, body)
}

// handle runs the handler. A panic of one call must not end the others; its value is not logged, since it may hold
// what the caller pressed.
func (c *Call) handle() {
	defer func() {
		if r := recover(); r != nil {
			c.server.cfg.Logger.Error("call handler panicked",
				"call", c.serial, "type", fmt.Sprintf("%T", r), "at", panicSite())
		}
	}()
	c.server.handler(c.ctx, c)
}

// panicSite returns the functions on the stack with their lines, without arguments.
func panicSite() (site []string) {
	pc := make([]uintptr, 16)
	frames := runtime.CallersFrames(pc[:runtime.Callers(3, pc)])
	for {
		f, more := frames.Next()
		site = append(site, fmt.Sprintf("%s:%d", f.Function, f.Line))
		if !more {
			return site
		}
	}
}

// localAddr returns where the call's sound is received, as callers reach it.
func (c *Call) localAddr() netip.AddrPort {
	return netip.AddrPortFrom(c.server.contact.Addr(), c.media.Port())
}
