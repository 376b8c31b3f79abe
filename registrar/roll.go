package registrar

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Columns of the roll that mean something to the registrar. All others are
// address columns, passed through to the letters in their order.
const (
	columnName     = "name"
	columnUnit     = "unit"
	columnLanguage = "language"
	columnID       = "id"
)

var rollColumns = []string{columnName, columnUnit, columnLanguage, columnID}

// Bounds of a roll file. They stop a wrong file, not a large election.
const (
	maxRollBytes   = 1 << 30
	maxRollPeople  = 10_000_000
	maxRollColumns = 50
	maxCellBytes   = 1000
)

// ErrRoll says that a roll file is not usable; the error names line and
// column.
var ErrRoll = errors.New("roll is not usable")

// Person is one line of the roll.
type Person struct {
	Name     string
	Address  []string // one cell for each of Roll.AddressColumns
	Unit     uint64   // position in the manifest
	UnitName string
	Language string
	// Auditor says that this is an auditor, who gets no cast code.
	Auditor bool
}

// Roll is the people who may vote.
type Roll struct {
	AddressColumns []string
	People         []Person
}

// RollOptions says what the manifest allows on a roll.
type RollOptions struct {
	// Units maps the names of the units that hold voters to their positions
	// in the manifest.
	Units map[string]uint64
	// Languages are the manifest's languages; an empty cell means the first.
	Languages []string
}

// ReadRollFile is ReadRoll of the file at path.
func ReadRollFile(path string, options RollOptions) (*Roll, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading the roll: %w", err)
	}
	defer f.Close()
	roll, err := ReadRoll(f, options)
	if err != nil {
		return nil, fmt.Errorf("reading the roll %s: %w", path, err)
	}
	return roll, nil
}

// ReadRoll reads a CSV file (RFC 4180, UTF-8, with or without a byte order
// mark) whose first line names the columns: "name", "unit" and "language" must
// be there; "id", where it is there, must be unique and is not kept; all
// others go on the letters. Cells are trimmed of spaces. The first fault ends
// the reading; the error wraps ErrRoll and names its line and column, but no
// person.
func ReadRoll(r io.Reader, options RollOptions) (*Roll, error) {
	limited := &io.LimitedReader{R: r, N: maxRollBytes + 1}
	buffered := bufio.NewReader(limited)
	if err := skipByteOrderMark(buffered); err != nil {
		return nil, err
	}
	lines := csv.NewReader(buffered)
	header, err := lines.Read()
	if errors.Is(err, io.EOF) {
		return nil, rollError("the file is empty")
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRoll, err)
	}
	p := &rollParser{options: options, lines: lines, ids: map[string]int{}}
	if err := p.parseHeader(header); err != nil {
		return nil, err
	}
	for {
		record, err := lines.Read()
		if limited.N == 0 {
			return nil, rollError("the file has more than %d bytes", maxRollBytes)
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrRoll, err)
		}
		if len(p.roll.People) == maxRollPeople {
			return nil, rollError("more than %d people", maxRollPeople)
		}
		if err := p.parsePerson(record); err != nil {
			return nil, err
		}
	}
	if len(p.roll.People) == 0 {
		return nil, rollError("the file has column names and nobody on it")
	}
	return &p.roll, nil
}

func skipByteOrderMark(r *bufio.Reader) error {
	mark, err := r.Peek(3)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: %w", ErrRoll, err)
	}
	if len(mark) >= 2 && (mark[0] == 0xff && mark[1] == 0xfe || mark[0] == 0xfe && mark[1] == 0xff) {
		return rollError("line 1: the file is UTF-16; save it as CSV UTF-8")
	}
	if string(mark) == "\uFEFF" {
		_, err = r.Discard(3)
		return err
	}
	return nil
}

// rollParser holds what the lines have in common.
type rollParser struct {
	options RollOptions
	lines   *csv.Reader
	columns []string
	ids     map[string]int // id to the line that has it
	roll    Roll
}

