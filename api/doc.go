// Package api is what the public gets over HTTP: the board's files as static
// tiles, a small JSON interface whose source is openapi.yaml, the one endpoint
// that takes signed entries, and the pages of package page.
//
// It decides nothing about an election: a [public.Election] does, and is given. It
// verifies nothing either; whoever wants to believe a result runs the verifier
// over the board's files. It never shows what a cast ballot holds, gives no
// count before the result, sets no cookie, and logs neither addresses nor
// numbers.
//
// Handlers and types of package gen are generated from openapi.yaml; requests
// are checked against it before they are handled. Every error of this package
// is a problem of RFC 9457, except those of the pages.
package api

//go:generate go tool -modfile=../tools/go.mod oapi-codegen -config oapi-codegen.yaml openapi.yaml
