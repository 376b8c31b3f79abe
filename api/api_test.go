package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"rollcall/api/gen"
	"rollcall/api/public"
	"rollcall/bulletin/entry"
)

const cborType = "application/cbor"

func postEntry(t testing.TB, base string, raw []byte) answer {
	t.Helper()
	return do(t, http.MethodPost, base+"/api/v1/entries", string(raw), "Content-Type", cborType)
}

// checkAnswer holds a response against the specification.
func checkAnswer(t *testing.T, path string, res answer) {
	t.Helper()
	spec, err := gen.GetSpec()
	if err != nil {
		t.Fatal(err)
	}
	item := spec.Paths.Value(path)
	if item == nil {
		t.Fatalf("no path %s", path)
	}
	err = openapi3filter.ValidateResponse(t.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{
			Request: res.Request,
			Route: &routers.Route{
				Spec: spec, Path: path, PathItem: item, Method: res.Request.Method, Operation: item.GetOperation(res.Request.Method),
			},
		},
		Status: res.StatusCode, Header: res.Header, Body: io.NopCloser(strings.NewReader(res.body)),
		Options: &openapi3filter.Options{ExcludeResponseBody: res.Header.Get("Content-Type") == cborType},
	})
	if err != nil {
		t.Errorf("%s %s: %v\n%s", res.Request.Method, path, err, res.body)
	}
}

func TestSpecificationIsValid(t *testing.T) {
	spec, err := gen.GetSpec()
	if err != nil {
		t.Fatal(err)
	}
	if err := spec.Validate(t.Context()); err != nil {
		t.Error(err)
	}
	if !strings.HasPrefix(spec.OpenAPI, "3.1") {
		t.Errorf("version %s", spec.OpenAPI)
	}
}

// decode reads JSON strictly: no field that the type does not have.
func decode(t *testing.T, res answer, v any) {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(res.body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		t.Fatalf("%v:\n%s", err, res.body)
	}
}

func TestGetElection(t *testing.T) {
	f := newFake()
	server, _ := newServer(t, f)
	res := get(t, server.URL+"/api/v1/election")
	checkAnswer(t, "/api/v1/election", res)
	var v gen.Election
	decode(t, res, &v)
	if v.ID != string(f.ID()) || v.Phase != gen.Open || v.Ballots.Cast != 1040 || v.Published || !v.Rehearsal ||
		len(v.Contests) != 2 || v.Contests[0].Units[2] != "mill" || v.Units[3].Parent != "alder" ||
		v.Title["es"] != "Asamblea de invierno del condado de Alder" || len(v.Trustees) != 3 || !v.LastTick.Equal(noon) {
		t.Errorf("unexpected: %s", res.body)
	}
	if len(v.Software) != 2 || v.Software[0].Name != "rollcall <1>" || v.Software[1].Sha256 != strings.Repeat("cd", 32) {
		t.Errorf("software %v", v.Software)
	}
	if v.Voters != 1200 || v.Auditors != 8 {
		t.Errorf("%d voters and %d auditors", v.Voters, v.Auditors)
	}
	if got := res.Header.Get("Access-Control-Allow-Origin"); got != "*" {
		t.Errorf("reading is open to %q", got)
	}
	f.publish()
	decode(t, get(t, server.URL+"/api/v1/election"), &v)
	if !v.Published || v.Phase != gen.Ended {
		t.Errorf("published %t in phase %s", v.Published, v.Phase)
	}
}

func TestResultsThatDoNotFitTheManifestAreNotShown(t *testing.T) {
	for name, corrupt := range map[string]func(*public.Result){
		"unknown contest": func(r *public.Result) { r.Parts[0].Contest = "mayor" },
		"missing option":  func(r *public.Result) { r.Parts[0].Options = r.Parts[0].Options[1:] },
		"swapped options": func(r *public.Result) { o := r.Parts[0].Options; o[0], o[1] = o[1], o[0] },
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			f.publish()
			corrupt(f.result)
			server, _ := newServer(t, f)
			for _, path := range []string{"", "/nist.json", "/openelections.csv"} {
				checkProblem(t, get(t, server.URL+"/api/v1/results/2"+path), 500, "internal")
			}
			if res := get(t, server.URL+"/results"); res.StatusCode != 500 {
				t.Errorf("page: status %d", res.StatusCode)
			}
		})
	}
}

