package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/tlog"
)

// followers are streams of events, all watched by one thread: a goroutine for each
// would take more of the machine than the server does. A follower has an event when
// it is there to be read, by the kernel's clock. It is read once all have theirs: that
// is work of thousands of machines, and of none of the server's.
type followers struct {
	epoll, inotify int
	checkpoint     string // path of the board's
	streams        map[int32]*follower
	told           int       // streams that know where the board stands
	last           time.Time // when the last event came
	measuring      bool      // all know where the board stands
	ended          bool      // standard input has something to say
	events         []event
	at             map[uint64]int // in events, by size
	published      map[uint64]time.Time
	ready          [1024]syscall.EpollEvent
	piece          [4096]byte
}

// follower is one stream.
type follower struct {
	lines
	size uint64 // of the board, as told last
}

const (
	// burst is how long the streams are left alone once something comes.
	burst = 150 * time.Millisecond
	// sources is how many addresses of this machine the followers come from.
	sources = 200
	// quiet is how long nothing must come before what is measured begins.
	quiet = 1500 * time.Millisecond
	// finished is how long nothing must come for an event to have come to all.
	finished = 300 * time.Millisecond
	// comeLimit is how long all streams together may take to begin.
	comeLimit = time.Minute
)

// followChild is the process that measureFollowing starts: n followers of a
// server, beside the directory of its public files. It writes n when all know
// where the board stands, and what they found once there is something to read.
func followChild(address, count, board string) error {
	n, err := strconv.Atoi(count)
	if err != nil {
		return err
	}
	server, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	f := &followers{checkpoint: filepath.Join(board, tlog.CheckpointPath), streams: make(map[int32]*follower, n)}
	if err := f.open(server, n); err != nil {
		return err
	}
	began := time.Now()
	for f.told < n || time.Since(f.last) < quiet {
		if time.Since(began) > comeLimit {
			return fmt.Errorf("after %s %d of %d followers are told where the board stands", comeLimit, f.told, n)
		}
		if err := f.step(); err != nil {
			return err
		}
	}
	f.measuring, f.events, f.at, f.published = true, nil, map[uint64]int{}, map[uint64]time.Time{}
	out := json.NewEncoder(os.Stdout)
	if err := out.Encode(n); err != nil {
		return err
	}
	before := processorTime()
	for !f.ended || time.Since(f.last) < finished {
		if err := f.step(); err != nil {
			return err
		}
	}
	took := processorTime() - before
	for i := range f.events {
		f.events[i].published = f.published[f.events[i].size]
	}
	found, err := evaluate(f.events, n)
	if err != nil {
		return err
	}
	found.Processor = took.Seconds() / float64(len(f.events))
	return out.Encode(found)
}

// open connects n followers, each for a reader with an address of its own.
func (f *followers) open(server netip.AddrPort, n int) (err error) {
	f.at, f.published = map[uint64]int{}, map[uint64]time.Time{}
	if f.epoll, err = syscall.EpollCreate1(0); err != nil {
		return err
	}
	if f.inotify, err = syscall.InotifyInit1(syscall.IN_NONBLOCK); err != nil {
		return err
	}
	// A new checkpoint takes the place of the old one, SPEC.md, section 5.
	if _, err = syscall.InotifyAddWatch(f.inotify, filepath.Dir(f.checkpoint), syscall.IN_MOVED_TO); err != nil {
		return err
	}
	for _, fd := range []int{f.inotify, 0} {
		if err := f.watch(fd); err != nil {
			return err
		}
	}
	for i := range n {
		fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
		if err != nil {
			return err
		}
		err = errors.Join(
			syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_TIMESTAMPNS, 1),
			syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, byte(1 + i%sources)}}),
			syscall.Connect(fd, &syscall.SockaddrInet4{Addr: server.Addr().As4(), Port: int(server.Port())}))
		if err != nil {
			return fmt.Errorf("follower %d: %w", i, err)
		}
		request := fmt.Sprintf("GET /api/v1/events HTTP/1.1\r\nHost: %s\r\nAccept: text/event-stream\r\nX-Forwarded-For: 10.9.%d.%d\r\n\r\n", server, i>>8&255, i&255)
		if _, err := syscall.Write(fd, []byte(request)); err != nil {
			return fmt.Errorf("follower %d: %w", i, err)
		}
		f.streams[int32(fd)] = &follower{}
		if err := errors.Join(syscall.SetNonblock(fd, true), f.watch(fd)); err != nil {
			return err
		}
	}
	return nil
}

