package operate

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/entry"
	"rollcall/crypto/schnorr"
	"rollcall/internal/service"
	"rollcall/internal/software"
	"rollcall/internal/workspace"
	"rollcall/registrar"
	"rollcall/tally/door"
	"rollcall/tally/manifest"
)

// checkFree refuses a directory that holds anything of an election, whole or
// not: nothing of it is ever overwritten.
func checkFree(dir workspace.Dir) error {
	paths := []string{dir.ManifestEntry(), dir.Database(), dir.Public(), dir.Policy(), dir.Witnesses(), dir.Election(), dir.Letters(), dir.AuditLetters(), dir.Audit(), dir.Budgets(), rollFile(dir)}
	for _, role := range []string{workspace.Authority, workspace.Board, workspace.Booth, "registrar", "log"} {
		paths = append(paths, dir.Key(role))
	}
	for _, path := range paths {
		if _, err := os.Lstat(path); err == nil {
			return fmt.Errorf("there is an election in %s already, or a part of one (%s): take another directory", dir, path)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// Init makes an election in a directory: keys, the signed manifest, a board
// with the manifest and the start of the key ceremony. The manifest names the program
// that runs this, and is checked before anything is written.
func Init(ctx context.Context, dir workspace.Dir, f *manifest.File, trustees []entry.Trustee) (entry.ElectionID, error) {
	if err := checkFree(dir); err != nil {
		return "", err
	}
	nonce := make([]byte, 16)
	if _, err := rand.Read(nonce); err != nil {
		return "", err
	}
	signer, err := checkpoint.GenerateSigner("rollcall/"+hex.EncodeToString(nonce), rand.Reader)
	if err != nil {
		return "", err
	}
	oprf, err := registrar.GenerateKeys()
	if err != nil {
		return "", err
	}
	keys := manifest.Keys{
		Log:       entry.Log{Origin: signer.Origin(), Key: signer.Verifier().PublicKey()},
		Registrar: oprf.Sign.Public().Bytes(), OPRF: [][]byte{oprf.OPRF.Public().Bytes()}, Trustees: trustees,
	}
	own, err := software.Own()
	if err != nil {
		return "", err
	}
	keys.Software = []entry.Software{own}
	authority, board, booth := schnorr.GenerateKey(), schnorr.GenerateKey(), schnorr.GenerateKey()
	keys.Authority, keys.Board, keys.Booths = authority.Public().Bytes(), board.Public().Bytes(), [][]byte{booth.Public().Bytes()}
	m, err := f.Build(keys)
	if err != nil {
		return "", err
	}
	signed, err := entry.Sign(m, nil, authority)
	if err != nil {
		return "", err
	}
	id := entry.NewElectionID(signed.Hash())
	policy, witnesses, err := policyOf(signer, f)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(string(dir), 0o755); err != nil {
		return "", err
	}
	// The manifest comes last: without it there is no election.
	for _, write := range []func() error{
		func() error { return dir.WriteKey(workspace.Authority, authority) },
		func() error { return dir.WriteKey(workspace.Board, board) },
		func() error { return dir.WriteKey(workspace.Booth, booth) },
		func() error { return registrar.WriteKeys(dir.Key("registrar"), oprf) },
		func() error { return workspace.WriteSecret(dir.Key("log"), []byte(signer.Marshal())) },
		func() error { return writeNew(dir.Policy(), policy) },
		func() error { return writeNew(dir.Witnesses(), witnesses) },
		func() error { return writeNew(dir.Election(), []byte(string(id)+"\n")) },
		func() error { return writeNew(dir.ManifestEntry(), signed.Bytes()) },
	} {
		if err := write(); err != nil {
			return "", err
		}
	}
	return id, firstEntries(ctx, dir, signed, authority)
}

// mldsaSuffix makes the name, within a policy file, of a witness's second key.
const mldsaSuffix = "/ml-dsa-44"

// policyOf returns the policy file of a new election and the file of its witnesses'
// addresses.
func policyOf(signer *checkpoint.Signer, f *manifest.File) (policy, addresses []byte, err error) {
	p := &checkpoint.Policy{Log: signer.Verifier(), Quorum: int(f.Quorum)}
	addresses = []byte("# Where the board asks the witnesses of its policy: key and address. Addresses may change.\n")
	for _, w := range f.Witnesses {
		key, err := checkpoint.ParseWitnessVerifier(w.Key)
		if err != nil {
			return nil, nil, err
		}
		p.Witnesses = append(p.Witnesses, checkpoint.Witness{Name: key.Name(), Key: key})
		second, err := w.Second()
		if err != nil {
			return nil, nil, err
		}
		if second != nil {
			p.MLDSA = append(p.MLDSA, checkpoint.Witness{Name: key.Name() + mldsaSuffix, Key: second})
		}
		addresses = fmt.Appendf(addresses, "%s %s\n", key, w.URL)
	}
	policy, err = p.Marshal()
	return policy, addresses, err
}

// writeNew writes a new file that anybody may read, durably. It is an error if
// the file exists.
func writeNew(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}

// firstEntries puts the manifest on the board and starts the key ceremony.
func firstEntries(ctx context.Context, dir workspace.Dir, signed *entry.Entry, authority *schnorr.SecretKey) error {
	d, log, err := service.OpenBoard(ctx, dir, door.Config{})
	if err != nil {
		return err
	}
	hash := signed.Hash()
	ceremony, err := entry.Sign(&entry.Ceremony{Attempt: 1, Time: uint64(time.Now().Unix())}, hash[:], authority)
	if err == nil {
		_, err = d.Post(ctx, signed.Bytes())
	}
	if err == nil {
		_, err = d.Post(ctx, ceremony.Bytes())
	}
	return errors.Join(err, log.Close())
}

// NewAttempt starts another attempt at the key ceremony and returns its
// number.
func NewAttempt(ctx context.Context, r *Remote, dir workspace.Dir) (uint64, error) {
	key, err := dir.ReadKey(workspace.Authority)
	if err != nil {
		return 0, err
	}
	attempt := uint64(1)
	if a := r.State().LatestAttempt(); a != nil {
		attempt = a.Number + 1
	}
	_, _, err = r.post(ctx, &entry.Ceremony{Attempt: attempt, Time: uint64(time.Now().Unix())}, key)
	return attempt, err
}
