package audit

import "math"

// Estimate is a number that was not counted, with the range in which it lies with 95 % confidence.
type Estimate struct {
	Value, Low, High float64
	Blocks           int // on which the range rests; 0: there are too few, and Low and High say nothing
}

// Hold is how long a message is ack pending, in seconds, on average; nil without acks, or where none left.
//
// It is Little's law, L = λ·W: of anything that comes and goes, the mean number that is there (num_ack_pending) is the
// rate at which it goes times the mean time that it stays. It needs no assumption about distributions or order, only that
// what was there at the begin and at the end of the observation is little beside what came and went; how much it is
// shows in the difference between the rate of coming and that of going, and the range covers both.
//
// That time begins as the server sends the message and ends as the ack arrives. So it holds the way there and back, the
// wait in the client's buffer, the handler, and the wait for a redelivery: no handler takes longer on average.
func (m *Measured) Hold() *Estimate { return m.Busy(math.Inf(1)) }

// Busy is how long a handler takes, in seconds, on average, if there are so many handlers and none of them is idle while a
// message waits in a client: it is Little's law again, for the messages in work, whose number is then
// min(num_ack_pending, handlers). Handlers that are idle beside a full buffer of another client make it less. With endless
// handlers nothing waits in a client, and it is [Measured.Hold].
func (m *Measured) Busy(handlers float64) *Estimate {
	if m.Left == nil || m.Left.Count <= 0 || m.AckPending.Max == 0 {
		return nil
	}
	busy := func(s Sample) float64 { return min(float64(s.NumAckPending), handlers) }
	e := ratio(m.blocks, busy)
	if byFirst := mean(m.steps, busy) * m.Seconds / m.First.Count; m.First.Count > 0 {
		e.Low, e.High = min(e.Low, byFirst), max(e.High, byFirst)
	}
	return &e
}

// The number of blocks into which an observation is cut to see how much its parts differ.
const (
	blocksMost  = 10
	blocksLeast = 4
)

// block is a part of the observation.
type block []step

// blocksOf cuts the steps into blocks of about the same length.
func blocksOf(steps []step) []block {
	n := min(blocksMost, len(steps))
	if n < blocksLeast {
		return []block{steps}
	}
	return cut[block](steps, n)
}

// cut cuts steps into n parts with about the same number of samples.
func cut[T ~[]step](steps []step, n int) []T {
	var parts []T
	for i := range n {
		parts = append(parts, T(steps[i*len(steps)/n:(i+1)*len(steps)/n]))
	}
	return parts
}

// ratio is the time that messages spent somewhere, by the number that left, over all blocks, with the range of the
// jackknife: how much it changes if one of the blocks is left out. Blocks that follow one another are more alike than
// strangers, so the range is rather too small than too large.
func ratio(blocks []block, of func(Sample) float64) Estimate {
	var time, left float64
	times, lefts := make([]float64, len(blocks)), make([]float64, len(blocks))
	for i, b := range blocks {
		for _, s := range b {
			times[i] += (of(s.from) + of(s.to)) / 2 * s.seconds
			lefts[i] += s.left
		}
		time, left = time+times[i], left+lefts[i]
	}
	e := Estimate{Value: time / left, Low: time / left, High: time / left}
	n := len(blocks)
	if n < blocksLeast {
		return e
	}
	without, mean := make([]float64, n), 0.0
	for i := range blocks {
		if left-lefts[i] <= 0 {
			return e // everything left in one block
		}
		without[i] = (time - times[i]) / (left - lefts[i])
		mean += without[i] / float64(n)
	}
	var squares float64
	for _, w := range without {
		squares += (w - mean) * (w - mean)
	}
	off := student[n-1] * math.Sqrt(float64(n-1)/float64(n)*squares)
	e.Low, e.High, e.Blocks = max(0, e.Value-off), e.Value+off, n
	return e
}

// student are the 97.5th percentiles of Student's t distribution by degrees of freedom.
var student = [blocksMost]float64{0, 12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262}
