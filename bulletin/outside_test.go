package bulletin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"filippo.io/torchwood"
	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/client"

	"rollcall/bulletin/checkpoint"
)

// Two clients that nobody here wrote, given a URL and a policy file.
var outsideClients = map[string]func(ctx context.Context, base string, policy []byte, log *checkpoint.Verifier) ([][]byte, error){
	"torchwood": readWithTorchwood,
	"tessera":   readWithTessera,
}

func readWithTorchwood(ctx context.Context, base string, policyFile []byte, _ *checkpoint.Verifier) ([][]byte, error) {
	policy, err := torchwood.ParsePolicy(policyFile)
	if err != nil {
		return nil, err
	}
	fetcher, err := torchwood.NewTileFetcher(base)
	if err != nil {
		return nil, err
	}
	signed, err := fetcher.ReadEndpoint(ctx, "checkpoint")
	if err != nil {
		return nil, err
	}
	c, _, err := torchwood.VerifyCheckpoint(signed, policy)
	if err != nil {
		return nil, err
	}
	reader, err := torchwood.NewClient(fetcher)
	if err != nil {
		return nil, err
	}
	var entries [][]byte
	for i, e := range reader.AllEntries(ctx, c.Tree, 0) {
		if i != int64(len(entries)) {
			return nil, fmt.Errorf("entry %d after %d", i, len(entries))
		}
		entries = append(entries, bytes.Clone(e))
	}
	if err := reader.Err(); err != nil {
		return nil, err
	}
	if int64(len(entries)) != c.N {
		return nil, fmt.Errorf("%d entries of %d", len(entries), c.N)
	}
	return entries, nil
}

func readWithTessera(ctx context.Context, base string, _ []byte, log *checkpoint.Verifier) ([][]byte, error) {
	u, err := url.Parse(base + "/")
	if err != nil {
		return nil, err
	}
	fetcher, err := client.NewHTTPFetcher(u, nil)
	if err != nil {
		return nil, err
	}
	c, _, _, err := client.FetchCheckpoint(ctx, fetcher.ReadCheckpoint, log, log.Name())
	if err != nil {
		return nil, err
	}
	unbundle := func(b []byte) ([][]byte, error) {
		var eb api.EntryBundle
		err := eb.UnmarshalText(b)
		return eb.Entries, err
	}
	size := func(context.Context) (uint64, error) { return c.Size, nil }
	builder, err := client.NewProofBuilder(ctx, c.Size, fetcher.ReadTile)
	if err != nil {
		return nil, err
	}
	var entries [][]byte
	hashes := (&compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}).NewEmptyRange(0)
	for e, err := range client.Entries(client.EntryBundles(ctx, 2, size, fetcher.ReadEntryBundle, 0, c.Size), unbundle) {
		if err != nil {
			return nil, err
		}
		leaf := rfc6962.DefaultHasher.HashLeaf(e.Entry)
		path, err := builder.InclusionProof(ctx, e.Index)
		if err != nil {
			return nil, err
		}
		if err := proof.VerifyInclusion(rfc6962.DefaultHasher, e.Index, c.Size, leaf, path, c.Hash); err != nil {
			return nil, fmt.Errorf("entry %d: %w", e.Index, err)
		}
		if err := hashes.Append(leaf, nil); err != nil {
			return nil, err
		}
		entries = append(entries, e.Entry)
	}
	root, err := hashes.GetRootHash(nil)
	if err != nil || !bytes.Equal(root, c.Hash) {
		return nil, errors.Join(err, errors.New("root of the entries is not the checkpoint's"))
	}
	return entries, nil
}

// outsideBoard serves a board of n entries as any web server would, and returns
// its directory, its URL and what a reader is given beforehand.
func outsideBoard(t *testing.T, n int) (dir, base string, policy []byte, log *checkpoint.Verifier) {
	t.Helper()
	cfg := newConfig(t)
	b := openBoard(t, cfg)
	for _, part := range []int{1, n / 2, n} { // so that there are older partial tiles
		fill(t, b, part)
	}
	policy, err := policyOf(cfg.Signer).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(http.FileServer(http.Dir(cfg.Dir)))
	t.Cleanup(srv.Close)
	return cfg.Dir, srv.URL, policy, cfg.Signer.Verifier()
}

func TestOutsideClientsReadTheBoard(t *testing.T) {
	for _, n := range []int{2, 255, 256, 257, 700} {
		_, base, policy, log := outsideBoard(t, n)
		for name, read := range outsideClients {
			entries, err := read(t.Context(), base, policy, log)
			if err != nil || len(entries) != n {
				t.Errorf("%s: %d of %d entries, error %v", name, len(entries), n, err)
				continue
			}
			for i, e := range entries {
				if string(e) != fmt.Sprintf("entry %d", i) {
					t.Errorf("%s: entry %d of %d is %q", name, i, n, e)
				}
			}
		}
	}
}

// One changed byte anywhere: both refuse.
func TestOutsideClientsRefuseAChangedByte(t *testing.T) {
	dir, base, policy, log := outsideBoard(t, 700)
	for path, at := range map[string]int{
		"checkpoint":             len(testOrigin) + 10, // in the root
		"tile/0/001":             100 * 32,
		"tile/0/002.p/188":       187*32 + 31,
		"tile/1/000.p/2":         40,
		"tile/entries/000":       5,
		"tile/entries/001":       1000,
		"tile/entries/002.p/188": 188*11 - 1,
	} {
		name := filepath.Join(dir, path)
		good, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		bad := bytes.Clone(good)
		bad[at] ^= 1
		if err := os.WriteFile(name, bad, 0o644); err != nil {
			t.Fatal(err)
		}
		for client, read := range outsideClients {
			if _, err := read(t.Context(), base, policy, log); err == nil {
				t.Errorf("%s takes a board with %s changed at byte %d", client, path, at)
			}
		}
		if err := os.WriteFile(name, good, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
