package operate

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"slices"

	"rollcall/bulletin/entry"
	"rollcall/internal/strictjson"
	"rollcall/internal/workspace"
	"rollcall/registrar"
)

// AuditPlan says how many credentials auditors get: so many in all, spread over the
// units, or so many of units by id. The zero plan is none.
type AuditPlan struct {
	Total int
	Units map[string]int
}

// counts returns how many auditors each unit gets. voters are those of the roll. Where
// nobody votes no auditor can hide, and what is asked of such a unit is refused.
func (p AuditPlan) counts(m *entry.Manifest, voters []uint64) ([]uint64, error) {
	counts := make([]uint64, len(m.Units))
	total := uint64(0)
	if p.Total != 0 {
		if err := p.spread(counts, voters); err != nil {
			return nil, err
		}
		total = uint64(p.Total)
	}
	known := 0
	for u := range m.Units {
		n, ok := p.Units[m.Units[u].ID]
		if !ok {
			continue
		}
		known++
		if n < 1 || voters[u] == 0 {
			return nil, fmt.Errorf("audit credentials of unit %q: want at least 1, and a unit with voters among whom they can not be told", m.Units[u].ID)
		}
		counts[u] = uint64(min(n, entry.MaxAudit+1))
		total += counts[u]
	}
	switch {
	case known < len(p.Units):
		return nil, errors.New("audit credentials: there is no such unit")
	case total > entry.MaxAudit:
		return nil, fmt.Errorf("%d audit credentials: an election has at most %d", total, entry.MaxAudit)
	}
	return counts, nil
}

// spread gives each unit with voters one, and the rest in proportion to its voters,
// by the largest remainders.
func (p AuditPlan) spread(counts, voters []uint64) error {
	var units []int
	all := uint64(0)
	for u, n := range voters {
		if n > 0 {
			units, all = append(units, u), all+n
		}
	}
	rest := p.Total - len(units)
	if rest < 0 {
		return fmt.Errorf("%d audit credentials: want at least one for each of the %d units with voters", p.Total, len(units))
	}
	if p.Total > entry.MaxAudit {
		return fmt.Errorf("%d audit credentials: an election has at most %d", p.Total, entry.MaxAudit)
	}
	left := uint64(rest)
	for _, u := range units {
		counts[u] = 1 + uint64(rest)*voters[u]/all
		left -= counts[u] - 1
	}
	remainder := func(u int) uint64 { return uint64(rest) * voters[u] % all }
	slices.SortStableFunc(units, func(a, b int) int { return cmp.Compare(remainder(b), remainder(a)) })
	for _, u := range units[:left] {
		counts[u]++
	}
	return nil
}

// auditors returns people for the audit letters, whose lines have as many columns as
// those of the roll. The languages take turns, from a drawn one on: calls in one
// language alone would tell nothing of votes in the others, and be known by it.
func auditors(m *entry.Manifest, counts []uint64, columns int) ([]registrar.Person, error) {
	var list []registrar.Person
	first, err := rand.Int(rand.Reader, big.NewInt(int64(len(m.Languages))))
	if err != nil {
		return nil, err
	}
	language := int(first.Int64())
	for u, n := range counts {
		for range n {
			list = append(list, registrar.Person{Name: fmt.Sprintf("Auditor %d", len(list)+1), Address: make([]string, columns),
				Unit: uint64(u), UnitName: m.Units[u].ID, Language: m.Languages[(language+len(list))%len(m.Languages)], Auditor: true})
		}
	}
	return list, nil
}

// auditFile is DIR/audit.json: what is opened when the election has ended.
type auditFile struct {
	Election string   `json:"election"`
	Salt     string   `json:"salt"` // 32 bytes, in hexadecimal
	Keys     []string `json:"keys"` // ballot keys in ascending order, in hexadecimal
}

