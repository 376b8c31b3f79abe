package record

// SetCode gives a ballot a receipt code, for what no test can wait for: two
// ballots with one code.
func (s *State) SetCode(index uint64, code string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.voting.ballots[index].Code = code
}

// AddAgain has the running sums take a ballot once more, as a fault would.
func (s *State) AddAgain(index uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running.due = append(s.running.due, s.voting.ballots[index])
}

// Hints returns what a ballot keeps of them.
func (s *State) Hints(index uint64) []byte {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.voting.ballots[index].hints
}

// MaxHanded is maxHanded.
const MaxHanded = maxHanded

// Handed returns how many hints wait for their ballots.
func (s *State) Handed() int {
	s.running.handed.Lock()
	defer s.running.handed.Unlock()
	return len(s.running.hints)
}

// Hand has hints wait for a ballot that never comes.
func (s *State) Hand(leaf [32]byte) { s.running.hand(leaf, []byte{1}) }
