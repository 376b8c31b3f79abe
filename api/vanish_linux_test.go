package api

import (
	"context"
	"net"
	"net/http"
	"syscall"
	"testing"

	"rollcall/api/live"
)

// kept keeps the last connection that it has accepted.
type kept struct {
	net.Listener
	conns chan *net.TCPConn
}

func (k kept) Accept() (net.Conn, error) {
	c, err := k.Listener.Accept()
	if err == nil {
		k.conns <- c.(*net.TCPConn)
	}
	return c, err
}

// TestVanishedClientIsGivenUp: the kernel ends connections whose client acknowledges
// nothing, long before it would by itself. That it does so is the kernel's.
func TestVanishedClientIsGivenUp(t *testing.T) {
	hub := live.NewHub(live.HubConfig{})
	s, err := New(Config{Election: newFake(), Board: t.TempDir(), Hub: hub})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	k, served := kept{l, make(chan *net.TCPConn, 1)}, make(chan error, 1)
	go func() { served <- s.Serve(k) }()
	res, err := http.Get("http://" + l.Addr().String() + eventsPath)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := (<-k.conns).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var timeout int
	if controlled := raw.Control(func(fd uintptr) {
		timeout, err = syscall.GetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout)
	}); controlled != nil || err != nil {
		t.Fatal(controlled, err)
	}
	if timeout != 60_000 {
		t.Errorf("a client that vanishes is given up after %d ms", timeout)
	}
	if err := s.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}
