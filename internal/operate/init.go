package operate

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"time"

	"rollcall/bulletin/checkpoint"
	"rollcall/bulletin/entry"
	"rollcall/crypto/schnorr"
	"rollcall/internal/service"
	"rollcall/internal/workspace"
	"rollcall/registrar"
	"rollcall/tally/door"
	"rollcall/tally/manifest"
)

// Init makes an election in a directory.
func Init(ctx context.Context, dir workspace.Dir, f *manifest.File, trustees []entry.Trustee) (entry.ElectionID, error) {
	if _, err := os.Stat(dir.ManifestEntry()); err == nil {
		return "", fmt.Errorf("there is an election in %s already: take another directory", dir)
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
	authority, board, booth := schnorr.GenerateKey(), schnorr.GenerateKey(), schnorr.GenerateKey()
	keys.Authority, keys.Board, keys.Booths = authority.Public().Bytes(), board.Public().Bytes(), [][]byte{booth.Public().Bytes()}
	// The manifest is checked before anything is written.
	m, err := f.Build(keys)
	if err != nil {
		return "", err
	}
	signed, err := entry.Sign(m, nil, authority)
	if err != nil {
		return "", err
	}
	id := entry.NewElectionID(signed.Hash())
	policy, err := (&checkpoint.Policy{Log: signer.Verifier()}).Marshal()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(string(dir), 0o755); err != nil {
		return "", err
	}
	err = errors.Join(
		dir.WriteKey(workspace.Authority, authority), dir.WriteKey(workspace.Board, board), dir.WriteKey(workspace.Booth, booth),
		registrar.WriteKeys(dir.Key("registrar"), oprf),
		workspace.WriteSecret(dir.Key("log"), []byte(signer.Marshal())),
		os.WriteFile(dir.Policy(), policy, 0o644),
		os.WriteFile(dir.Election(), []byte(string(id)+"\n"), 0o644),
		os.WriteFile(dir.ManifestEntry(), signed.Bytes(), 0o644))
	if err != nil {
		return "", err
	}
	return id, firstEntries(ctx, dir, signed, authority)
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
