package scenarios

import "slices"

// ShardOf is the consumer, from 1, that gets the messages of a publisher's key, counted from 0; 0 where there is only one.
// Keys are dealt out in turn, so that all consumers get the same number of them or one more.
func (c *Consumer) ShardOf(key int) int32 {
	if c.Count <= 1 {
		return 0
	}
	return int32(key%c.Count) + 1
}

// Shards are the numbers of the consumers: 1, 2, … or only 0 where there is one.
func (c *Consumer) Shards() []int32 {
	if c.Count <= 1 {
		return []int32{0}
	}
	all := make([]int32, c.Count)
	for i := range all {
		all[i] = int32(i) + 1
	}
	return all
}

// loopsMax bounds the loops of all workers: each worker has one for each consumer.
const loopsMax = 20_000

// checkShards checks what several consumers need: a key for each, and subjects that stay what they are.
func (c *checker) checkShards() {
	count := c.Consumer.Count
	if count <= 1 {
		return
	}
	most := 0
	for i := range c.Publishers {
		most = max(most, c.Publishers[i].Keys)
	}
	if len(c.Publishers) > 0 && most < count {
		c.errorf(itemPath("publishers", 0)+".keys",
			"keys must be at least consumer.count (%d): each key goes to one consumer, and some would get none; got %d", count, most)
	}
	workers := 0
	for i := range c.Workers {
		workers += c.sizeMax(&c.Workers[i])
	}
	if workers*count > loopsMax {
		c.errorf("consumer.count", "each of %d workers serves each of %d consumers: at most %d such pairs", workers, count, loopsMax)
	}
	if c.Stream.SubjectTransform != nil {
		c.errorf("stream.subject_transform", "subject_transform does not go with several consumers, which are told apart by subject")
	}
}

// checkFaultConsumer checks the consumer that a fault names.
func (c *checker) checkFaultConsumer(f *Fault, path string) {
	path += ".consumer"
	ofOne := slices.ContainsFunc(f.Do, func(do string) bool { return slices.Contains([]string{DoUnpin, DoUpdate, DoPause}, do) })
	switch {
	case f.Consumer == 0:
	case f.Consumer > c.Consumer.Count:
		c.errorf(path, "consumer must be from 1 to consumer.count (%d), got %d", c.Consumer.Count, f.Consumer)
	case f.Do.has(DoUpdate) && f.Target == TargetStream && f.On == nil:
		c.errorf(path, "consumer: all consumers share the stream that target: stream updates")
	case !ofOne && f.On == nil && f.Target != TargetPinned:
		c.errorf(path, "consumer goes with do: unpin, update or pause, with on, or with target: pinned")
	}
}
