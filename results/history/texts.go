package history

// texts keeps each text once, with a number: a history has millions of events and few different texts. The zero value
// knows none.
type texts struct {
	list    []string
	numbers map[string]int
}

// number is the number of a text, new or known.
func (t *texts) number(s string) int {
	if i, ok := t.numbers[s]; ok {
		return i
	}
	if t.numbers == nil {
		t.numbers = map[string]int{}
	}
	i := len(t.list)
	t.numbers[s] = i
	t.list = append(t.list, s)
	return i
}

// known is the text of some bytes, without an allocation if it is known already.
func (t *texts) known(b []byte) string {
	if i, ok := t.numbers[string(b)]; ok {
		return t.list[i]
	}
	return t.list[t.number(string(b))]
}
