package api

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"rollcall/api/public"
)

// lookUp fills in the form.
func lookUp(t testing.TB, base, number, lang string) answer {
	t.Helper()
	form := url.Values{"number": {number}, "lang": {lang}}
	return do(t, http.MethodPost, base+"/check", form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
}

var (
	tags   = regexp.MustCompile(`(?s)<(style|svg).*?</(style|svg)>|<[^>]*>`)
	blanks = regexp.MustCompile(`\s+`)
)

// seen returns what a reader sees of a page.
func seen(page string) string {
	page = strings.NewReplacer("&#43;", "+", "&#39;", "'", "\u00a0", " ", "&amp;", "&", "&lt;", "<", "&gt;", ">").Replace(tags.ReplaceAllString(page, " "))
	return strings.TrimSpace(blanks.ReplaceAllString(page, " "))
}

// sealedAt is a ballot of voter 1, sealed at noon.
func sealedAt(n int, state public.State) public.Ballot {
	return public.Ballot{
		Index: uint64(40 + n), Number: ballotNumber(1), Code: code(n), State: state,
		SealedAfter: noon, SealedBefore: noon.Add(time.Second), DecideBefore: noon.Add(10 * time.Minute),
	}
}

func castAt(n int) public.Ballot {
	b := sealedAt(n, public.StateCast)
	b.Decision, b.Decided = b.Index+1, noon.Add(30*time.Second)
	return b
}

// state is one thing that the page can say about a ballot.
type state struct {
	name    string
	arrange func(f *fake)
	number  string
	status  int
	want    []string // in the words of the page
	lacks   string   // where not empty
	wantES  string
}

var states = []state{
	{
		name:    "cast",
		arrange: func(f *fake) { f.ballots = []public.Ballot{castAt(1)} },
		number:  code(1), status: 200,
		want: []string{
			"We have your ballot. It will be in the count.", "November 3, 2026, between 12:00:00 and 12:00:01 UTC",
			"Cast no later than November 3, 2026, 12:00:30 UTC", "Download the proof", "Is something wrong here? Call +1 555 0100.",
		},
		wantES: "Tenemos su boleta. Entrará en el conteo.",
	},
	{
		name:    "cast, seen by ballot number",
		arrange: func(f *fake) { f.ballots = []public.Ballot{castAt(1)} },
		number:  ballotNumber(1), status: 200,
		want:   []string{"We have your ballot. It will be in the count.", "You asked for ballot number"},
		wantES: "Usted preguntó por el número de boleta",
	},
	{
		name: "cast, not covered by a tick",
		arrange: func(f *fake) {
			b := castAt(1)
			b.Decided = time.Time{}
			f.ballots = []public.Ballot{b}
		},
		number: code(1), status: 200,
		want:   []string{"We have your cast code. We are writing it down.", "look again in a minute"},
		wantES: "Recibimos su código de emisión.",
	},
	{
		name: "cast, kept and not published",
		arrange: func(f *fake) {
			b := sealedAt(1, public.StateUndecided)
			b.Casting = true
			f.ballots = []public.Ballot{b}
		},
		number: code(1), status: 200,
		want:   []string{"We have your cast code. We are writing it down.", "look again in a minute"},
		lacks:  "will be in the count. You do not have to",
		wantES: "Recibimos su código de emisión.",
	},
	{
		name: "cast, kept, in an outage",
		arrange: func(f *fake) {
			b := sealedAt(1, public.StateUndecided)
			b.Casting = true
			f.ballots, f.status.Witnesses = []public.Ballot{b}, awayAt(noon)
		},
		number: code(1), status: 200,
		want:   []string{"too few witnesses have signed this board", "We have your cast code.", "It is kept here, and it counts as soon as enough witnesses have signed it."},
		lacks:  "look again in a minute",
		wantES: "muy pocos testigos han firmado este tablero",
	},
	{
		name: "arriving, in an outage",
		arrange: func(f *fake) {
			b := sealedAt(1, public.StateUndecided)
			b.Code, b.SealedBefore, b.DecideBefore = "", time.Time{}, time.Time{}
			f.ballots, f.status.Witnesses = []public.Ballot{b}, awayAt(noon)
		},
		number: ballotNumber(1), status: 200,
		want:   []string{"Your ballot has arrived. It is not cast yet.", "If your call has ended, call again: this ballot was not cast.", "not given yet"},
		lacks:  "You will hear your receipt code",
		wantES: "vuelva a llamar: esta boleta no se emitió",
	},
	{
		name:    "counted",
		arrange: func(f *fake) { f.ballots = []public.Ballot{castAt(1)}; f.publish() },
		number:  code(1), status: 200,
		want:   []string{"Your ballot is in the final count."},
		wantES: "Su boleta está en el conteo final.",
	},
	{
		name:    "cast, voting over, not yet counted",
		arrange: func(f *fake) { f.ballots = []public.Ballot{castAt(1)}; f.status.Phase = public.PhaseEnded },
		number:  code(1), status: 200,
		want:   []string{"We have your ballot. It will be in the count."},
		wantES: "Entrará en el conteo.",
	},
	{
		name: "tested",
		arrange: func(f *fake) {
			b := sealedAt(1, public.StateTested)
			b.Decision, b.Decided = 42, noon.Add(time.Minute)
			b.Opened = []public.Opened{{Contest: 0, Selected: []uint64{1}}, {Contest: 1, Selected: []uint64{0, 1}}}
			f.ballots = []public.Ballot{b}
		},
		number: code(1), status: 200,
		want: []string{
			"This was a test. It was opened for everybody to see, and it is not counted.", "A test is made public",
			"County chair Jonas Lindqvist & <Sons> Library council Ben Tran Ida Novak",
			"Opened as a test no later than November 3, 2026, 12:01:00 UTC", "To vote, call again and cast your ballot.",
		},
		wantES: "Esto fue una prueba.",
	},
	{
		name: "tested, voting over",
		arrange: func(f *fake) {
			f.ballots = []public.Ballot{sealedAt(1, public.StateTested)}
			f.status.Phase = public.PhaseEnded
		},
		number: code(1), status: 200,
		want:   []string{"This was a test. It was opened", "A test is made public"},
		lacks:  "call again and cast",
		wantES: "Una prueba se hace pública",
	},
	{
		name: "tested, of nothing",
		arrange: func(f *fake) {
			b := sealedAt(1, public.StateTested)
			b.Opened = []public.Opened{{Contest: 0, Selected: []uint64{3}}, {Contest: 1}}
			f.ballots = []public.Ballot{b}
		},
		number: code(1), status: 200,
		want:   []string{"County chair No choice (blank) Library council No choice (blank)"},
		wantES: "Presidencia del condado Sin selección (en blanco) Consejo de la biblioteca Sin selección (en blanco)",
	},
	{
		name: "tested, then cast",
		arrange: func(f *fake) {
			f.ballots = []public.Ballot{sealedAt(1, public.StateTested), castAt(5)}
		},
		number: code(1), status: 200,
		want: []string{
			"This was a test, and it is not counted. Another ballot with the same ballot number was cast.",
			"The ballot that counts was sealed on November 3, 2026, between 12:00:00 and 12:00:01 UTC. Was that your call?",
		},
		wantES: "Se emitió otra boleta con el mismo número de boleta.",
	},
	{
		name: "arriving",
		arrange: func(f *fake) {
			b := sealedAt(1, public.StateUndecided)
			b.Code, b.SealedBefore, b.DecideBefore = "", time.Time{}, time.Time{}
			f.ballots = []public.Ballot{b}
		},
		number: ballotNumber(1), status: 200,
		want:   []string{"Your ballot has arrived. It is not cast yet.", "Sealed after November 3, 2026, 12:00:00 UTC", "Receipt code not given yet"},
		wantES: "Su boleta ha llegado.",
	},
	{
		name:    "undecided",
		arrange: func(f *fake) { f.ballots = []public.Ballot{sealedAt(1, public.StateUndecided)} },
		number:  code(1), status: 200,
		want: []string{
			"Sealed, but not cast yet: it does not count.", "key in your cast code before 12:10:00 UTC",
			"If your call is over, call +1 555 0199 again before November 3, 2026, 20:00:00 UTC.",
		},
		wantES: "Sellada, pero todavía no emitida: no cuenta.",
	},
	{
		name:    "lapsed",
		arrange: func(f *fake) { f.ballots = []public.Ballot{sealedAt(1, public.StateLapsed)} },
		number:  code(1), status: 200,
		want:   []string{"Sealed, but never cast: it does not count.", "call +1 555 0199 again before November 3, 2026, 20:00:00 UTC"},
		wantES: "Sellada, pero nunca emitida: no cuenta.",
	},
	{
		name: "lapsed, between windows",
		arrange: func(f *fake) {
			f.ballots = []public.Ballot{sealedAt(1, public.StateLapsed)}
			f.status.LastTick = noon.Add(-10 * time.Hour)
		},
		number: code(1), status: 200,
		want: []string{
			"Call +1 555 0199 again from November 3, 2026, 08:00:00 UTC until November 3, 2026, 20:00:00 UTC.",
		},
		wantES: "desde el 3 de noviembre de 2026, 08:00:00 UTC hasta el 3 de noviembre de 2026, 20:00:00 UTC.",
	},
	{
		name: "lapsed, voting over",
		arrange: func(f *fake) {
			f.ballots = []public.Ballot{sealedAt(1, public.StateLapsed)}
			f.status.Phase = public.PhaseClosing
		},
		number: code(1), status: 200,
		want:   []string{"Sealed, but never cast: it does not count.", "Voting is over. If you think this is wrong, call +1 555 0100."},
		wantES: "La votación ha terminado. Si cree que hay un error",
	},
	{
		name: "not cast, another was",
		arrange: func(f *fake) {
			f.ballots = []public.Ballot{sealedAt(1, public.StateLapsed), castAt(5)}
		},
		number: code(1), status: 200,
		want: []string{
			"Not counted: another ballot with the same ballot number was cast.",
			"The ballot that counts was sealed on November 3, 2026, between 12:00:00 and 12:00:01 UTC. Was that your call?",
		},
		wantES: "No se cuenta: se emitió otra boleta con el mismo número de boleta.",
	},
	{
		name: "void",
		arrange: func(f *fake) {
			b := sealedAt(1, public.StateVoid)
			b.Reason = "proof of contest 2 does not hold"
			f.ballots = []public.Ballot{b}
		},
		number: code(1), status: 200,
		want:   []string{"This ballot is not valid. It does not count.", "The reason proof of contest 2 does not hold"},
		wantES: "Esta boleta no es válida.",
	},
	{
		name: "one code, two voters",
		arrange: func(f *fake) {
			other := castAt(1)
			other.Number, other.Index = ballotNumber(2), 77
			f.ballots = []public.Ballot{sealedAt(1, public.StateVoid), other}
		},
		number: code(1), status: 200,
		want: []string{
			"2 ballots match. Yours has the ballot number that is on your letter.",
			"This ballot is not valid.", "We have your ballot.",
			public.Number(ballotNumber(1)).Groups(), public.Number(ballotNumber(2)).Groups(),
		},
		wantES: "Coinciden 2 boletas.",
	},
	{
		name:    "unknown code",
		arrange: func(*fake) {},
		number:  code(9), status: 404,
		want:   []string{"We cannot find this receipt code.", "call +1 555 0100"},
		wantES: "No encontramos este código de recibo.",
	},
	{
		name:    "unknown ballot number",
		arrange: func(*fake) {},
		number:  ballotNumber(9), status: 404,
		want:   []string{"We have no ballot with this ballot number.", "If you have not voted, this is right."},
		wantES: "No tenemos ninguna boleta con este número de boleta.",
	},
	{
		name:    "mistyped",
		arrange: func(f *fake) { f.ballots = []public.Ballot{castAt(1)} },
		number:  code(1)[:15] + string('0'+(code(1)[15]-'0'+1)%10), status: 400,
		want:   []string{"One of the digits is wrong.", "Did you mean one of these? " + public.Number(code(1)).Groups()},
		wantES: "Uno de los dígitos está mal.",
	},
	{
		name:    "too short",
		arrange: func(*fake) {},
		number:  "1234", status: 400,
		want:   []string{"A receipt code has 16, a ballot number has 12."},
		lacks:  "Did you mean",
		wantES: "Un código de recibo tiene 16, un número de boleta tiene 12.",
	},
}

func TestPageSaysEveryState(t *testing.T) {
	for _, s := range states {
		t.Run(s.name, func(t *testing.T) {
			f := newFake()
			s.arrange(f)
			server, _ := newServer(t, f)
			res := lookUp(t, server.URL, s.number, "en")
			if res.StatusCode != s.status {
				t.Errorf("status %d, want %d", res.StatusCode, s.status)
			}
			page := seen(res.body)
			for _, want := range s.want {
				if !strings.Contains(page, want) {
					t.Errorf("page lacks %q:\n%s", want, page)
				}
			}
			if s.lacks != "" && strings.Contains(page, s.lacks) {
				t.Errorf("page holds %q:\n%s", s.lacks, page)
			}
			checkPage(t, res)
			es := lookUp(t, server.URL, s.number, "es")
			if page := seen(es.body); !strings.Contains(page, s.wantES) || !strings.Contains(es.body, `<html lang="es">`) {
				t.Errorf("Spanish page lacks %q:\n%s", s.wantES, page)
			}
			checkPage(t, es)
			fil := lookUp(t, server.URL, s.number, "fil")
			if fil.StatusCode != s.status || !strings.Contains(fil.body, `<html lang="fil">`) {
				t.Errorf("Filipino page: status %d", fil.StatusCode)
			}
			checkPage(t, fil)
		})
	}
}

var ids = regexp.MustCompile(` id="([^"]*)"`)

// checkPage holds what is true of every page.
func checkPage(t *testing.T, res answer) {
	t.Helper()
	csp := res.Header.Get("Content-Security-Policy")
	for _, part := range []string{"default-src 'none'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"} {
		if !strings.Contains(csp, part) {
			t.Errorf("policy %q lacks %q", csp, part)
		}
	}
	for name, want := range map[string]string{
		"Content-Type": "text/html; charset=utf-8", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
		"Set-Cookie": "", "Access-Control-Allow-Origin": "",
	} {
		if got := res.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	for _, bad := range []string{"<script>", "style=", "onclick", "http-equiv", "ZgotmplZ", "{{", "<no value>", "%!"} {
		if strings.Contains(res.body, bad) {
			t.Errorf("page holds %q", bad)
		}
	}
	for _, link := range regexp.MustCompile(` (?:src|href|action)="([^"]*)"`).FindAllStringSubmatch(res.body, -1) {
		if !strings.HasPrefix(link[1], "/") && !strings.HasPrefix(link[1], "#") || strings.HasPrefix(link[1], "//") {
			t.Errorf("link to another origin: %q", link[1])
		}
	}
	found := map[string]bool{}
	for _, id := range ids.FindAllStringSubmatch(res.body, -1) {
		if found[id[1]] {
			t.Errorf("id %q is there twice", id[1])
		}
		found[id[1]] = true
	}
	for _, ref := range regexp.MustCompile(` (?:for|aria-labelledby|aria-describedby)="([^"]*)"`).FindAllStringSubmatch(res.body, -1) {
		for _, id := range strings.Fields(ref[1]) {
			if !found[id] {
				t.Errorf("no element has the id %q", id)
			}
		}
	}
}

func TestPageNeverShowsWhatACastBallotHolds(t *testing.T) {
	f := newFake()
	b := castAt(1)
	// A confused Election: the page must not follow it.
	b.Opened = []public.Opened{{Contest: 0, Selected: []uint64{2}}}
	f.ballots = []public.Ballot{b}
	server, _ := newServer(t, f)
	for _, url := range []string{code(1), ballotNumber(1)} {
		for _, body := range []string{lookUp(t, server.URL, url, "en").body, get(t, server.URL+"/api/v1/receipts/"+url).body} {
			if strings.Contains(body, "Rosa") || strings.Contains(body, "rosa") {
				t.Errorf("a choice of a cast ballot is shown:\n%s", body)
			}
		}
	}
}

func TestPageGivesNoCountBeforeTheResult(t *testing.T) {
	for _, phase := range []public.Phase{public.PhaseSetup, public.PhaseOpen, public.PhaseClosing, public.PhaseEnded} {
		f := newFake()
		f.status.Phase = phase
		server, _ := newServer(t, f)
		res := get(t, server.URL+"/results")
		checkPage(t, res)
		if page := seen(res.body); !strings.Contains(page, "Results come here after voting has ended.") || strings.Contains(page, "Amara") {
			t.Errorf("%s: unexpected results:\n%s", phase, page)
		}
	}
}

func TestPageShowsResults(t *testing.T) {
	f := newFake()
	f.publish()
	server, _ := newServer(t, f)
	res := get(t, server.URL+"/results")
	checkPage(t, res)
	page := seen(res.body)
	for _, want := range []string{
		"The result is here.", "2 of 3 trustees opened this count together.",
		"County chair All areas together 1,040 ballots Choice Votes Share Amara Osei 510 49.0% Jonas Lindqvist & <Sons> 470 45.2% Rosa Delgado 50 4.8% No choice (blank) 10 1.0%",
		"North Ward 600 ballots Choice Votes Share Jonas Lindqvist & <Sons> 350 58.3%",
		"South Ward + Mill Island 440 ballots Counted together",
		"Library council You could choose up to 2. All areas together 1,034 ballots · 168 choices were left unused Choice Votes Share Ida Novak 1,000 96.7% Ben Tran 900 87.0%",
		"Mill Island 6 ballots Too few people voted here to show a count",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("page lacks %q:\n%s", want, page)
		}
	}
	if es := seen(get(t, server.URL+"/results?lang=es").body); !strings.Contains(es, "Presidencia del condado Todas las zonas juntas 1,040 boletas") {
		t.Errorf("Spanish results:\n%s", es)
	}
}

func TestPageLanguage(t *testing.T) {
	server, _ := newServer(t, newFake())
	for _, c := range []struct{ query, accept, want string }{
		{"", "", "en"}, {"?lang=es", "en", "es"}, {"", "es-MX,es;q=0.9,en;q=0.8", "es"}, {"", "fr, ES", "es"},
		{"", "tl-PH, en", "fil"}, {"?lang=fil", "es", "fil"}, {"?lang=xx", "", "en"}, {"?lang=../en", "de", "en"},
	} {
		res := get(t, server.URL+"/"+c.query, "Accept-Language", c.accept)
		if got := res.Header.Get("Content-Language"); got != c.want || !strings.Contains(res.body, `<html lang="`+c.want+`">`) {
			t.Errorf("%q with %q: language %q, want %q", c.query, c.accept, got, c.want)
		}
	}
}

func TestPageFailsInPlainWords(t *testing.T) {
	f := newFake()
	f.err = errors.New("secret of the database")
	server, _ := newServer(t, f)
	for _, res := range []answer{get(t, server.URL+"/"), lookUp(t, server.URL, code(1), "en")} {
		if res.StatusCode != 500 || strings.Contains(res.body, "secret") || !strings.Contains(res.body, "Something went wrong here.") {
			t.Errorf("status %d:\n%s", res.StatusCode, res.body)
		}
		checkPage(t, res)
	}
	missing := get(t, server.URL+"/nowhere", "Accept", "text/html,*/*")
	if missing.StatusCode != 404 || !strings.Contains(missing.body, "There is no such page.") {
		t.Errorf("status %d:\n%s", missing.StatusCode, missing.body)
	}
	checkPage(t, missing)
}

func TestPageEscapesWhatIsTyped(t *testing.T) {
	server, _ := newServer(t, newFake())
	res := lookUp(t, server.URL, `"><script>alert(1)</script>`, "en")
	checkPage(t, res)
	long := lookUp(t, server.URL, strings.Repeat("é", 4000), "en")
	if long.StatusCode != 400 || len(long.body) > 20_000 {
		t.Errorf("status %d with %d bytes", long.StatusCode, len(long.body))
	}
	checkPage(t, long)
}

func TestPageSaysWhenThereAreTooManyLookUps(t *testing.T) {
	server, _ := newServer(t, newFake(), func(c *Config) { c.Lookups = Rate{PerSecond: 1e-9, Burst: 1} })
	if res := lookUp(t, server.URL, code(1), "en"); res.StatusCode != 404 {
		t.Errorf("first: status %d", res.StatusCode)
	}
	res := lookUp(t, server.URL, code(1), "en")
	if res.StatusCode != 429 || res.Header.Get("Retry-After") == "" || !strings.Contains(res.body, "Too many look-ups") {
		t.Errorf("second: status %d:\n%s", res.StatusCode, res.body)
	}
}
