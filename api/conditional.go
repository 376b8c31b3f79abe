package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

// conditional gives answers to GET an ETag, and answers 304 Not Modified to
// whoever has them already (RFC 9110, section 13). The answer is made all the same:
// that takes no database, and reading it again would take a network.
//
// An answer that nobody may keep (no-store) goes out as it is, and so does every
// answer but 200.
func conditional(c *gin.Context) {
	if c.Request.Method != http.MethodGet {
		return
	}
	real := c.Writer
	held := &heldWriter{ResponseWriter: real}
	c.Writer = held
	func() {
		defer func() { c.Writer = real }() // a panic is answered where it is recovered
		c.Next()
	}()
	header := real.Header()
	if held.status != http.StatusOK || strings.Contains(header.Get("Cache-Control"), "no-store") {
		real.WriteHeader(held.status)
		_, _ = real.Write(held.body.Bytes()) // who reads it no more needs no error
		return
	}
	sum := sha256.Sum256(held.body.Bytes())
	header.Set("ETag", `"`+base64.RawURLEncoding.EncodeToString(sum[:12])+`"`)
	modified, err := http.ParseTime(header.Get("Last-Modified"))
	if err != nil {
		modified = time.Time{}
	}
	header.Del("Content-Length")
	http.ServeContent(real, c.Request, "", modified, bytes.NewReader(held.body.Bytes()))
}

// heldWriter keeps an answer until it is whole.
type heldWriter struct {
	gin.ResponseWriter
	status int
	body   bytes.Buffer
}

func (w *heldWriter) WriteHeader(status int) { w.status = status }

func (w *heldWriter) Write(b []byte) (int, error) {
	w.WriteHeaderNow()
	return w.body.Write(b)
}

func (w *heldWriter) WriteString(s string) (int, error) { return w.Write([]byte(s)) }

func (w *heldWriter) WriteHeaderNow() {
	if w.status == 0 {
		w.status = http.StatusOK
	}
}

func (w *heldWriter) Status() int   { return w.status }
func (w *heldWriter) Size() int     { return w.body.Len() }
func (w *heldWriter) Written() bool { return w.status != 0 }
