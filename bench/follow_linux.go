package main

import (
	"bytes"
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
// it is there to be read. It is read once all have theirs: that is work of thousands
// of machines, and of none of the server's.
type followers struct {
	epoll, inotify int
	checkpoint     string // path of the board's
	streams        map[int32]*follower
	arrived        []int     // streams on which something has come that is not read yet
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
	size uint64    // of the board, as told last
	came time.Time // when what is not read yet came; zero if there is nothing
}

const (
	// gather is how long streams gather on which something comes. To be woken for
	// each would keep the server from its processors; so events are seen so much later
	// at most.
	gather = 2 * time.Millisecond
	// burst is how long nothing must come before what has come is read, and
	// burstLimit how long that can be put off.
	burst, burstLimit = 20 * time.Millisecond, 500 * time.Millisecond
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
	return syscall.EpollCtl(f.epoll, syscall.EPOLL_CTL_ADD, fd, &syscall.EpollEvent{Events: syscall.EPOLLIN | edges, Fd: int32(fd)})
}

// edges has a stream told of once for all that comes together.
const edges = 1 << 31 // EPOLLET, which package syscall has as a negative number

// step notes what comes, and reads it when no more does.
func (f *followers) step() error {
	time.Sleep(gather)
	n, err := syscall.EpollWait(f.epoll, f.ready[:], int(burst/time.Millisecond))
	if err != nil && !errors.Is(err, syscall.EINTR) {
		return err
	}
	now := time.Now()
	for _, e := range f.ready[:max(n, 0)] {
		switch fd := int(e.Fd); fd {
		case 0:
			f.ended = true
		case f.inotify:
			if err := f.noteCheckpoint(); err != nil {
				return err
			}
		default:
			if s := f.streams[e.Fd]; s.came.IsZero() {
				s.came, f.arrived = now, append(f.arrived, fd)
			}
		}
	}
	if len(f.arrived) == 0 || n > 0 && now.Sub(f.streams[int32(f.arrived[0])].came) < burstLimit {
		return nil
	}
	for _, fd := range f.arrived {
		if err := f.read(fd, f.streams[int32(fd)]); err != nil {
			return err
		}
	}
	f.arrived, f.last = f.arrived[:0], now
	return nil
}

// read reads what has come on one stream.
func (f *followers) read(fd int, s *follower) error {
	n, err := syscall.Read(fd, f.piece[:])
	switch {
	case errors.Is(err, syscall.EAGAIN): // it was read with what had come before
		s.came = time.Time{}
		return nil
	case err != nil:
		return err
	case n == 0:
		return errors.New("the server has ended a stream")
	case n == len(f.piece):
		return errors.New("more came on a stream at once than is told at once")
	}
	came := s.came
	s.came = time.Time{}
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
	text, _, _ := bytes.Cut(f.piece[:n], []byte("\n\n"))
	head, err := checkpoint.ParseText(append(text, '\n'))
	if err != nil {
		return err
	}
	// Linux notes a change of a file's name here: of the moment of publication.
	changed := info.Sys().(*syscall.Stat_t).Ctim
	f.published[head.Size] = time.Unix(changed.Sec, changed.Nsec)
	return nil
}
