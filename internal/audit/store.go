package audit

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"rollcall/internal/strictjson"
	"rollcall/internal/workspace"
)

// store is an audit's directory.
type store string

func (s store) plan() string      { return filepath.Join(string(s), "plan.json") }
func (s store) call(n int) string { return filepath.Join(string(s), "calls", fmt.Sprintf("%03d", n)) }
func (s store) evidence(n int) string {
	return filepath.Join(string(s), "evidence", fmt.Sprintf("%03d", n))
}
func (s store) of(n int, f string) string { return filepath.Join(s.call(n), f) }
func (s store) begun(n int) bool          { _, err := os.Stat(s.of(n, journalFile)); return err == nil }

// Files of a call.
const (
	journalFile   = "journal"
	resultFile    = "result.json"
	heardFile     = "heard.json"
	recordingFile = "recording.wav"
)

// savePlan writes the plan before anything is done by it. It overwrites none.
func (s store) savePlan(p *Plan) error {
	b, err := encode(p)
	if err != nil {
		return err
	}
	return workspace.WriteSecret(s.plan(), b)
}

// readPlan returns nil if there is none yet.
func (s store) readPlan() (*Plan, error) { return read[Plan](s.plan()) }

func (s store) saveResult(r *Result) error { return replaceJSON(s.of(r.Call, resultFile), r) }

// readResult returns nil if the call has none.
func (s store) readResult(n int) (*Result, error) { return read[Result](s.of(n, resultFile)) }

// read reads a file of JSON, nil if there is none.
func read[T any](path string) (*T, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	v := new(T)
	if err := strictjson.Decode(b, v); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return v, nil
}

// encode writes JSON as files have it.
func encode(v any) ([]byte, error) {
	b, err := json.MarshalIndent(v, "", "  ")
	return append(b, '\n'), err
}

func replaceJSON(path string, v any) error {
	b, err := encode(v)
	if err != nil {
		return err
	}
	return replace(path, b)
}

// replace writes a file of the audit, durably, for its owner alone.
func replace(path string, b []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return workspace.ReplaceSecret(path, b)
}

// journal is the log of a call: every line is on the disk before what it tells of
// is done, so that nothing can be made up afterwards. Each line holds all of the
// call's progress; of a call that was cut off, the last whole line is the truth.
type journal struct {
	mu sync.Mutex
	f  *os.File
}

// line is one line of a journal.
type line struct {
	At       time.Time `json:"at"`
	Key      string    `json:"key,omitempty"` // about to be pressed
	Progress Progress  `json:"progress"`
}

func (s store) newJournal(n int) (*journal, error) {
	if err := os.MkdirAll(s.call(n), 0o700); err != nil {
		return nil, err
	}
	if err := workspace.WriteSecret(s.of(n, journalFile), nil); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(s.of(n, journalFile), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return nil, err
	}
	return &journal{f: f}, nil
}

func (j *journal) write(l line) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	l.At = time.Now().UTC()
	b, err := json.Marshal(l)
	if err != nil {
		return err
	}
	if _, err := j.f.Write(append(b, '\n')); err != nil {
		return err
	}
	return j.f.Sync()
}

func (j *journal) close() error { return j.f.Close() }

// readJournal returns the whole lines of a call's journal, of which only the last
// may be cut.
func (s store) readJournal(n int) ([]line, error) {
	f, err := os.Open(s.of(n, journalFile))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var list []line
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var l line
		if err := strictjson.Decode(lines.Bytes(), &l); err != nil {
			if lines.Scan() {
				return nil, fmt.Errorf("%s: line %d: %w", f.Name(), len(list)+1, err)
			}
			break // the process ended while it wrote
		}
		list = append(list, l)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name(), err)
	}
	return list, nil
}