func TestGetReceipts(t *testing.T) {
	for _, s := range states {
		t.Run(s.name, func(t *testing.T) {
			f := newFake()
			s.arrange(f)
			server, _ := newServer(t, f)
			res := get(t, server.URL+"/api/v1/receipts/"+s.number)
			checkAnswer(t, "/api/v1/receipts/{number}", res)
			if res.StatusCode != s.status {
				t.Fatalf("status %d, want %d: %s", res.StatusCode, s.status, res.body)
			}
			if s.status != 200 {
				return
			}
			var v gen.Receipts
			decode(t, res, &v)
			for i, r := range v.Matches {
				if (r.State == "cast") != r.Counted || (r.Proof != nil) != r.Counted || (r.Opened != nil) != (r.State == "tested") {
					t.Errorf("match %d: %s", i, res.body)
				}
			}
		})
	}
}

func TestGetReceiptsSaysWhichBallotCounts(t *testing.T) {
	f := newFake()
	f.ballots = []public.Ballot{sealedAt(1, public.StateLapsed), castAt(5), sealedAt(6, public.StateVoid)}
	server, _ := newServer(t, f)
	var v gen.Receipts
	decode(t, get(t, server.URL+"/api/v1/receipts/"+public.Number(code(1)).Groups()[:4]+"-"+code(1)[4:]), &v)
	if len(v.Matches) != 1 || v.Matches[0].CountedInstead == nil || v.Matches[0].CountedInstead.Index != 45 {
		t.Errorf("by code: %+v", v)
	}
	decode(t, get(t, server.URL+"/api/v1/receipts/"+ballotNumber(1)), &v)
	if len(v.Matches) != 3 || v.Matches[2].State != "void" || v.Matches[1].CountedInstead != nil || *v.Matches[1].Proof != "/api/v1/proofs/46" {
		t.Errorf("by ballot number: %+v", v)
	}
}

func TestPostEntry(t *testing.T) {
	f := newFake()
	server, _ := newServer(t, f)
	raw := testEntry(t, 7)
	res := postEntry(t, server.URL, raw)
	checkAnswer(t, "/api/v1/entries", res)
	if res.StatusCode != 201 || res.Header.Get("Location") != "/api/v1/entries/0" {
		t.Errorf("status %d, Location %q", res.StatusCode, res.Header.Get("Location"))
	}
	var v gen.Posted
	decode(t, res, &v)
	if v.Index != 0 || v.Leaf != fmt.Sprintf("%x", entry.LeafHash(raw)) {
		t.Errorf("unexpected: %s", res.body)
	}
	again := postEntry(t, server.URL, raw)
	checkAnswer(t, "/api/v1/entries", again)
	if again.StatusCode != 200 || again.body != res.body {
		t.Errorf("again: status %d, %s", again.StatusCode, again.body)
	}
	if got := f.changes(); got[0] != 1 || !bytes.Equal(f.posted[0], raw) {
		t.Errorf("%d entries posted", got[0])
	}
}

