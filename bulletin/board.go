package bulletin

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/filelock"
	"rollcall/bulletin/store"
	"rollcall/bulletin/tlog"
	"rollcall/bulletin/witness"
)

var (
	// ErrNotPublished is wrapped when an entry is durable, and stands at the
	// index returned, but its publication failed. The board goes on trying.
	ErrNotPublished = errors.New("durable but not published")
	// ErrInUse says that another process, or another Board of this one, has the
	// board open.
	ErrInUse = errors.New("board is in use")
	// ErrForked says that the published checkpoint is not a prefix of the
	// database: one of them belongs to another log or is an old copy. Going on
	// would sign two histories.
	ErrForked = errors.New("published checkpoint and database disagree")
)

// Config is what a board is made of.
type Config struct {
	// Database is the path of the log's database file.
	Database string
	// Dir is the directory of the public files: checkpoint, tile/ and, while
	// they are written, .tmp/. Whatever else is in it is left alone, such as the
	// hints that others make of them.
	Dir string
	// Signer is the log's key.
	Signer *checkpoint.Signer
	// Admitter judges entries; nil admits everything.
	Admitter store.Admitter
	// Cosign, if set, asks witnesses to cosign a tree that is committed and
	// about to be published, as witness.Group does. It returns what goes into the
	// checkpoint, as far as there is room. An error keeps the tree from being
	// published; it is tried again until it works. Whoever appended to it gets
	// ErrNotPublished: at once, or, if the error is witness.ErrNoQuorum and he has a
	// deadline, then. ctx ends when the board closes.
	Cosign func(ctx context.Context, t witness.Tree) ([]checkpoint.Cosignature, error)
}

// Log is what the database holds: committed entries, published or about to be.
// It is for whoever runs the board. The public is answered from the published
// files: by a web server, by Entry and by Receipt.
type Log interface {
	Head() (size uint64, root tlog.Hash)
	Size() uint64
	Root() tlog.Hash
	Entry(ctx context.Context, index uint64) ([]byte, error)
	Entries(ctx context.Context, from, to uint64, fn func(index uint64, entry []byte) error) error
	Claimed(ctx context.Context, claim store.Claim) (index uint64, ok bool, err error)
	LeafHash(ctx context.Context, index uint64) (tlog.Hash, error)
	RootAt(ctx context.Context, size uint64) (tlog.Hash, error)
	InclusionProof(ctx context.Context, index, size uint64) ([]tlog.Hash, error)
	ConsistencyProof(ctx context.Context, size1, size2 uint64) ([]tlog.Hash, error)
}

// Published is a checkpoint that readers can see.
type Published struct {
	checkpoint.Checkpoint
	Signed []byte // the checkpoint file
	// Cosignatures are those of Ed25519, which ticks hold. Signed may have others
	// beside them.
	Cosignatures []checkpoint.Cosignature
	Asked        time.Time // when the witnesses were asked; zero for what the last run published
}

// Board is a log and its publication. Its methods may be called concurrently.
type Board struct {
	store *store.Store
	pub   *publisher
	files tlog.Reader // the public ones
	close func() error
}

// Open opens a board, creating it where there is none, and publishes what is
// committed but not yet published. A board can be open once at a time.
func Open(ctx context.Context, cfg Config) (*Board, error) {
	unlock, err := filelock.Lock(cfg.Database + ".lock")
	if errors.Is(err, filelock.ErrLocked) {
		err = fmt.Errorf("%w: %w", ErrInUse, err)
	}
	if err != nil {
		return nil, fmt.Errorf("opening board %s: %w", cfg.Database, err)
	}
	s, err := store.Open(ctx, cfg.Database, store.Config{Admitter: cfg.Admitter})
	if err != nil {
		return nil, errors.Join(err, unlock())
	}
	b := &Board{store: s}
	if b.pub, err = newPublisher(ctx, cfg, s); err != nil {
		return nil, errors.Join(fmt.Errorf("opening board %s: %w", cfg.Dir, err), s.Close(), unlock())
	}
	if b.files, err = tlog.OpenDir(cfg.Dir); err != nil {
		return nil, errors.Join(fmt.Errorf("opening board %s: %w", cfg.Dir, err), b.pub.close(), s.Close(), unlock())
	}
	b.close = sync.OnceValue(func() error {
		return errors.Join(b.pub.close(), s.Close(), unlock())
	})
	return b, nil
}

