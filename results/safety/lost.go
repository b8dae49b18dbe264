package safety

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"pindrop/results/history"
)

// writeLost looks for every acknowledged publish in what the servers keep, and counts those that are gone.
func (f *facts) writeLost() Judgement {
	keep := f.keeping()
	bySeq := map[uint64][]acknowledged{}
	for _, a := range f.acks {
		if !slices.ContainsFunc(bySeq[a.seq], func(o acknowledged) bool { return o.operation == a.operation }) {
			bySeq[a.seq] = append(bySeq[a.seq], a)
		}
	}
	gone, first := 0, ""
	for _, seq := range slices.Sorted(maps.Keys(bySeq)) {
		acks := bySeq[seq]
		slices.SortStableFunc(acks, func(a, b acknowledged) int { return cmp.Compare(a.at, b.at) })
		for i, a := range acks {
			if keep.has(a, i == len(acks)-1) {
				continue
			}
			if gone++; gone == 1 {
				first = keep.told(a, acks[min(i+1, len(acks)-1)])
			}
		}
	}
	switch {
	case gone > 0:
		return f.loss(gone, first)
	case keep.servers == nil && !keep.gone:
		return unsure("no server's messages were read")
	case keep.limited > 0:
		return held("%d acknowledged; %d of them are gone, which the stream's limits allow", len(f.acks), keep.limited)
	case keep.gone:
		return unsure("the stream is gone, and with it what was left in it")
	}
	return held("%d acknowledged, all there", len(f.acks))
}

// loss is the judgement of messages that are gone: known where the reason is documented.
func (f *facts) loss(gone int, first string) Judgement {
	text := fmt.Sprintf("%d acknowledged messages are gone, the first of them: %s", gone, first)
	if gone == 1 {
		text = "an acknowledged message is gone: " + first
	}
	why := f.cause()
	if why.Text == "" {
		return Judgement{Outcome: Broken, Text: text, Count: gone}
	}
	text += "; the cause is known: " + why.Text
	if len(why.Refs) > 0 {
		text += " (" + strings.Join(why.Refs, ", ") + ")"
	}
	return Judgement{Outcome: Known, Text: text, Count: gone, Refs: why.Refs}
}

// keeping is what is left in the end.
type keeping struct {
	facts   *facts
	servers []string // whose messages were read
	kept    map[kept]bool
	at      map[uint64]operation
	gone    bool // there is no stream
	limited int  // messages that a limit may have removed
}

func (f *facts) keeping() *keeping {
	k := &keeping{facts: f, servers: f.leading(), kept: map[kept]bool{}, at: map[uint64]operation{}}
	for _, e := range f.final {
		k.gone = k.gone || e.Status == history.NoStream
	}
	for _, server := range k.servers {
		for _, m := range f.entries[server] {
			k.kept[m], k.at[m.seq] = true, m.operation
		}
	}
	return k
}

// has reports whether an acknowledged message is there, or is gone by right, or nobody can tell. Of several messages with one
// sequence, only the last can be there without its publisher's mark.
func (k *keeping) has(a acknowledged, last bool) bool {
	there, ok := k.at[a.seq]
	switch {
	case k.kept[kept{a.operation, a.seq}]:
		return true
	case !last || ok && there.publisher != "":
		return false
	case ok || k.facts.removed(a.seq):
		return true
	case k.facts.stream.limited():
		k.limited++
		return true
	}
	return k.servers == nil && !k.gone
}

// told says what became of a message that is gone, of which next is the last with its sequence.
func (k *keeping) told(a, next acknowledged) string {
	text := fmt.Sprintf("%s was acknowledged as sequence %d at %s, ", a.operation, a.seq, seconds(a.at))
	who := strings.Join(k.servers, " and ")
	there, ok := k.at[a.seq]
	switch {
	case k.gone:
		return text + "and there is no stream any more"
	case ok && there.publisher != "":
		return text + fmt.Sprintf("where %s has %s", who, there)
	case next.operation != a.operation:
		return text + fmt.Sprintf("and so was %s at %s", next.operation, seconds(next.at))
	}
	return text + fmt.Sprintf("and %s does not have it", who)
}
