package group

// merger adds up weighted equations, and brings together what they share:
// the coefficients of G and K, those of points that many equations name, such as
// keys, and those of a combination, which is then taken apart into its points.
type merger struct {
	base, key Scalar
	// long and short are the terms so far, by the length of their coefficients:
	// that of a commitment is a weight, of half the length.
	long, short terms
	place       map[*Point]int // of points in long that may come again
	open        []openSum      // combinations of the item at hand
	weights     []Scalar       // of the equations
}

type terms struct {
	points  []*Point
	scalars []Scalar
}

func (t *terms) append(p *Point, s *Scalar) {
	t.points, t.scalars = append(t.points, p), append(t.scalars, *s)
}

// openSum is a combination and its coefficient so far.
type openSum struct {
	point *Point
	coeff Scalar
}

// reset empties m and keeps its room. It holds no point any more.
func (m *merger) reset() {
	m.base, m.key = Scalar{}, Scalar{}
	for _, t := range []*terms{&m.long, &m.short} {
		clear(t.points)
		t.points, t.scalars = t.points[:0], t.scalars[:0]
	}
	clear(m.place)
	clear(m.open[:cap(m.open)]) // flush has shortened it
	m.open = m.open[:0]
}

// add adds an equation times a weight.
func (m *merger) add(e *Equation, w *Scalar) {
	var c Scalar
	if e.BaseCoeff != nil {
		m.base.s.MultiplyAdd(&w.s, &e.BaseCoeff.s, &m.base.s)
	}
	if e.KeyCoeff != nil {
		m.key.s.MultiplyAdd(&w.s, &e.KeyCoeff.s, &m.key.s)
	}
	for _, t := range e.Terms {
		if t.Scalar == nil && t.Point.sum == nil {
			m.short.append(t.Point, w)
			continue
		}
		c = *w
		if t.Scalar != nil {
			c.s.Multiply(&w.s, &t.Scalar.s)
		}
		m.addTerm(t.Point, &c)
	}
}

// addTerm adds a point with a coefficient of full length.
func (m *merger) addTerm(p *Point, c *Scalar) {
	if p.sum == nil {
		at, seen := m.place[p]
		if seen {
			m.long.scalars[at].s.Add(&m.long.scalars[at].s, &c.s)
			return
		}
		if m.place == nil {
			m.place = map[*Point]int{}
		}
		m.place[p] = len(m.long.points)
		m.long.append(p, c)
		return
	}
	// The equations of a proof name at most two in turns.
	for i := len(m.open) - 1; i >= max(0, len(m.open)-2); i-- {
		if m.open[i].point == p {
			m.open[i].coeff.s.Add(&m.open[i].coeff.s, &c.s)
			return
		}
	}
	m.open = append(m.open, openSum{p, *c})
}

// flush takes the combinations of an item apart. Nothing after it names them.
func (m *merger) flush() {
	for len(m.open) > 0 {
		last := m.open[len(m.open)-1]
		m.open = m.open[:len(m.open)-1]
		sum := last.point.sum
		for i, p := range sum.points {
			c := last.coeff
			if sum.scalars != nil {
				c.s.Multiply(&c.s, &sum.scalars[i].s)
			}
			if p.sum == nil {
				m.long.append(p, &c)
			} else {
				m.addTerm(p, &c)
			}
		}
	}
}

// finish adds the terms of G and of joint key k, which is nil where no equation
// has a coefficient of it.
func (m *merger) finish(k *Point) {
	m.flush()
	m.long.append(Base(), m.base.Neg())
	if k != nil {
		m.long.append(k, m.key.Neg())
	}
}