func (f *followers) watch(fd int) error {
	return syscall.EpollCtl(f.epoll, syscall.EPOLL_CTL_ADD, fd, &syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(fd)})
}

// step waits a moment for something to come, and reads it once all that belongs to
// it has come.
func (f *followers) step() error {
	n, err := syscall.EpollWait(f.epoll, f.ready[:], 100)
	if err != nil && !errors.Is(err, syscall.EINTR) {
		return err
	}
	slept := false
	for _, e := range f.ready[:max(n, 0)] {
		switch fd := int(e.Fd); fd {
		case 0:
			// The streams are read to their end first; nothing more comes here.
			f.ended = true
			err = syscall.EpollCtl(f.epoll, syscall.EPOLL_CTL_DEL, fd, nil)
		case f.inotify:
			err = f.noteCheckpoint()
		default:
			if !slept && time.Since(f.last) > burst {
				time.Sleep(burst)
			}
			slept = true
			err = f.read(fd, f.streams[e.Fd])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// read reads what has come on one stream.
func (f *followers) read(fd int, s *follower) error {
	var control [128]byte
	n, m, _, _, err := syscall.Recvmsg(fd, f.piece[:], control[:], 0)
	switch {
	case errors.Is(err, syscall.EAGAIN), errors.Is(err, syscall.EINTR):
		return nil
	case err != nil:
		return err
	case n == 0:
		return errors.New("the server has ended a stream")
	}
	came, err := stamp(control[:m])
	if err != nil && f.measuring { // the kernel takes a moment until it begins to
		return err
	}
	// As of followers that are far away: else the kernel acknowledges within the
	// server's own writing, which takes a third as long again.
	if err := later(fd); err != nil {
		return err
	}
	f.last = time.Now()
	if s.size == 0 && bytes.HasPrefix(f.piece[:n], []byte("HTTP/1.1 ")) && !bytes.HasPrefix(f.piece[:n], []byte("HTTP/1.1 200 ")) {
		line, _, _ := bytes.Cut(f.piece[:n], []byte("\r\n"))
		return fmt.Errorf("a follower is refused: %s", line)
	}
	news := 0
	s.feed(f.piece[:n], func(size uint64) {
		if size == s.size { // news of the phase, at the same size
			return
		}
		if s.size == 0 {
			f.told++
		}
		s.size, news = size, news+1
		i, ok := f.at[size]
		if !ok {
			i = len(f.events)
			f.at[size], f.events = i, append(f.events, event{size: size})
		}
		f.events[i].arrived = append(f.events[i].arrived, came)
	})
	if news > 1 && f.measuring {
		return errors.New("two events came together, and it is not known when the second did")
	}
	return nil
}

// later has the kernel acknowledge what comes next on a connection 40 ms later.
func later(fd int) error {
	return syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 0)
}

// stamp returns when the kernel received what came with these control messages.
func stamp(control []byte) (time.Time, error) {
	messages, err := syscall.ParseSocketControlMessage(control)
	if err != nil {
		return time.Time{}, err
	}
	for _, m := range messages {
		if m.Header.Level == syscall.SOL_SOCKET && m.Header.Type == syscall.SO_TIMESTAMPNS && len(m.Data) >= 16 {
			return time.Unix(int64(binary.NativeEndian.Uint64(m.Data)), int64(binary.NativeEndian.Uint64(m.Data[8:]))), nil
		}
	}
	return time.Time{}, errors.New("the kernel does not say when something came")
}

// noteCheckpoint notes since when the checkpoint is there that is there now. One
// that was replaced before it was looked at is not noted.
func (f *followers) noteCheckpoint() error {
	if _, err := syscall.Read(f.inotify, f.piece[:]); err != nil && !errors.Is(err, syscall.EAGAIN) {
		return err
	}
	file, err := os.Open(f.checkpoint)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	n, err := file.Read(f.piece[:])
	if err != nil {
		return err
	}
	head, err := checkpoint.Peek(f.piece[:n])
	if err != nil {
		return err
	}
	// Linux notes a change of a file's name here: of the moment of publication.
	changed := info.Sys().(*syscall.Stat_t).Ctim
	f.published[head.Size] = time.Unix(changed.Sec, changed.Nsec)
	return nil
}