// list returns the body of the entry that the file is of.
func (f *auditFile) list() (*entry.AuditList, error) {
	salt, err := hex.DecodeString(f.Salt)
	if err != nil || len(salt) != 32 {
		return nil, errors.New("salt: want 64 hexadecimal digits")
	}
	if len(f.Keys) > entry.MaxAudit {
		return nil, fmt.Errorf("keys: %d, an election has at most %d", len(f.Keys), entry.MaxAudit)
	}
	l := &entry.AuditList{Salt: salt}
	for i, k := range f.Keys {
		key, err := hex.DecodeString(k)
		if err != nil || len(key) != entry.AuditKeySize {
			return nil, fmt.Errorf("keys: number %d: want 64 hexadecimal digits", i)
		}
		l.Keys = append(l.Keys, key...)
	}
	_, err = l.Credentials()
	return l, err
}

// commit draws a salt for the auditors among voters, writes DIR/audit.json and returns
// the body of the entry that commits to it.
func commit(dir workspace.Dir, id entry.ElectionID, hash [entry.HashSize]byte, voters []registrar.VoterKeys, counts []uint64) (*entry.Audit, error) {
	var keys [][entry.AuditKeySize]byte
	for _, v := range voters {
		if v.Auditor {
			keys = append(keys, [entry.AuditKeySize]byte(v.BallotKey.Bytes()))
		}
	}
	slices.SortFunc(keys, func(a, b [entry.AuditKeySize]byte) int { return bytes.Compare(a[:], b[:]) })
	salt := make([]byte, 32)
	if _, err := rand.Read(salt); err != nil {
		return nil, err
	}
	f := auditFile{Election: string(id), Salt: hex.EncodeToString(salt)}
	for i := range keys {
		f.Keys = append(f.Keys, hex.EncodeToString(keys[i][:]))
	}
	b, err := json.MarshalIndent(&f, "", " ")
	if err != nil {
		return nil, err
	}
	if err := workspace.WriteSecret(dir.Audit(), append(b, '\n')); err != nil {
		return nil, err
	}
	c := entry.AuditCommitment(hash, salt, keys)
	return &entry.Audit{Counts: counts, Commitment: c[:]}, nil
}

// AuditOpened is what audit-open tells.
type AuditOpened struct {
	Credentials int    `json:"credentials"`
	Counted     int    `json:"counted"` // ballots by them that are in the count: none, or V21 fails
	Index       uint64 `json:"index"`   // of the entry
}

// OpenAudit posts which credentials were auditors', from DIR/audit.json.
func OpenAudit(ctx context.Context, r *Remote, dir workspace.Dir) (*AuditOpened, error) {
	state := r.State()
	switch counts, opened := state.Audits(); {
	case counts == nil:
		return nil, errors.New("the election has no audit credentials")
	case opened != 0:
		return nil, errors.New("the audit credentials are opened already")
	}
	l, err := readAudit(dir, r.ID)
	if err != nil {
		return nil, err
	}
	key, err := registrar.ReadSigningKey(dir.Key("registrar"))
	if err != nil {
		return nil, err
	}
	_, index, err := r.post(ctx, l, key)
	if err != nil {
		return nil, err
	}
	opened := &AuditOpened{Index: index}
	list, err := l.Credentials()
	for _, k := range list {
		opened.Credentials++
		if _, cast, _ := state.VoterByKey(k); cast {
			opened.Counted++
		}
	}
	return opened, err
}

func readAudit(dir workspace.Dir, id entry.ElectionID) (*entry.AuditList, error) {
	b, err := workspace.ReadSecret(dir.Audit())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: without it nobody can say which credentials are auditors', and V21 stays open", err)
	}
	if err != nil {
		return nil, err
	}
	l, err := parseAudit(b, id)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir.Audit(), err)
	}
	return l, nil
}

func parseAudit(b []byte, id entry.ElectionID) (*entry.AuditList, error) {
	var f auditFile
	if err := strictjson.Decode(b, &f); err != nil {
		return nil, err
	}
	if f.Election != string(id) {
		return nil, errors.New("is of another election")
	}
	return f.list()
}

// absent says that a file must not be there, for a roll to be made.
func absent(path, why string) error {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		if err == nil {
			err = fmt.Errorf("%s is there already and is not overwritten; %s", path, why)
		}
		return err
	}
	return nil
}
