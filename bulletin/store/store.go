package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"rollcall/bulletin/tlog"
)

// MaxClaim is the most bytes a claim may have.
const MaxClaim = 512

var (
	// ErrClaimed is wrapped by every *ClaimedError.
	ErrClaimed = errors.New("claim is taken")
	// ErrNotFound says that the log has no such index.
	ErrNotFound = errors.New("not in the log")
	// ErrClosed is what a closed store says.
	ErrClosed = errors.New("store is closed")
	// ErrCommit is wrapped when the database failed. Whether the entry is in the
	// log is not known; appending the same bytes again tells and is safe.
	ErrCommit = errors.New("database failed, append again")
)

// Claim is a unique key that commits together with an entry: 1 to 512 bytes of
// UTF-8 without NUL.
type Claim string

// ClaimedError refuses an entry because another one holds a claim it needs.
type ClaimedError struct {
	Claim Claim
	Index uint64 // of the entry that holds it
}

func (e *ClaimedError) Error() string {
	return fmt.Sprintf("claim %q is taken by entry %d", e.Claim, e.Index)
}

// Unwrap makes errors.Is(err, ErrClaimed) hold.
func (e *ClaimedError) Unwrap() error { return ErrClaimed }

// Admitter judges entries before they are appended, against a state of its own
// that follows the log. The store calls its methods one at a time, in the
// writer, so that a judgement and the append it allows are one step.
//
// For every new entry: Judge, then the claims are looked up, then Advance if
// the entry goes in. Advances are provisional until Committed; if the commit
// fails, Reload is called instead of it.
type Admitter interface {
	// Judge says whether entry may become number index of the log, and which
	// claims it takes; an error refuses it and is handed to who appends it. It
	// must not change the state, nor the entry. It is not asked about bytes that
	// are in the log already.
	Judge(ctx context.Context, index uint64, entry []byte) ([]Claim, error)
	// Advance tells that entry is now, provisionally, number index. The entry is
	// never changed afterwards and may be kept.
	Advance(index uint64, entry []byte)
	// Committed tells that the first size entries are durable.
	Committed(size uint64)
	// Reload throws the state away and builds it anew from the whole log, which
	// replay hands out in order. It is called by Open, and after every failure
	// of the database. An error makes appends fail until a later Reload works.
	Reload(ctx context.Context, replay func(fn func(index uint64, entry []byte) error) error) error
}

// Config is how a store is run.
type Config struct {
	// Admitter judges every entry; nil admits everything.
	Admitter Admitter
}

func (c Config) withDefaults() Config {
	if c.Admitter == nil {
		c.Admitter = admitAll{}
	}
	return c
}

// admitAll is the Admitter of a store that has none.
type admitAll struct{}

func (admitAll) Judge(context.Context, uint64, []byte) ([]Claim, error) { return nil, nil }
func (admitAll) Advance(uint64, []byte)                                 {}
func (admitAll) Committed(uint64)                                       {}
func (admitAll) Reload(context.Context, func(func(uint64, []byte) error) error) error {
	return nil
}

// Store is a log in a database. Its methods may be called concurrently.
type Store struct {
	cfg    Config
	path   string
	db     *sql.DB // the writer's, one connection
	reader *sql.DB
	wal    *walCopier

	requests chan *request
	quit     chan struct{} // closed by Close
	stopped  chan struct{} // closed when the writer has ended
	closing  sync.Once

	w writer // owned by the writer goroutine, and by Open before it starts

	mu     sync.Mutex
	size   uint64    // guarded by mu: committed entries
	root   tlog.Hash // guarded by mu: their root
	recent recent    // guarded by mu: the last of them
}

// Open opens the log in the database file path, creating it where there is
// none, and starts its writer. One process at a time may write a log; a second
// one is refused by the database, entry by entry.
func Open(ctx context.Context, path string, cfg Config) (*Store, error) {
	db, reader, err := openDB(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("opening log %s: %w", path, err)
	}
	s := &Store{
		cfg: cfg.withDefaults(), path: path, db: db, reader: reader,
		requests: make(chan *request, 256),
		quit:     make(chan struct{}), stopped: make(chan struct{}),
	}
	s.w.s = s
	if s.w.stmts, err = prepareStatements(ctx, db); err == nil {
		err = s.w.reload(ctx)
	}
	if err != nil {
		db.Close()
		reader.Close()
		return nil, fmt.Errorf("opening log %s: %w", path, err)
	}
	s.wal = newWALCopier(reader)
	go s.w.run()
	return s, nil
}

// Close ends the writer after the group it is at, and closes the database.
// Appends that wait get ErrClosed.
func (s *Store) Close() error {
	var err error
	s.closing.Do(func() {
		close(s.quit)
		<-s.stopped
		s.wal.close()
		err = errors.Join(s.db.Close(), s.reader.Close())
	})
	return err
}

// Head returns the number of committed entries and their root, of one moment.
func (s *Store) Head() (size uint64, root tlog.Hash) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.size, s.root
}

// Size returns the number of committed entries.
func (s *Store) Size() uint64 {
	size, _ := s.Head()
	return size
}

// Root returns the RFC 6962 root of the committed entries.
func (s *Store) Root() tlog.Hash {
	_, root := s.Head()
	return root
}

// Append appends an entry under claims, and those its Admitter adds, and
// returns its index once it is durable. If the log already holds these bytes
// in an entry that holds all of claims, that entry's index is returned and
// nothing is appended, so that a retry is safe.
//
// Errors: *ClaimedError, the Admitter's own, ErrCommit, ErrClosed, and the
// context's; after the last three the entry may be in the log.
func (s *Store) Append(ctx context.Context, entry []byte, claims ...Claim) (uint64, error) {
	return one(s.do(ctx, &request{entries: []item{{entry: entry, claims: claims}}}))
}

// AppendFunc appends the entry that fn makes of the tree it will be appended
// to: size entries under root, the entry's index being size. fn runs in the
// writer: it must be quick and must not call the store. The tree is provisional
// until AppendFunc returns without an error, so fn must not let it out.
func (s *Store) AppendFunc(ctx context.Context, fn func(size uint64, root tlog.Hash) (entry []byte, claims []Claim, err error)) (uint64, error) {
	return one(s.do(ctx, &request{fn: fn}))
}

// AppendAll appends entries, in order and with nothing of others between them,
// up to the first one that is refused. It returns the indexes of those that are
// durable, and the refusal.
func (s *Store) AppendAll(ctx context.Context, entries [][]byte) ([]uint64, error) {
	r := &request{entries: make([]item, len(entries))}
	for i, e := range entries {
		r.entries[i].entry = e
	}
	return s.do(ctx, r)
}

func one(indexes []uint64, err error) (uint64, error) {
	if err != nil {
		return 0, err
	}
	return indexes[0], nil
}
