package scenarios

import (
	"hash/fnv"
	"math/rand/v2"
)

// Every choice has a generator of its own, seeded with the seed of the run and the name of the choice. So one choice
// never shifts another: a run with one more worker has the same faults and the same arrivals as the run without it.

// golden is 2⁶⁴ divided by the golden ratio: adding it walks through all 64-bit numbers in steps far apart.
const golden = 0x9e3779b97f4a7c15

// mix is the finalizer of SplitMix64: every bit of the input changes every bit of the output with probability one half.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// subSeed derives the seed of one choice: the FNV-1a hash of its name is mixed in, then the numbers that tell it from
// others of that name.
func subSeed(seed uint64, name string, numbers ...int) uint64 {
	h := fnv.New64a()
	h.Write([]byte(name)) // a hash takes everything
	s := mix(mix(seed+golden) ^ h.Sum64())
	for _, n := range numbers {
		s = mix(s + golden*uint64(n+1))
	}
	return s
}

func generator(seed uint64, name string, numbers ...int) *rand.Rand {
	s := subSeed(seed, name, numbers...)
	return rand.New(rand.NewPCG(s, mix(s+golden)))
}

// Draw is the source of everything that is drawn for one delivery of one message. It depends on nothing else, so a
// message takes the same time whoever handles it, and in whatever order.
func Draw(seed, seq uint64, delivery uint32) *rand.Rand {
	s := mix(mix(seed+golden) + golden*seq)
	return rand.New(rand.NewPCG(s, mix(s+golden*uint64(delivery))))
}
