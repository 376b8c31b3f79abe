package script

import (
	_ "embed" // for the lock
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"rollcall/buildinfo"
	"rollcall/internal/strictjson"
)

// lock is what build installs, and so all that a bundle can contain of others.
//
//go:embed package-lock.json
var lock []byte

// maxLock bounds a lock, in bytes; one of two packages has about 1,000.
const maxLock = 1 << 16

var (
	// One package more below another's folder would be a second version of the
	// same: nobody wants to send that to voters, so it has no form here.
	lockedPath    = regexp.MustCompile(`^node_modules/((?:@[a-z0-9][a-z0-9._-]*/)?[a-z0-9][a-z0-9._-]*)$`)
	lockedVersion = regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$`)
)

// Packages lists the packages of npm that are in maths.js, by name.
func Packages() ([]buildinfo.NPMPackage, error) {
	list, err := packages(lock)
	if err != nil {
		return nil, fmt.Errorf("package-lock.json: %w", err)
	}
	return list, nil
}

// packages reads a lock of version 3 (docs.npmjs.com, "package-lock.json"). What
// could make the list wrong is an error: "resolved", which npm leaves out (with
// omit-lockfile-registry-resolved) unless a package comes from elsewhere than
// the registry; the "name" of another package in this one's folder; and "dev",
// because esbuild takes whatever the sources import.
func packages(b []byte) ([]buildinfo.NPMPackage, error) {
	if len(b) > maxLock {
		return nil, fmt.Errorf("%d bytes, at most %d", len(b), maxLock)
	}
	var l struct {
		Name     string                     `json:"name"`
		Version  int                        `json:"lockfileVersion"`
		Requires bool                       `json:"requires"`
		Packages map[string]json.RawMessage `json:"packages"`
	}
	if err := strictjson.Decode(b, &l); err != nil {
		return nil, err
	}
	if l.Version != 3 {
		return nil, fmt.Errorf("version %d, want 3", l.Version)
	}
	var list []buildinfo.NPMPackage
	for _, path := range slices.Sorted(maps.Keys(l.Packages)) {
		if path == "" {
			continue // package.json: ours
		}
		p, err := locked(path, l.Packages[path])
		if err != nil {
			return nil, fmt.Errorf("%q: %w", path, err)
		}
		list = append(list, p)
	}
	return list, nil
}

// locked reads one package of a lock.
func locked(path string, b []byte) (p buildinfo.NPMPackage, err error) {
	var l struct {
		Version      string          `json:"version"`
		Integrity    string          `json:"integrity"`
		Dependencies json.RawMessage `json:"dependencies"` // which have places of their own
		Engines      json.RawMessage `json:"engines"`
		Funding      json.RawMessage `json:"funding"`
		License      json.RawMessage `json:"license"`
	}
	if err := strictjson.Decode(b, &l); err != nil {
		return p, err
	}
	name := lockedPath.FindStringSubmatch(path)
	if name == nil {
		return p, errors.New("not a package right below node_modules")
	}
	if !lockedVersion.MatchString(l.Version) {
		return p, fmt.Errorf("version %q", l.Version)
	}
	sum, ok := strings.CutPrefix(l.Integrity, "sha512-")
	raw, err := base64.StdEncoding.Strict().DecodeString(sum)
	if !ok || err != nil || len(raw) != len(p.SHA512) {
		return p, fmt.Errorf("integrity %q is not one SHA-512", l.Integrity)
	}
	return buildinfo.NPMPackage{Name: name[1], Version: l.Version, SHA512: [64]byte(raw)}, nil
}