func (p *rollParser) parseHeader(header []string) error {
	if len(header) > maxRollColumns {
		return rollError("line 1: %d columns, at most %d", len(header), maxRollColumns)
	}
	for i, cell := range header {
		column := strings.ToLower(strings.TrimSpace(cell))
		if err := verifyCell(column); err != nil {
			return p.fault(i, err.Error())
		}
		switch {
		case column == "":
			return p.fault(i, "column has no name")
		case slices.Contains(p.columns, column):
			return p.fault(i, fmt.Sprintf("second column named %q", column))
		case slices.Contains(rollColumns, column):
		case slices.Contains(letterColumns, column):
			return p.fault(i, fmt.Sprintf("%q is a column of the letters and can not be one of the roll", column))
		default:
			p.roll.AddressColumns = append(p.roll.AddressColumns, column)
		}
		p.columns = append(p.columns, column)
	}
	for _, column := range []string{columnName, columnUnit, columnLanguage} {
		if !slices.Contains(p.columns, column) {
			return rollError("line 1: no column %q; the columns are: %s", column, strings.Join(p.columns, ", "))
		}
	}
	return nil
}

func (p *rollParser) parsePerson(record []string) error {
	var person Person
	for i, cell := range record {
		cell = strings.TrimSpace(cell)
		if err := verifyCell(cell); err != nil {
			return p.fault(i, err.Error())
		}
		switch p.columns[i] {
		case columnName:
			if cell == "" {
				return p.fault(i, "empty")
			}
			person.Name = cell
		case columnUnit:
			unit, ok := p.options.Units[cell]
			if !ok {
				return p.fault(i, fmt.Sprintf("unknown unit %q; known: %s", cell, p.knownUnits()))
			}
			person.Unit, person.UnitName = unit, cell
		case columnLanguage:
			if cell == "" && len(p.options.Languages) > 0 {
				cell = p.options.Languages[0]
			}
			if !slices.Contains(p.options.Languages, cell) {
				return p.fault(i, fmt.Sprintf("unknown language %q; known: %s", cell, strings.Join(p.options.Languages, ", ")))
			}
			person.Language = cell
		case columnID:
			line, _ := p.lines.FieldPos(i)
			if cell == "" {
				return p.fault(i, "empty")
			}
			if first, ok := p.ids[cell]; ok {
				return p.fault(i, fmt.Sprintf("the same id as on line %d", first))
			}
			p.ids[cell] = line
		default:
			person.Address = append(person.Address, cell)
		}
	}
	p.roll.People = append(p.roll.People, person)
	return nil
}

// fault names the line and column of the i-th cell of the last record.
func (p *rollParser) fault(i int, what string) error {
	line, _ := p.lines.FieldPos(i)
	if i < len(p.columns) {
		return rollError("line %d, column %d (%s): %s", line, i+1, p.columns[i], what)
	}
	return rollError("line %d, column %d: %s", line, i+1, what)
}

// knownUnits lists the units in the manifest's order, shortened where there
// are very many.
func (p *rollParser) knownUnits() string {
	const most = 30
	names := slices.SortedFunc(maps.Keys(p.options.Units), func(a, b string) int {
		if c := int64(p.options.Units[a]) - int64(p.options.Units[b]); c != 0 {
			return int(c)
		}
		return strings.Compare(a, b)
	})
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

// verifyCell refuses what no letter can print. A line break inside quotes is
// legal, addresses have them.
func verifyCell(cell string) error {
	if len(cell) > maxCellBytes {
		return fmt.Errorf("cell has %d bytes, at most %d", len(cell), maxCellBytes)
	}
	if !utf8.ValidString(cell) {
		return errors.New("not UTF-8; save the file as CSV UTF-8")
	}
	if i := strings.IndexFunc(cell, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }); i >= 0 {
		return fmt.Errorf("control character at byte %d of the cell", i+1)
	}
	return nil
}

func rollError(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrRoll, fmt.Sprintf(format, args...))
}