func TestPostEntryProblems(t *testing.T) {
	raw := testEntry(t, 7)
	for _, c := range []struct {
		name   string
		body   []byte
		err    error
		status int
		kind   string
		detail string
	}{
		{"refused", raw, fmt.Errorf("%w: phase/close is taken", public.ErrRefused), 409, "refused", "phase/close is taken"},
		{"bad signature", raw, fmt.Errorf("%w: close: signature 0: does not hold", public.ErrInvalid), 422, "invalid", "close: signature 0"},
		{"busy", raw, fmt.Errorf("%w: disk", public.ErrBusy), 503, "busy", "board busy"},
		{"internal", raw, errors.New("secret of the database"), 500, "internal", ""},
		{"empty", nil, nil, 400, "undecodable", "entry: "},
		{"not CBOR", []byte("hello"), nil, 400, "undecodable", "entry: "},
		{"trailing byte", append(bytes.Clone(raw), 0), nil, 400, "undecodable", "entry: "},
		{"cut", raw[:len(raw)-1], nil, 400, "undecodable", "entry: "},
		{"unknown kind", bytes.Replace(raw, []byte("close"), []byte("clone"), 1), nil, 400, "undecodable", `kind "clone"`},
		{"fault inside", bytes.Replace(raw, []byte("index"), []byte("inder"), 1), nil, 400, "undecodable", "close: "},
		{"too large", make([]byte, entry.MaxSize+1), nil, 413, "too-large", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFake()
			f.err = c.err
			server, _ := newServer(t, f)
			res := postEntry(t, server.URL, c.body)
			checkAnswer(t, "/api/v1/entries", res)
			checkProblem(t, res, c.status, c.kind)
			if !strings.Contains(res.body, strings.ReplaceAll(c.detail, `"`, `\"`)) || strings.Contains(res.body, "secret") {
				t.Errorf("detail: %s", res.body)
			}
			if (c.status == 503) != (res.Header.Get("Retry-After") != "") {
				t.Errorf("Retry-After %q", res.Header.Get("Retry-After"))
			}
			if got := f.changes(); got[0] != 0 {
				t.Errorf("%d entries posted", got[0])
			}
		})
	}
}

func TestPostEntryTakesTheLargest(t *testing.T) {
	f := newFake()
	server, _ := newServer(t, f)
	// Of exactly 65535 bytes, and no entry: read whole, then refused for what it is.
	checkProblem(t, postEntry(t, server.URL, make([]byte, entry.MaxSize)), 400, "undecodable")
}

func TestPostEntryContentTypes(t *testing.T) {
	f := newFake()
	server, _ := newServer(t, f)
	raw := string(testEntry(t, 1))
	for kind, want := range map[string]int{
		"": 415, "application/json": 415, "application/cbor-seq": 415, "text/plain": 415, ";": 415, "application/cbor; charset=x": 201,
	} {
		res := do(t, http.MethodPost, server.URL+"/api/v1/entries", raw, "Content-Type", kind)
		if res.StatusCode != want {
			t.Errorf("%q: status %d, want %d", kind, res.StatusCode, want)
		}
	}
}

func TestGetEntry(t *testing.T) {
	f := newFake()
	raw := testEntry(t, 1<<60)
	f.entries = map[uint64][]byte{3: raw}
	server, _ := newServer(t, f)
	res := get(t, server.URL+"/api/v1/entries/3")
	checkAnswer(t, "/api/v1/entries/{index}", res)
	if res.body != string(raw) || res.Header.Get("Content-Type") != cborType || !strings.Contains(res.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("unexpected: %v %q", res.Header, res.body)
	}
	res = get(t, server.URL+"/api/v1/entries/3?format=json")
	checkAnswer(t, "/api/v1/entries/{index}", res)
	if !strings.Contains(res.body, `"kind":"close"`) || !strings.Contains(res.body, `"body":{"index":1152921504606846976,"root":"00`) {
		t.Errorf("unexpected: %s", res.body)
	}
	checkProblem(t, get(t, server.URL+"/api/v1/entries/4"), 404, "not-found")
	for _, bad := range []string{"/api/v1/entries/-1", "/api/v1/entries/x", "/api/v1/entries/1.5", "/api/v1/entries/3?format=xml",
		"/api/v1/entries/99999999999999999999999", "/api/v1/proofs/0x1"} {
		checkProblem(t, get(t, server.URL+bad), 400, "request")
	}
}