// Close publishes what is left and closes the board. Appends that wait get an
// error; their entries may be in the log.
func (b *Board) Close() error { return b.close() }

// Append appends an entry as store.Append does, and returns its index once it
// is durable and published. On ErrNotPublished the index is valid.
func (b *Board) Append(ctx context.Context, entry []byte, claims ...store.Claim) (uint64, error) {
	index, err := b.store.Append(ctx, entry, claims...)
	if err != nil {
		return 0, err
	}
	return index, b.pub.wait(ctx, index+1, time.Time{})
}

// AppendFunc appends, as store.AppendFunc does, an entry that is made of the
// tree it is appended to, and returns its index once it is durable and
// published. On ErrNotPublished the index is valid.
func (b *Board) AppendFunc(ctx context.Context, fn func(size uint64, root tlog.Hash) (entry []byte, claims []store.Claim, err error)) (uint64, error) {
	index, err := b.store.AppendFunc(ctx, fn)
	if err != nil {
		return 0, err
	}
	return index, b.pub.wait(ctx, index+1, time.Time{})
}

// AppendAll appends entries in order up to the first that is refused, as
// store.AppendAll does, and returns the indexes of those appended once they are
// published.
func (b *Board) AppendAll(ctx context.Context, entries [][]byte) ([]uint64, error) {
	indexes, err := b.store.AppendAll(ctx, entries)
	var last uint64
	for _, i := range indexes {
		last = max(last, i+1)
	}
	return indexes, errors.Join(err, b.pub.wait(ctx, last, time.Time{}))
}

// Publish waits until everything that is committed now is published.
func (b *Board) Publish(ctx context.Context) error {
	return b.pub.wait(ctx, b.store.Size(), time.Time{})
}

// Cosigned returns a published checkpoint of at least size entries whose witnesses
// were asked since some time, and has them asked if there is none yet.
func (b *Board) Cosigned(ctx context.Context, size uint64, since time.Time) (Published, error) {
	if err := b.pub.wait(ctx, size, since); err != nil {
		return Published{}, err
	}
	return b.Latest(), nil
}

// Published returns how many entries are published.
func (b *Board) Published() uint64 { return b.Latest().Size }

// Latest returns the newest published checkpoint.
func (b *Board) Latest() Published { return b.pub.current() }

// Log returns the board's log for reading.
func (b *Board) Log() Log { return b.store }

// Entry returns a published entry, from the public files; store.ErrNotFound if
// none is published at index.
func (b *Board) Entry(ctx context.Context, index uint64) ([]byte, error) {
	entries, err := b.Entries(ctx, index, 1)
	if err != nil {
		return nil, err
	}
	return entries[0], nil
}

// Entries returns up to n published entries from index from on, from one public
// file: at least one, and none beyond the bundle of the first. It returns
// store.ErrNotFound if none is published at from.
func (b *Board) Entries(ctx context.Context, from uint64, n int) ([][]byte, error) {
	size := b.Latest().Size
	if from >= size {
		return nil, fmt.Errorf("entry %d of %d published: %w", from, size, store.ErrNotFound)
	}
	return tlog.ReadEntries(ctx, b.files, from, n, size)
}

// Receipt returns a tlog-proof@v1 of a published entry under the newest
// published checkpoint, made from the public files; store.ErrNotFound if none is
// published at index.
func (b *Board) Receipt(ctx context.Context, index uint64) ([]byte, error) {
	p := b.Latest()
	if index >= p.Size {
		return nil, fmt.Errorf("receipt of entry %d of %d published: %w", index, p.Size, store.ErrNotFound)
	}
	path, err := tlog.InclusionProof(ctx, tlog.NewHashReader(b.files, p.Size), index, p.Size)
	if err != nil {
		return nil, fmt.Errorf("receipt of entry %d: %w", index, err)
	}
	r := tlog.Receipt{Index: index, Path: path, Checkpoint: p.Signed}
	return r.Marshal(), nil
}
