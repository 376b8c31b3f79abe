package api

import (
	"net"
	"syscall"
)

// tcpUserTimeout is TCP_USER_TIMEOUT of linux/tcp.h, which package syscall lacks.
const tcpUserTimeout = 18

// untilVanished has the kernel end a connection whose client has acknowledged
// nothing for vanishTimeout. Else one that lost its line in the middle of a stream
// would keep its place for a quarter of an hour, as a heartbeat never fills a
// buffer: that is how long Linux tries to deliver one by default.
func untilVanished(c net.Conn) {
	tcp, ok := c.(*net.TCPConn)
	if !ok {
		return
	}
	if raw, err := tcp.SyscallConn(); err == nil {
		// A kernel without it has its default, which is longer and an end as well.
		raw.Control(func(fd uintptr) {
			syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout, int(vanishTimeout.Milliseconds()))
		})
	}
}