func TestEntryViewOfEveryShape(t *testing.T) {
	bodies := []entry.Body{
		newFake().manifest,
		&entry.Tick{Time: 5, Size: 6, Root: make([]byte, 32), Random: make([]byte, 32), Cosignatures: []entry.Cosignature{{Witness: 1, Time: 5, Value: make([]byte, 64)}}},
		&entry.Result{Parts: []entry.ResultPart{{Contest: "c", Units: []string{"u"}, Options: []entry.OptionCount{{Option: "o", Votes: 4}}}}},
	}
	m := bodies[0].(*entry.Manifest)
	key := func(b byte) []byte { return bytes.Repeat([]byte{b}, 32) }
	m.Authority, m.Registrar, m.Board, m.Log.Key = key(1), key(2), key(3), key(4)
	m.Booths, m.OPRFKeys = [][]byte{key(5)}, [][]byte{key(6)}
	for i := range m.Trustees {
		m.Trustees[i].Signing, m.Trustees[i].Ceremony = key(10+byte(i)), key(20+byte(i))
	}
	for _, want := range []string{
		`"options":[{"id":"amara","name":{"en":"Amara Osei","es":"Amara Osei"}}`, `"cosignatures":[[1,5,"000000`, `"options":[["o",4]]`,
	} {
		view, err := entryView(3, sign(t, bodies[0]))
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(view)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(b), want) {
			t.Errorf("view lacks %s:\n%s", want, b)
		}
		bodies = bodies[1:]
	}
}

func TestGetProof(t *testing.T) {
	f := newFake()
	server, _ := newServer(t, f)
	res := get(t, server.URL+"/api/v1/proofs/0")
	checkAnswer(t, "/api/v1/proofs/{index}", res)
	if !strings.HasPrefix(res.body, "c2sp.org/tlog-proof@v1\n") || res.Header.Get("Content-Disposition") != `attachment; filename="rollcall-0.tlog-proof"` {
		t.Errorf("unexpected: %v %q", res.Header, res.body)
	}
	checkProblem(t, get(t, server.URL+"/api/v1/proofs/9"), 404, "not-found")
}

// checkProblem holds that an answer is a problem of RFC 9457.
func checkProblem(t *testing.T, res answer, status int, kind string) {
	t.Helper()
	var p gen.Problem
	if got := res.Header.Get("Content-Type"); got != problemType {
		t.Errorf("%s: %s of type %q: %s", res.Request.URL.Path, res.Status, got, res.body)
		return
	}
	decode(t, res, &p)
	if res.StatusCode != status || p.Status != status || p.Type != "urn:rollcall:problem:"+kind || p.Title != http.StatusText(status) {
		t.Errorf("%s: status %d, want %d %s: %s", res.Request.URL.Path, res.StatusCode, status, kind, res.body)
	}
}

// operations is every operation of the specification.
func operationsOf(t *testing.T) map[string]*openapi3.Operation {
	t.Helper()
	spec, err := gen.GetSpec()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*openapi3.Operation{}
	for path, item := range spec.Paths.Map() {
		for method, op := range item.Operations() {
			all[method+" "+path] = op
		}
	}
	return all
}

func TestEveryOperationDeclaresProblems(t *testing.T) {
	for name, op := range operationsOf(t) {
		if d := op.Responses.Default(); d == nil || d.Value.Content[problemType] == nil {
			t.Errorf("%s has no problem as its default answer", name)
		}
	}
}

func TestGetTurnout(t *testing.T) {
	f := newFake()
	f.turnout = []public.UnitTurnout{{Unit: "north", Voters: 700, Cast: 600}, {Unit: "mill", Voters: 500, Cast: 440}}
	server, _ := newServer(t, f)
	res := get(t, server.URL+"/api/v1/turnout")
	checkAnswer(t, "/api/v1/turnout", res)
	var v gen.Turnout
	decode(t, res, &v)
	if v.Voters != 1200 || v.Ballots.Cast != 1040 || v.Ballots.Void != 1 || len(v.Units) != 2 || v.Units[1] != (gen.UnitTurnout{Unit: "mill", Voters: 500, Cast: 440}) ||
		v.AsOf == nil || !v.AsOf.Equal(noon) {
		t.Errorf("turnout: %s", res.body)
	}
	f.turnout = nil // before the roll is complete
	if res := get(t, server.URL+"/api/v1/turnout"); !strings.Contains(res.body, `"units":[]`) {
		t.Errorf("without a roll: %s", res.body)
	}
}
